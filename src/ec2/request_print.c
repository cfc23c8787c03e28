/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/request_print.h"

#include "base/shell.h"

#include <errno.h>
#include <string.h>

/* Where the command line says it in another way than the wire does. */
static const struct {
	const char *pair, *words;
} exceptions[] = {
	{"SourceDestCheck.Value=false", "--no-source-dest-check"},
	{"SourceDestCheck.Value=true", "--source-dest-check"},
	{"AllowReassignment=true", "--allow-reassignment"},
	{"Force=true", "--force"},
	{"DryRun=true", "--dry-run"},
};

/* Lists, "NAME.1", are given behind one option, an item a word. */
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

/* NAME=VALUE of the body, where NAME may be LIST.NUMBER or LIST.NUMBER.FIELD. */
struct pair {
	const char *text;
	size_t length; /* of all of it */
	size_t name; /* the length of what is before the first '.' or the '=' */
	size_t item; /* with the number; 0: it is of no list */
	const char *field; /* behind that; of a list of plain values at the '=' */
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

/* What the query escaped: "%XX", in upper case. */
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

/* What needs no quotes in a value of the shorthand. */
#define SAFE "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+:./-"

/* As the AWS CLI's shorthand reads it as one value. One that ends in a backslash it cannot read. */
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

static struct pair take_pair(const char **at)
{
	struct pair pair = {.text = *at, .length = strcspn(*at, "&")};
	size_t equals = strcspn(pair.text, "=");

	pair.name = strcspn(pair.text, ".=");
	pair.value = pair.text + equals + 1;
	pair.field = pair.text + equals;
	if (pair.name < equals && strspn(pair.text + pair.name + 1, "0123456789")) {
		pair.item = pair.name + 1 + strspn(pair.text + pair.name + 1, "0123456789");
		pair.field = pair.text + pair.item + (pair.text[pair.item] == '.');
	}
	*at += pair.length + (pair.text[pair.length] == '&');
	return pair;
}

static bool is_of_same(const struct pair *one, const struct pair *other, bool item)
{
	size_t length = item ? one->item : one->name;

	return one->item && other->item && (item ? other->item : other->name) == length &&
	       strncmp(one->text, other->text, length) == 0;
}

static bool begins(const char *field, const char *with)
{
	return strncmp(field, with, strlen(with)) == 0;
}

/*
 * One field of an item: "Name=…", "Values=…,…" of a filter, and "Tags=[{Key=…,Value=…},{…}]", where
 * the fields that the wire numbers are in order.
 */
static void add_field(const struct pair *pair, struct strbuf *item)
{
	const char *comma = item->length ? "," : "";
	const char *field = pair->field;

	if (begins(field, "Value.")) {
		strbuf_printf(item, ",%s", begins(field, "Value.1=") ? "Values=" : "");
		add_shorthand(pair, item);
	} else if (begins(field, "Tag.")) {
		bool is_key = strncmp(pair->value - strlen("Key="), "Key=", 4) == 0;
		bool is_first = begins(field, "Tag.1.");
		/* The bracket is opened again by the next tag. */
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

/* One item whole, from its first pair on. */
static void print_item(const struct pair *first, struct strbuf *out)
{
	_cleanup_(strbuf_done) struct strbuf item = {0};
	const char *at = first->text;

	while (*at) {
		struct pair pair = take_pair(&at);
		if (!is_of_same(first, &pair, true))
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

/* All items of it: the wire may have those of two lists by turns. */
static void print_list(const struct pair *first, struct strbuf *out)
{
	const char *at = first->text;
	struct pair last = {0};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (strlen(lists[i].name) == first->name && begins(first->text, lists[i].name))
			strbuf_printf(out, " --%s", lists[i].option);
	while (*at) {
		struct pair pair = take_pair(&at);
		if (is_of_same(first, &pair, false) && !is_of_same(&last, &pair, true))
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
			begins(pair->text, exceptions[i].pair)) {
			strbuf_add_string(out, exceptions[i].words);
			return;
		}
	decode_value(pair, &value);
	strbuf_add_string(out, "--");
	print_name(pair->text, pair->name, out);
	/* What looks like an option is one, unless it is in the same word. */
	strbuf_add(out, *strbuf_text(&value) == '-' ? "=" : " ", 1);
	shell_add_word(out, strbuf_text(&value));
	out->failed |= value.failed;
}

/* Whether a list was begun before this pair. */
static bool was_begun(const char *body, const struct pair *pair)
{
	while (body < pair->text) {
		struct pair other = take_pair(&body);
		if (is_of_same(pair, &other, false))
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
		struct pair pair = take_pair(&at);
		if (begins(pair.text, "Action=") || begins(pair.text, "Version="))
			continue;
		if (!pair.item)
			print_option(&pair, out);
		else if (!was_begun(body, &pair))
			print_list(&pair, out);
	}
	return out->failed ? -ENOMEM : 0;
}
