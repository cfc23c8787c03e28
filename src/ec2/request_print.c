/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/request_print.h"

#include "base/shell.h"

#include <errno.h>
#include <string.h>

/* Parameters whose option differs from their form in the request. */
static const struct {
	const char *pair, *option;
} exceptions[] = {
	{"SourceDestCheck.Value=false", "--no-source-dest-check"},
	{"SourceDestCheck.Value=true", "--source-dest-check"},
	{"AllowReassignment=true", "--allow-reassignment"},
	{"Force=true", "--force"},
	{"DryRun=true", "--dry-run"},
};

/* A list ("NAME.1", "NAME.2") becomes one option, with a word for each item. */
static const struct {
	const char *name, *option;
} lists[] = {
	{"RouteTableId", "route-table-ids"},
	{"NetworkInterfaceId", "network-interface-ids"},
	{"InstanceId", "instance-ids"},
	{"Filter", "filters"},
	{"PrivateIpAddress", "private-ip-addresses"},
	{"PrivateIpAddresses", "private-ip-addresses"},
	{"Ipv6Addresses", "ipv6-addresses"},
	{"SecurityGroupId", "groups"},
	{"TagSpecification", "tag-specifications"},
};

/* One NAME=VALUE of the body; NAME may be LIST.NUMBER or LIST.NUMBER.FIELD. Borrows the body. */
struct pair {
	const char *text;
	size_t length; /* of the pair */
	size_t name_length; /* of the name up to its first '.' or the '=' */
	size_t item_length; /* of LIST.NUMBER; 0: not in a list */
	const char *field; /* after LIST.NUMBER and its '.'; without a field: at the '=' */
	const char *value;
};

static bool is_upper(char letter)
{
	return letter >= 'A' && letter <= 'Z';
}

static char to_lower(char letter)
{
	return is_upper(letter) ? (char)(letter - 'A' + 'a') : letter;
}

/* "RouteTableId" becomes "route-table-id". */
static void print_name(const char *name, size_t length, struct strbuf *out)
{
	for (size_t i = 0; i < length; i++) {
		char letter = to_lower(name[i]);
		if (i && is_upper(name[i]))
			strbuf_add(out, "-", 1);
		strbuf_add(out, &letter, 1);
	}
}

static unsigned hex_value(char digit)
{
	return digit >= 'A' ? (unsigned)(digit - 'A') + 10 : (unsigned)(digit - '0');
}

/* Decodes the escapes of query.c: "%XX", in upper case. */
static void decode_value(const struct pair *pair, struct strbuf *out)
{
	const char *end = pair->text + pair->length;

	for (const char *at = pair->value; at < end; at++) {
		char byte = *at;
		if (byte == '%' && at + 2 < end) {
			byte = (char)(hex_value(at[1]) << 4 | hex_value(at[2]));
			at += 2;
		}
		strbuf_add(out, &byte, 1);
	}
}

/* Characters that need no quotes in a value of the AWS CLI's shorthand. */
#define SAFE "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+:./-"

/* Adds a value in the AWS CLI's shorthand, which cannot read one with a backslash at its end. */
static void add_shorthand(const struct pair *pair, struct strbuf *item)
{
	_cleanup_(strbuf_done) struct strbuf value = {0};
	const char *at;

	decode_value(pair, &value);
	at = strbuf_text(&value);
	item->failed |= value.failed;
	if (*at && !at[strspn(at, SAFE)]) {
		strbuf_add_string(item, at);
		return;
	}
	strbuf_add(item, "\"", 1);
	for (; *at; at++)
		strbuf_printf(item, "%s%c", *at == '"' || *at == '\\' ? "\\" : "", *at);
	strbuf_add(item, "\"", 1);
}

static struct pair next_pair(const char **at)
{
	struct pair pair = {.text = *at, .length = strcspn(*at, "&")};
	size_t equals = strcspn(pair.text, "=");

	pair.name_length = strcspn(pair.text, ".=");
	pair.value = pair.text + equals + 1;
	pair.field = pair.text + equals;
	if (pair.name_length < equals && strspn(pair.text + pair.name_length + 1, "0123456789")) {
		pair.item_length = pair.name_length + 1 +
				   strspn(pair.text + pair.name_length + 1, "0123456789");
		pair.field = pair.text + pair.item_length + (pair.text[pair.item_length] == '.');
	}
	*at += pair.length + (pair.text[pair.length] == '&');
	return pair;
}

static bool is_same_list(const struct pair *one, const struct pair *other, bool same_item)
{
	size_t length = same_item ? one->item_length : one->name_length;

	return one->item_length && other->item_length &&
	       (same_item ? other->item_length : other->name_length) == length &&
	       strncmp(one->text, other->text, length) == 0;
}

static bool has_prefix(const char *field, const char *prefix)
{
	return strncmp(field, prefix, strlen(prefix)) == 0;
}

/*
 * Adds one field of an item: "Name=…", "Values=…,…" of a filter, and "Tags=[{Key=…,Value=…},{…}]".
 * Numbered fields are in order in the request.
 */
static void add_field(const struct pair *pair, struct strbuf *item)
{
	const char *comma = item->length ? "," : "";
	const char *field = pair->field;

	if (has_prefix(field, "Value.")) {
		strbuf_printf(item, ",%s", has_prefix(field, "Value.1=") ? "Values=" : "");
		add_shorthand(pair, item);
	} else if (has_prefix(field, "Tag.")) {
		bool is_key = strncmp(pair->value - strlen("Key="), "Key=", 4) == 0;
		bool is_first = has_prefix(field, "Tag.1.");
		/* Removes the ']' of the tag before this one: the list continues. */
		if (is_key && !is_first && item->length)
			item->data[--item->length] = '\0';
		if (is_key)
			strbuf_printf(item, ",%s{Key=", is_first ? "Tags=[" : "");
		else
			strbuf_add_string(item, ",Value=");
		add_shorthand(pair, item);
		if (!is_key)
			strbuf_add_string(item, "}]");
	} else {
		strbuf_printf(item, "%s%.*s=", comma, (int)(pair->value - 1 - field), field);
		add_shorthand(pair, item);
	}
}

/* Prints one item: `first` and the pairs after it that belong to the same item. */
static void print_item(const struct pair *first, struct strbuf *out)
{
	_cleanup_(strbuf_done) struct strbuf item = {0};
	const char *at = first->text;

	while (*at) {
		struct pair pair = next_pair(&at);
		if (!is_same_list(first, &pair, true))
			break;
		if (*pair.field == '=')
			decode_value(&pair, &item);
		else
			add_field(&pair, &item);
	}
	strbuf_add(out, " ", 1);
	shell_add_word(out, strbuf_text(&item));
	out->failed |= item.failed;
}

/* Prints all items of one list. The items of two lists may alternate in the body. */
static void print_list(const struct pair *first, struct strbuf *out)
{
	const char *at = first->text;
	struct pair last = {0};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (strlen(lists[i].name) == first->name_length &&
			has_prefix(first->text, lists[i].name))
			strbuf_printf(out, " --%s", lists[i].option);
	while (*at) {
		struct pair pair = next_pair(&at);
		if (is_same_list(first, &pair, false) && !is_same_list(&last, &pair, true))
			print_item(&pair, out);
		last = pair;
	}
}

static void print_option(const struct pair *pair, struct strbuf *out)
{
	_cleanup_(strbuf_done) struct strbuf value = {0};

	strbuf_add(out, " ", 1);
	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (strlen(exceptions[i].pair) == pair->length &&
			has_prefix(pair->text, exceptions[i].pair)) {
			strbuf_add_string(out, exceptions[i].option);
			return;
		}
	decode_value(pair, &value);
	strbuf_add_string(out, "--");
	print_name(pair->text, pair->name_length, out);
	/* A word that begins with '-' would be an option; a '=' makes it the value. */
	strbuf_add(out, *strbuf_text(&value) == '-' ? "=" : " ", 1);
	shell_add_word(out, strbuf_text(&value));
	out->failed |= value.failed;
}

/* Whether an earlier pair belongs to the same list, which is then printed already. */
static bool is_list_printed(const char *body, const struct pair *pair)
{
	while (body < pair->text) {
		struct pair other = next_pair(&body);
		if (is_same_list(pair, &other, false))
			return other.text < pair->text;
	}
	return false;
}

int ec2_request_print(const struct ec2_request *request, struct strbuf *out)
{
	const char *action = ec2_action_name(request->action);
	const char *body = strbuf_text(&request->body), *at = body;

	strbuf_printf(out, "aws %s ", ec2_action_service(request->action));
	print_name(action, strlen(action), out);
	while (*at) {
		struct pair pair = next_pair(&at);
		if (has_prefix(pair.text, "Action=") || has_prefix(pair.text, "Version="))
			continue;
		if (!pair.item_length)
			print_option(&pair, out);
		else if (!is_list_printed(body, &pair))
			print_list(&pair, out);
	}
	return out->failed ? -ENOMEM : 0;
}
