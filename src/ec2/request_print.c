/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/request_print.h"

#include "base/shell.h"
#include "ec2/requests.h"

#include <string.h>

/* Characters that need no quotes in a value of the AWS CLI's shorthand. */
#define SAFE "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+:./-"

void ec2_print_flag(struct strbuf *out, const char *option, const void *value)
{
	(void)value; /* a flag is given only if it is true */
	strbuf_printf(out, " --%s", option);
}

void ec2_print_choice(struct strbuf *out, const char *option, const void *value)
{
	enum ec2_flag flag = *(const enum ec2_flag *)value;

	strbuf_printf(out, " --%s%s", flag == EC2_FLAG_TRUE ? "" : "no-", option);
}

void ec2_print_number(struct strbuf *out, const char *option, const void *value)
{
	strbuf_printf(out, " --%s %u", option, *(const uint32_t *)value);
}

/* If no quotes can represent the word, marks `out` as failed, instead of omitting the word. */
static void add_word(struct strbuf *out, const char *word)
{
	if (shell_add_word(out, word))
		out->failed = true;
}

/* A word that begins with '-' would be an option; a '=' makes it the value. */
void ec2_print_text(struct strbuf *out, const char *option, const void *value)
{
	const char *text = *(const char *const *)value;

	strbuf_printf(out, " --%s%s", option, *text == '-' ? "=" : " ");
	add_word(out, text);
}

/* Adds an item of a list as one word. */
static void add_item(struct strbuf *out, const struct strbuf *item)
{
	strbuf_add(out, " ", 1);
	add_word(out, strbuf_text(item));
	out->failed |= item->failed;
}

void ec2_print_texts(struct strbuf *out, const char *option, const void *value)
{
	const char *const *texts = *(const char *const *const *)value;

	strbuf_printf(out, " --%s", option);
	for (; *texts; texts++) {
		strbuf_add(out, " ", 1);
		add_word(out, *texts);
	}
}

/*
 * Adds `key` ("Name=") and the value in the AWS CLI's shorthand syntax, if required in quotes.
 * The AWS CLI cannot parse a value that ends with a backslash.
 */
static void add_shorthand(struct strbuf *item, const char *key, const char *value)
{
	bool is_quoted = !*value || value[strspn(value, SAFE)];

	strbuf_add_string(item, key);
	if (!is_quoted) {
		strbuf_add_string(item, value);
		return;
	}
	strbuf_add(item, "\"", 1);
	for (; *value; value++)
		strbuf_printf(item, "%s%c", *value == '"' || *value == '\\' ? "\\" : "", *value);
	strbuf_add(item, "\"", 1);
}

void ec2_print_filters(struct strbuf *out, const char *option, const void *value)
{
	const struct ec2_filter *filter = *(const struct ec2_filter *const *)value;

	strbuf_printf(out, " --%s", option);
	for (; filter->name; filter++) {
		_cleanup_(strbuf_done) struct strbuf item = {0};

		add_shorthand(&item, "Name=", filter->name);
		for (size_t i = 0; filter->values[i]; i++)
			add_shorthand(&item, i ? "," : ",Values=", filter->values[i]);
		add_item(out, &item);
	}
}

void ec2_print_tags(struct strbuf *out, const char *option, const void *value)
{
	const struct ec2_tag *tags = *(const struct ec2_tag *const *)value;
	_cleanup_(strbuf_done) struct strbuf item = {0};

	strbuf_printf(out, " --%s", option);
	strbuf_add_string(&item, "ResourceType=network-interface,Tags=[");
	for (size_t i = 0; tags[i].key; i++) {
		add_shorthand(&item, i ? ",{Key=" : "{Key=", tags[i].key);
		add_shorthand(&item, ",Value=", tags[i].value ? tags[i].value : "");
		strbuf_add_string(&item, "}");
	}
	strbuf_add_string(&item, "]");
	add_item(out, &item);
}

void ec2_print_destination(struct strbuf *out, const char *option, const void *value)
{
	const struct ip_prefix *destination = *(const struct ip_prefix *const *)value;
	char text[IP_PREFIX_TEXT_SIZE];

	strbuf_printf(out, " --%s-%scidr-block %s", option,
		destination->address.family == AF_INET6 ? "ipv6-" : "",
		ip_prefix_format(destination, text));
}

/* Prints the addresses of one family. The first IPv4 address is the primary one. */
static void print_addresses_of(
	unsigned char family, struct strbuf *out, const struct ip_address *addresses)
{
	char text[IP_ADDRESS_TEXT_SIZE];
	size_t count = 0;

	for (; ip_address_is_set(addresses); addresses++) {
		if (addresses->family != family)
			continue;
		ip_address_format(addresses, text);
		if (family == AF_INET6)
			strbuf_printf(
				out, "%s Ipv6Address=%s", count ? "" : " --ipv6-addresses", text);
		else
			strbuf_printf(out, "%s Primary=%s,PrivateIpAddress=%s",
				count ? "" : " --private-ip-addresses", count ? "false" : "true",
				text);
		count++;
	}
}

void ec2_print_addresses(struct strbuf *out, const char *option, const void *value)
{
	const struct ip_address *addresses = *(const struct ip_address *const *)value;
	unsigned char first_family = addresses[0].family;

	(void)option; /* the option depends on the family */
	print_addresses_of(first_family, out, addresses);
	print_addresses_of(first_family == AF_INET6 ? AF_INET : AF_INET6, out, addresses);
}
