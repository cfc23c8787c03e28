/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses values strictly: the complete string must be the value, without white space, sign, leading
 * zero (which may mean octal) or overflow.
 *
 * Each function returns 0; -EINVAL if the form is wrong; or -ERANGE if the number is outside
 * min..max or too large.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An Ethernet address. */
struct mac {
	unsigned char byte[6];
};

#define MAC_TEXT_SIZE sizeof("00:00:00:00:00:00")

int parse_u32(const char *text, uint32_t min, uint32_t max, uint32_t *ret_value);
int parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value);

/* Returns the value of the hexadecimal digit, or -1. */
int parse_hex_digit(char character);

char ascii_to_lower(char character);

/* Parses seconds with at most three decimals ("10", "0.25") to milliseconds. */
int parse_seconds(const char *text, uint64_t *ret_msec);

/* Parses "0a:1b:2c:3d:4e:5f" in upper or lower case. */
int parse_mac(const char *text, struct mac *ret_mac);
const char *mac_format(const struct mac *mac, char buffer[MAC_TEXT_SIZE]); /* in lower case */

bool mac_is_set(const struct mac *mac); /* false: all zero */

/* Checks an EC2 id: PREFIX, '-', then 8 to 17 lower-case hexadecimal digits. */
int parse_ec2_id(const char *text, const char *prefix);

/*
 * Returns the candidate that is closest to `text`, or NULL if none is close enough for "did you
 * mean". `candidates` is an array of `count` elements of `stride` bytes; the first member of each
 * is a `const char *` and may be NULL.
 */
const char *find_nearest_word(
	const char *text, const void *candidates, size_t count, size_t stride);
