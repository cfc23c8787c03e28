/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the time at which credentials expire (ISO 8601), in UTC or with an offset. No I/O. */
#pragma once

#include <stdint.h>

/*
 * Accepts "2026-01-31T12:00:00Z" and "2026-01-31T14:00:00.123+02:00"; ignores the fraction.
 * `*ret_seconds`: since 1970. Returns 0 or -EINVAL.
 */
int timestamp_parse(const char *text, uint64_t *ret_seconds);
