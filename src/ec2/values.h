/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values in EC2's answers: how a text becomes one. All are strict: what is not of its form is
 * an error, and a word that is not known here is UNKNOWN, never the likeliest one.
 */
#pragma once

#include <stddef.h>

#define EC2_ID_SIZE 32 /* the longest, eni-attach- and 17 digits, has 28 bytes */

/* A flag that may also not have been said. */
enum ec2_flag {
	EC2_FLAG_UNKNOWN,
	EC2_FLAG_FALSE,
	EC2_FLAG_TRUE,
};

/*
 * A kind of value. `argument` is of the member in the table that says where it goes. take() returns
 * 0, -EBADMSG (not of the form) or -ENOMEM, and leaves a text that is already there as it is.
 */
struct value_kind {
	const char *form; /* for the person who reads that it is not one */
	int (*take)(const char *text, const void *argument, void *target);
	void (*done)(void *target); /* NULL: owns nothing; else: */
	/*
	 * `target` is `from`'s bytes: makes what it points to its own, unless it is already. -ENOMEM:
	 * then it is empty.
	 */
	int (*own)(const void *from, void *target);
};

extern const struct value_kind value_mark; /* no value: it only is there; nothing to take */
extern const struct value_kind value_text; /* char *; wiped when it is freed */
extern const struct value_kind value_id; /* char[EC2_ID_SIZE]; the argument is the prefix, "eni" */
extern const struct value_kind
	value_word; /* an enum; the argument is words from UNKNOWN on, NULL */
extern const struct value_kind value_flag; /* enum ec2_flag */
extern const struct value_kind value_number; /* int, from 0 on */
extern const struct value_kind value_ipv4; /* struct ip_address */
extern const struct value_kind value_ipv6;
extern const struct value_kind value_prefix4; /* struct ip_prefix, with its length */
extern const struct value_kind value_prefix6;
extern const struct value_kind value_mac; /* struct mac */
extern const struct value_kind value_time; /* uint64_t: seconds since 1970 */
