/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include "cli/commands.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LONG_LENGTH 120000

static char long_text[LONG_LENGTH + 1];

static const struct command_option text_option = {"text", "TEXT", "", true};

/* An invocation to which the values were given, each with the same option. */
static struct invocation give(const struct command_option *option, const char *value)
{
	return (struct invocation){.given = {{option, value}}, .n_given = 1};
}

/* Each takes the option's value as what it knows, and gives back what it returns. */

static int read_id(const struct invocation *invocation, const char *name, struct error *error)
{
	const char *id;

	return option_id(invocation, name, "subnet", &id, error);
}

static int read_ids(const struct invocation *invocation, const char *name, struct error *error)
{
	_cleanup_(cleanup_free) const char **ids = NULL;

	return option_ids(invocation, name, "sg", &ids, error);
}

static int read_addresses(
	const struct invocation *invocation, const char *name, struct error *error)
{
	_cleanup_(cleanup_free) struct ip_address *addresses = NULL;

	return option_addresses(invocation, name, &addresses, error);
}

static int read_tags(const struct invocation *invocation, const char *name, struct error *error)
{
	_cleanup_(cleanup_free) struct ec2_tag *tags = NULL;

	return option_tags(invocation, name, &tags, error);
}

static int read_status(const struct invocation *invocation, const char *name, struct error *error)
{
	unsigned value;

	return option_word(invocation, name, ec2_eni_status_words, &value, error);
}

static int read_seconds(const struct invocation *invocation, const char *name, struct error *error)
{
	uint64_t msec;

	return option_seconds(invocation, name, &msec, error);
}

static int read_interface(
	const struct invocation *invocation, const char *name, struct error *error)
{
	const char *interface;

	return option_interface(invocation, name, &interface, error);
}

static int read_text(const struct invocation *invocation, const char *name, struct error *error)
{
	const char *text;

	return option_text(invocation, name, EC2_DESCRIPTION_MAX, &text, error);
}

static int read_token(const struct invocation *invocation, const char *name, struct error *error)
{
	const char *token;

	return option_client_token(invocation, name, &token, error);
}

static int read_uses(const struct invocation *invocation, const char *name, struct error *error)
{
	struct policy policy;
	unsigned uses;

	(void)name;
	policy_init(&policy);
	return option_uses(invocation, &policy, &uses, error);
}

static int (*const takers[])(const struct invocation *invocation, const char *name,
	struct error *error) = {read_id, read_ids, read_addresses, read_tags, read_status,
	read_seconds, read_interface, read_text, read_token, read_uses};

/*
 * A value is accepted, or refused in one line that ends with the reason, even if the value is long.
 */
static void test_any_value_of_every_option(void **state)
{
	static const char *const values[] = {"", " ", "\t", "=", "==", "=x", "x=", "-", "--", "\n",
		"a\nb", "\033[2J", "\377", "\302", "\303\274", "0", "-1", "1e9", "subnet-",
		"subnet-0", "\"", "'", "%s%n", long_text};

	(void)state;
	for (size_t i = 0; i < n_commands; i++)
		for (size_t j = 0; j < COMMAND_OPTIONS_MAX && commands[i].options[j].name; j++)
			for (size_t k = 0; k < ARRAY_SIZE(values); k++)
				for (size_t l = 0; l < ARRAY_SIZE(takers); l++) {
					const struct command_option *option =
						&commands[i].options[j];
					const struct invocation invocation = give(
						option, values[k]);
					struct error error = {0};
					int err = takers[l](&invocation, option->name, &error);

					assert_int_equal(
						error.outcome, err ? OUTCOME_USAGE : OUTCOME_DONE);
					if (err)
						assert_string_not_equal(
							error.text + strlen(error.text) - 3, "...");
				}
}

#define XS10 "xxxxxxxxxx"
#define XS60 XS10 XS10 XS10 XS10 XS10 XS10
#define US10 "üüüüüüüüüü"
#define US120 US10 US10 US10 US10 US10 US10 US10 US10 US10 US10 US10 US10
#define US240 US120 US120

/* The limits are of characters, as EC2 counts them. */
static const struct {
	int (*read)(const struct invocation *invocation, const char *name, struct error *error);
	const char *value;
	const char *text; /* NULL: it is taken */
} limits[] = {
	{read_text, US240 "123456789012345", NULL},
	{read_text, US240 "1234567890123456",
		"--text: value has 256 characters, but EC2 accepts at most 255"},
	{read_text, long_text, "--text: value has 120000 characters, but EC2 accepts at most 255"},
	{read_token, XS60 "1234", NULL},
	{read_token, "!~", NULL},
	{read_token, " ", "--text  : not 1 to 64 printable ASCII characters"},
	{read_token, "ü", "--text ü: not 1 to 64 printable ASCII characters"},
	{read_token, XS60 "12345", "--text " XS60 "12345: not 1 to 64 printable ASCII characters"},
	{read_tags, US120 "12345678=", NULL},
	{read_tags,
		US120 "123456789=", "--text: key has 129 characters, but EC2 accepts at most 128"},
	{read_tags, "k=" US240 "1234567890123456", NULL},
	{read_tags, "k=" US240 "12345678901234567",
		"--text: value has 257 characters, but EC2 accepts at most 256"},
	{read_tags, "=x", "--text =x: not of the form KEY=VALUE"},
	{read_id, long_text, "--text " XS60 XS10 XS10 XS10 "xx...: not an id of the form subnet-…"},
};

static void test_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		const struct invocation invocation = give(&text_option, limits[i].value);
		struct error error = {0};
		int err = limits[i].read(&invocation, "text", &error);

		assert_string_equal(error.text, limits[i].text ? limits[i].text : "");
		assert_int_equal(err != 0, limits[i].text != NULL);
	}
}

static void test_too_many_tags(void **state)
{
	struct invocation invocation = {0};
	struct error error = {0};

	(void)state;
	for (; invocation.n_given < 50; invocation.n_given++)
		invocation.given[invocation.n_given] = (struct given_option){&text_option, "a=b"};
	assert_int_equal(read_tags(&invocation, "text", &error), 0);
	invocation.given[invocation.n_given++] = (struct given_option){&text_option, "a=b"};
	assert_int_equal(read_tags(&invocation, "text", &error), -E2BIG);
	assert_string_equal(error.text, "--text: 51 tags are given, but EC2 accepts at most 50");
}

static int fill_long_text(void **state)
{
	(void)state;
	memset(long_text, 'x', LONG_LENGTH);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_value_of_every_option),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_too_many_tags),
	};

	return cmocka_run_group_tests(tests, fill_long_text, NULL);
}
