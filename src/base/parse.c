/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parse.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DECIMALS_MAX 3 /* of a second: milliseconds */
#define EC2_ID_DIGITS_MIN 8
#define EC2_ID_DIGITS_MAX 17
#define NEAREST_LENGTH_MAX 64 /* characters; longer words are not compared */

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

int parse_hex_digit(char character)
{
	if (is_digit(character))
		return character - '0';
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	if (character >= 'A' && character <= 'F')
		return character - 'A' + 10;
	return -1;
}

char ascii_to_lower(char character)
{
	return character >= 'A' && character <= 'Z' ? (char)(character - 'A' + 'a') : character;
}

/* Parses `length` decimal digits. Rejects a leading zero, which could be intended as octal. */
static int parse_digits(const char *text, size_t length, uint64_t *ret_value)
{
	uint64_t value = 0;
	bool overflow = false;

	if (length == 0 || (length > 1 && text[0] == '0'))
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (!is_digit(text[i]))
			return -EINVAL;
		overflow |= __builtin_mul_overflow(value, 10u, &value);
		overflow |= __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value);
	}
	if (overflow)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value)
{
	uint64_t value;
	int err = parse_digits(text, strlen(text), &value);

	if (err)
		return err;
	if (value < min || value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int parse_u32(const char *text, uint32_t min, uint32_t max, uint32_t *ret_value)
{
	uint64_t value;
	int err = parse_u64(text, min, max, &value);

	if (err)
		return err;
	*ret_value = (uint32_t)value;
	return 0;
}

int parse_seconds(const char *text, uint64_t *ret_msec)
{
	const char *point = strchr(text, '.');
	const char *decimals = point ? point + 1 : "0";
	uint64_t seconds, msec = 0;

	if (*decimals == '\0' || strlen(decimals) > DECIMALS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < DECIMALS_MAX; i++) { /* missing decimals are zeros */
		char digit = *decimals ? *decimals++ : '0';
		if (!is_digit(digit))
			return -EINVAL;
		msec = msec * 10 + (uint64_t)(digit - '0');
	}
	int err = parse_digits(text, point ? (size_t)(point - text) : strlen(text), &seconds);
	if (err)
		return err;
	if (seconds > (UINT64_MAX - msec) / 1000)
		return -ERANGE;
	*ret_msec = seconds * 1000 + msec;
	return 0;
}

int parse_mac(const char *text, struct mac *ret_mac)
{
	struct mac mac;

	if (strlen(text) != MAC_TEXT_SIZE - 1)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(mac.byte); i++) {
		const char *pair = text + i * 3;
		int high = parse_hex_digit(pair[0]);
		int low = parse_hex_digit(pair[1]);
		bool last = i + 1 == sizeof(mac.byte);

		if (high < 0 || low < 0 || pair[2] != (last ? '\0' : ':'))
			return -EINVAL;
		mac.byte[i] = (unsigned char)(high << 4 | low);
	}
	*ret_mac = mac;
	return 0;
}

const char *mac_format(const struct mac *mac, char buffer[MAC_TEXT_SIZE])
{
	const unsigned char *byte = mac->byte;

	snprintf(buffer, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", byte[0], byte[1], byte[2],
		byte[3], byte[4], byte[5]);
	return buffer;
}

bool mac_is_set(const struct mac *mac)
{
	static const struct mac none;

	return memcmp(mac, &none, sizeof(none)) != 0;
}

int parse_ec2_id(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	if (strncmp(text, prefix, length) != 0 || text[length] != '-')
		return -EINVAL;
	const char *digits = text + length + 1;
	size_t count = strspn(digits, "0123456789abcdef");
	if (digits[count] || count < EC2_ID_DIGITS_MIN || count > EC2_ID_DIGITS_MAX)
		return -EINVAL;
	return 0;
}

static unsigned minimum(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Counts the insertions, deletions, substitutions and swaps of neighbouring characters that turn
 * `a` into `b`, ignoring case (optimal string alignment). Keeps only the last three rows of the
 * table.
 */
static unsigned edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[3][NEAREST_LENGTH_MAX + 1];

	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		const unsigned *above_twice = rows[(i + 1) % 3]; /* row i-2 */
		const unsigned *above = rows[(i + 2) % 3]; /* row i-1 */
		unsigned *row = rows[i % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			char x = ascii_to_lower(a[i - 1]), y = ascii_to_lower(b[j - 1]);
			unsigned best = above[j - 1] + (x != y);

			best = minimum(best, minimum(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && x == ascii_to_lower(b[j - 2]) &&
				y == ascii_to_lower(a[i - 2]))
				best = minimum(best, above_twice[j - 2] + 1);
			row[j] = best;
		}
	}
	return rows[a_length % 3][b_length];
}

/* Each of `count` candidates begins with a `const char *`; they are `stride` bytes apart. */
const char *find_nearest_word(const char *text, const void *candidates, size_t count, size_t stride)
{
	size_t length = strlen(text);
	const char *nearest = NULL;

	if (length == 0 || length > NEAREST_LENGTH_MAX)
		return NULL;
	/* Allow about one mistake per four letters, but fewer mistakes than letters. */
	unsigned limit = minimum(1 + (unsigned)length / 4, (unsigned)length - 1);
	for (size_t i = 0; i < count; i++) {
		const char *candidate;

		memcpy(&candidate, (const char *)candidates + i * stride, sizeof(candidate));
		if (!candidate || strlen(candidate) > NEAREST_LENGTH_MAX)
			continue;
		unsigned distance = edit_distance(text, length, candidate, strlen(candidate));
		bool is_first_at_limit = !nearest && distance == limit;
		if (distance < limit || is_first_at_limit) { /* the first of equals wins */
			nearest = candidate;
			limit = distance;
		}
	}
	return nearest;
}
