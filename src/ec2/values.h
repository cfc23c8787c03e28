/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses the values in EC2's responses. All kinds are strict: a text of another form is an error. A
 * word that is not in its table is UNKNOWN, never the likeliest word.
 */
#pragma once

#include <stddef.h>

#define EC2_ID_SIZE 32 /* the longest, eni-attach- and 17 digits, has 28 bytes */

/* A flag that may be missing in the response. */
enum ec2_flag {
	EC2_FLAG_UNKNOWN,
	EC2_FLAG_FALSE,
	EC2_FLAG_TRUE,
};

/*
 * A kind of value. `argument` is that of the member (struct shape_member). parse() writes `text`
 * to the member at `target`. It returns 0, -EBADMSG (wrong form) or -ENOMEM, and does not replace
 * a text that is already set.
 */
struct value_kind {
	const char *form; /* the expected form, for messages: "an IPv4 address" */
	int (*parse)(const char *text, const void *argument, void *target);
	void (*done)(void *target); /* frees what it owns; NULL: owns nothing */
	/*
	 * Completes a copy: `target` is a byte copy of `from`; duplicates what it points to, unless
	 * an earlier call has done so. 0, or -ENOMEM: `target` is then empty. NULL: no pointers.
	 */
	int (*copy)(const void *from, void *target);
};

extern const struct value_kind value_present; /* only the element's presence; has no parse() */
extern const struct value_kind value_text; /* char *; wiped when it is freed */
extern const struct value_kind value_id; /* char[EC2_ID_SIZE]; the argument is the prefix, "eni" */
/* An enum; the argument is its words from UNKNOWN on, NULL-terminated. */
extern const struct value_kind value_word;
extern const struct value_kind value_flag; /* enum ec2_flag */
extern const struct value_kind value_number; /* int, not negative */
extern const struct value_kind value_ipv4; /* struct ip_address */
extern const struct value_kind value_ipv6;
extern const struct value_kind value_prefix4; /* struct ip_prefix; the text must have a length */
extern const struct value_kind value_prefix6;
extern const struct value_kind value_mac; /* struct mac */
extern const struct value_kind value_time; /* uint64_t: seconds since 1970 */
