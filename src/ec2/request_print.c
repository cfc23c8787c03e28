/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/request_print.h"

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

static bool is_upper(char letter)
{
	return letter >= 'A' && letter <= 'Z';
}

static char to_lower(char letter)
{
	return is_upper(letter) ? (char)(letter - 'A' + 'a') : letter;
}

/* "RouteTableId" becomes "route-table-id"; the number of a list's item is not said. */
static void print_name(const char *name, size_t length, struct strbuf *out)
{
	for (size_t i = 0; i < length && name[i] != '.'; i++) {
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
static void print_value(const char *value, size_t length, struct strbuf *out)
{
	for (size_t i = 0; i < length; i++) {
		char byte = value[i];
		if (byte == '%' && i + 2 < length) {
			byte = (char)(hex_value(value[i + 1]) << 4 | hex_value(value[i + 2]));
			i += 2;
		}
		strbuf_add(out, &byte, 1);
	}
}

static void print_pair(const char *pair, size_t length, struct strbuf *out)
{
	const char *equals = memchr(pair, '=', length);
	size_t name = equals ? (size_t)(equals - pair) : length;

	if (strncmp(pair, "Action=", 7) == 0 || strncmp(pair, "Version=", 8) == 0)
		return;
	strbuf_add(out, " ", 1);
	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (strlen(exceptions[i].pair) == length &&
			strncmp(exceptions[i].pair, pair, length) == 0) {
			strbuf_add_string(out, exceptions[i].words);
			return;
		}
	strbuf_add_string(out, "--");
	print_name(pair, name, out);
	strbuf_add(out, " ", 1);
	print_value(pair + name + 1, length - name - 1, out);
}

int ec2_request_print(const struct ec2_request *request, struct strbuf *out)
{
	const char *action = ec2_action_name(request->action);
	const char *at = strbuf_text(&request->body);

	strbuf_printf(out, "aws %s ", ec2_action_service(request->action));
	print_name(action, strlen(action), out);
	while (*at) {
		size_t length = strcspn(at, "&");
		print_pair(at, length, out);
		at += length + (at[length] == '&');
	}
	return out->failed ? -ENOMEM : 0;
}
