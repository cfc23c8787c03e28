/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/table_names.h"

#include "base/invisible.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "policy/policy.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r"

static const struct {
	const char *name;
	uint32_t number;
} kernel_tables[] = {
	{"unspec", RT_TABLE_UNSPEC},
	{"default", RT_TABLE_DEFAULT},
	{"main", RT_TABLE_MAIN},
	{"local", RT_TABLE_LOCAL},
};

void table_names_done(struct table_names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i].name);
	free(names->items);
	*names = (struct table_names){0};
}

/* Parses a decimal number, or a hexadecimal number of at most 8 digits with 0x. */
static int parse_number(const char *text, uint32_t *ret_number)
{
	const char *digits = text + strlen("0x");

	if (strncmp(text, "0x", strlen("0x")) != 0)
		return parse_u32(text, 0, UINT32_MAX, ret_number);
	if (!*digits || strlen(digits) > 8 || digits[strspn(digits, "0123456789abcdefABCDEF")])
		return -EINVAL;
	*ret_number = (uint32_t)strtoul(digits, NULL, 16);
	return 0;
}

/* Returns whether the name is valid in a policy. */
static bool is_valid_name(const char *name)
{
	struct invisible invisible;

	return utf8_is_shown_text(name) && !invisible_find(name, strlen(name), &invisible);
}

/* Adds the name of a line "NUMBER NAME …". Ignores malformed lines, like iproute2. */
static int add_line(struct table_names *names, char *line)
{
	char *rest = NULL; /* of the line, for strtok_r() */
	uint32_t number;

	char *field = strtok_r(line, BLANKS, &rest);
	if (!field || *field == '#' || parse_number(field, &number) < 0)
		return 0;
	field = strtok_r(NULL, BLANKS, &rest);
	if (!field || *field == '#' || !is_valid_name(field))
		return 0;

	int err = array_reserve(
		&names->items, &names->capacity, names->count, sizeof(*names->items));
	if (err)
		return err;
	char *name = strdup(field);
	if (!name)
		return -ENOMEM;
	names->items[names->count++] = (struct table_name){name, number};
	return 0;
}

int table_names_parse(struct table_names *names, const char *bytes, size_t length)
{
	const char *end = bytes + length;

	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t line_length = (size_t)((newline ? newline : end) - bytes);
		_cleanup_(cleanup_free) char *line = strndup(bytes, line_length);
		if (!line)
			return -ENOMEM;
		int err = add_line(names, line);
		if (err)
			return err;
		bytes += line_length + (newline ? 1 : 0);
	}
	return 0;
}

bool table_is_reserved(uint32_t table)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernel_tables); i++)
		if (kernel_tables[i].number == table)
			return true;
	return false;
}

/* Precedence: the kernel's names, then rt_tables, then the built-in name MYHA (number 100). */
int table_names_find(const struct table_names *names, const char *name, uint32_t *ret_number)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernel_tables); i++) {
		if (strcmp(kernel_tables[i].name, name) == 0) {
			*ret_number = kernel_tables[i].number;
			return 0;
		}
	}
	/* Backwards: the last line takes precedence, as in iproute2. */
	for (size_t i = names ? names->count : 0; i-- > 0;) {
		if (strcmp(names->items[i].name, name) == 0) {
			*ret_number = names->items[i].number;
			return 0;
		}
	}
	if (strcmp(POLICY_TABLE_NAME, name) == 0) {
		*ret_number = POLICY_TABLE_NUMBER;
		return 0;
	}
	return -ENOENT;
}

/* Whether the name means this number: of several lines with the name, only the last applies. */
static bool resolves_to(const struct table_names *names, const char *name, uint32_t number)
{
	uint32_t found;

	return table_names_find(names, name, &found) == 0 && found == number;
}

const char *table_names_format(const struct table_names *names, uint32_t number, char buffer[16])
{
	for (size_t i = 0; i < ARRAY_SIZE(kernel_tables); i++)
		if (kernel_tables[i].number == number)
			return kernel_tables[i].name;
	for (size_t i = names ? names->count : 0; i-- > 0;) {
		const struct table_name *item = &names->items[i];
		if (item->number == number && resolves_to(names, item->name, number))
			return item->name;
	}
	if (number == POLICY_TABLE_NUMBER && resolves_to(names, POLICY_TABLE_NAME, number))
		return POLICY_TABLE_NAME;
	snprintf(buffer, 16, "%u", number);
	return buffer;
}
