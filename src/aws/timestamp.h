/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When credentials expire, as those who hand them out write it: AWS in UTC, a user's own
 * credential_process with an offset too (ISO 8601). Seconds since 1970. Pure.
 */
#pragma once

#include <stdint.h>

/* "2026-01-31T12:00:00Z", "2026-01-31T14:00:00.123+02:00". 0 or -EINVAL. */
int timestamp_parse(const char *text, uint64_t *ret_seconds);
