/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Converts times in UTC, as AWS writes them, from and to seconds since 1970, without leap seconds.
 * The C library's functions are not used: they read the time zone from the environment, and this
 * room is pure.
 */
#pragma once

#include <stdint.h>

#define UTC_STAMP_SIZE sizeof("20260131T235959Z")
#define UTC_DATE_LENGTH 8 /* of the date at the start of a stamp */

/* "20260131T235959Z", the form of Signature V4. 0, or -ERANGE after the year 9999. */
int utc_format_stamp(uint64_t seconds, char ret_stamp[UTC_STAMP_SIZE]);

/* "2026-01-31T23:59:59Z", the form of Expiration; a fraction is cut off. 0 or -EINVAL. */
int utc_parse(const char *text, uint64_t *ret_seconds);
