/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moments in UTC as AWS writes them, in seconds since 1970 and without leap seconds. The functions
 * of the C library ask the environment for the time zone, which nothing here may do.
 */
#pragma once

#include <stdint.h>

#define UTC_STAMP_SIZE sizeof("20260131T235959Z")
#define UTC_DATE_LENGTH 8 /* of the stamp: the date alone */

/* "20260131T235959Z", as Signature V4 wants it. 0, or -ERANGE after the year 9999. */
int utc_format_stamp(uint64_t seconds, char ret_stamp[UTC_STAMP_SIZE]);

/* "2026-01-31T23:59:59Z", as credentials expire; a fraction is cut off. 0 or -EINVAL. */
int utc_parse(const char *text, uint64_t *ret_seconds);
