/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/values.h"

#include "base/ip.h"
#include "base/parse.h"
#include "ec2/utc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const struct value_kind value_present = {.form = "anything"};

/* Returns the `char *` that is stored at `target`, a member of any structure. */
static char *load_text(const void *target)
{
	char *text;

	memcpy(&text, target, sizeof(text));
	return text;
}

static int parse_text(const char *text, const void *argument, void *target)
{
	char *copy;

	(void)argument;
	if (load_text(target)) /* several elements may set it; the first wins */
		return 0;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	memcpy(target, &copy, sizeof(copy));
	return 0;
}

static void text_done(void *target)
{
	char *text = load_text(target);

	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	memset(target, 0, sizeof(text));
}

/* Duplicates the text, unless the copy has it already: several paths may name one member. */
static int copy_text(const void *from, void *target)
{
	char *text = load_text(target);
	bool is_shared = text && text == load_text(from);

	if (!is_shared)
		return 0;
	text = strdup(text);
	memcpy(target, &text, sizeof(text));
	return text ? 0 : -ENOMEM;
}

const struct value_kind value_text = {
	.form = "a text",
	.parse = parse_text,
	.done = text_done,
	.copy = copy_text,
};

static int parse_id(const char *text, const void *argument, void *target)
{
	size_t size = strlen(text) + 1;

	if (parse_ec2_id(text, argument /* the prefix */) || size > EC2_ID_SIZE)
		return -EBADMSG;
	memcpy(target, text, size);
	return 0;
}

const struct value_kind value_id = {.form = "an AWS id of this kind", .parse = parse_id};

/* Stores the word's index, or 0 (UNKNOWN), as `unsigned`: gcc's type of enums from 0 on. */
static int parse_word(const char *text, const void *argument, void *target)
{
	const char *const *words = argument;
	unsigned value = 0;

	for (unsigned i = 1; words[i]; i++)
		if (strcmp(text, words[i]) == 0)
			value = i;
	memcpy(target, &value, sizeof(value));
	return 0;
}

const struct value_kind value_word = {.form = "a word", .parse = parse_word};

static int parse_flag(const char *text, const void *argument, void *target)
{
	static const char *const words[] = {"unknown", "false", "true", NULL};

	(void)argument;
	return parse_word(text, words, target);
}

const struct value_kind value_flag = {.form = "true or false", .parse = parse_flag};

static int parse_number(const char *text, const void *argument, void *target)
{
	uint32_t number;

	(void)argument;
	if (parse_u32(text, 0, INT32_MAX, &number)) /* the member is an int */
		return -EBADMSG;
	memcpy(target, &number, sizeof(number));
	return 0;
}

const struct value_kind value_number = {.form = "a number", .parse = parse_number};

static int parse_address(const char *text, unsigned char family, void *target)
{
	struct ip_address address;

	if (ip_address_parse(text, &address) || address.family != family)
		return -EBADMSG;
	memcpy(target, &address, sizeof(address));
	return 0;
}

static int parse_ipv4(const char *text, const void *argument, void *target)
{
	(void)argument;
	return parse_address(text, AF_INET, target);
}

static int parse_ipv6(const char *text, const void *argument, void *target)
{
	(void)argument;
	return parse_address(text, AF_INET6, target);
}

const struct value_kind value_ipv4 = {.form = "an IPv4 address", .parse = parse_ipv4};
const struct value_kind value_ipv6 = {.form = "an IPv6 address", .parse = parse_ipv6};

static int parse_prefix(const char *text, unsigned char family, void *target)
{
	struct ip_prefix prefix;

	if (!strchr(text, '/') || ip_prefix_parse(text, &prefix) || prefix.address.family != family)
		return -EBADMSG;
	memcpy(target, &prefix, sizeof(prefix));
	return 0;
}

static int parse_prefix4(const char *text, const void *argument, void *target)
{
	(void)argument;
	return parse_prefix(text, AF_INET, target);
}

static int parse_prefix6(const char *text, const void *argument, void *target)
{
	(void)argument;
	return parse_prefix(text, AF_INET6, target);
}

const struct value_kind value_prefix4 = {.form = "an IPv4 prefix", .parse = parse_prefix4};
const struct value_kind value_prefix6 = {.form = "an IPv6 prefix", .parse = parse_prefix6};

static int parse_mac_value(const char *text, const void *argument, void *target)
{
	(void)argument;
	return parse_mac(text, target) ? -EBADMSG : 0;
}

const struct value_kind value_mac = {.form = "a MAC address", .parse = parse_mac_value};

static int parse_time(const char *text, const void *argument, void *target)
{
	(void)argument;
	return utc_parse(text, target) ? -EBADMSG : 0;
}

const struct value_kind value_time = {.form = "a time in UTC", .parse = parse_time};
