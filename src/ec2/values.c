/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/values.h"

#include "base/ip.h"
#include "base/parse.h"
#include "ec2/utc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct value_kind value_mark = {.form = "anything"};

/* A text's place is any structure's `char *`: copied in and out, not cast. */
static char *load_text(const void *target)
{
	char *text;

	memcpy(&text, target, sizeof(text));
	return text;
}

static int take_text(const char *text, const void *argument, void *target)
{
	char *copy;

	(void)argument;
	if (load_text(target))
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

static int text_own(const void *from, void *target)
{
	char *text = load_text(target);

	if (!text || text != load_text(from))
		return 0;
	text = strdup(text);
	memcpy(target, &text, sizeof(text));
	return text ? 0 : -ENOMEM;
}

const struct value_kind value_text = {
	.form = "a text",
	.take = take_text,
	.done = text_done,
	.own = text_own,
};

static int take_id(const char *text, const void *argument, void *target)
{
	size_t size = strlen(text) + 1;

	if (parse_ec2_id(text, argument) || size > EC2_ID_SIZE)
		return -EBADMSG;
	memcpy(target, text, size);
	return 0;
}

const struct value_kind value_id = {.form = "an id of its kind", .take = take_id};

/* Enums without negative values are unsigned here, and all are of one size. */
static int take_word(const char *text, const void *argument, void *target)
{
	const char *const *words = argument;
	unsigned value = 0;

	for (unsigned i = 1; words[i]; i++)
		if (strcmp(text, words[i]) == 0)
			value = i;
	memcpy(target, &value, sizeof(value));
	return 0;
}

const struct value_kind value_word = {.form = "a word", .take = take_word};

static int take_flag(const char *text, const void *argument, void *target)
{
	static const char *const words[] = {"unknown", "false", "true", NULL};

	(void)argument;
	return take_word(text, words, target);
}

const struct value_kind value_flag = {.form = "true or false", .take = take_flag};

static int take_number(const char *text, const void *argument, void *target)
{
	uint32_t number;

	(void)argument;
	if (parse_u32(text, 0, INT32_MAX, &number))
		return -EBADMSG;
	memcpy(target, &number, sizeof(number));
	return 0;
}

const struct value_kind value_number = {.form = "a number", .take = take_number};

static int take_address(const char *text, unsigned char family, void *target)
{
	struct ip_address address;

	if (ip_address_parse(text, &address) || address.family != family)
		return -EBADMSG;
	memcpy(target, &address, sizeof(address));
	return 0;
}

static int take_ipv4(const char *text, const void *argument, void *target)
{
	(void)argument;
	return take_address(text, AF_INET, target);
}

static int take_ipv6(const char *text, const void *argument, void *target)
{
	(void)argument;
	return take_address(text, AF_INET6, target);
}

const struct value_kind value_ipv4 = {.form = "an IPv4 address", .take = take_ipv4};
const struct value_kind value_ipv6 = {.form = "an IPv6 address", .take = take_ipv6};

static int take_prefix(const char *text, unsigned char family, void *target)
{
	struct ip_prefix prefix;

	if (!strchr(text, '/') || ip_prefix_parse(text, &prefix) || prefix.address.family != family)
		return -EBADMSG;
	memcpy(target, &prefix, sizeof(prefix));
	return 0;
}

static int take_prefix4(const char *text, const void *argument, void *target)
{
	(void)argument;
	return take_prefix(text, AF_INET, target);
}

static int take_prefix6(const char *text, const void *argument, void *target)
{
	(void)argument;
	return take_prefix(text, AF_INET6, target);
}

const struct value_kind value_prefix4 = {.form = "an IPv4 prefix", .take = take_prefix4};
const struct value_kind value_prefix6 = {.form = "an IPv6 prefix", .take = take_prefix6};

static int take_mac(const char *text, const void *argument, void *target)
{
	(void)argument;
	return parse_mac(text, target) ? -EBADMSG : 0;
}

const struct value_kind value_mac = {.form = "a MAC address", .take = take_mac};

static int take_time(const char *text, const void *argument, void *target)
{
	(void)argument;
	return utc_parse(text, target) ? -EBADMSG : 0;
}

const struct value_kind value_time = {.form = "a moment in UTC", .take = take_time};
