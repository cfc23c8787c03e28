/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the times that the tests of credentials use. */
#pragma once

#define NOW 1769860800 /* 2026-01-31T12:00:00Z */
#define LATER "2026-01-31T18:00:00Z"
