/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict parsers: the whole string must be the value: no white space, no sign, no leading zero
 * (which may mean octal), no overflow. Each returns 0 or -EINVAL (not of the form) or -ERANGE (a
 * number outside min..max).
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

/* Seconds, with at most three decimals ("10", "0.25"), into milliseconds. */
int parse_seconds(const char *text, uint64_t *ret_msec);

/* "0a:1b:2c:3d:4e:5f", either case. */
int parse_mac(const char *text, struct mac *ret_mac);
const char *mac_format(const struct mac *mac, char buffer[MAC_TEXT_SIZE]); /* lower case */

bool mac_is_set(const struct mac *mac); /* not all zero */

/* An EC2 id: PREFIX, '-', then 8 to 17 lower-case hexadecimal digits. */
int parse_ec2_id(const char *text, const char *prefix);

/*
 * The string of `candidates` (each at `stride` bytes from the one before, a `const char *` as its
 * first member, `count` of them) that is nearest to `text`, or NULL where none is near enough for
 * "did you mean".
 */
const char *parse_nearest(const char *text, const void *candidates, size_t count, size_t stride);
