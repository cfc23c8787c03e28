/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/parse_arguments.h"

#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 10

static enum arguments parse(
	const char *const words[WORDS_MAX], struct invocation *invocation, struct error *error)
{
	static char *argv[WORDS_MAX + 2]; /* the invocation points into it */
	static char name[] = "myha";
	int argc = 0;

	argv[argc++] = name;
	for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
		argv[argc++] = (char *)words[i];
	argv[argc] = NULL;
	optind = 0; /* getopt starts anew */
	return arguments_parse(argc, argv, invocation, error);
}

static const struct {
	const char *words[WORDS_MAX];
	const char *command;
	const char *argument; /* the first one, or NULL */
	const char *policy;
	uint64_t timeout;
	bool dry_run, json, if_gone;
} right[] = {
	{{"attach", "eth1"}, "attach", "eth1", "/etc/myha/policy.yaml", 30000},
	{{"attach", "eth1", "--timeout", "3"}, "attach", "eth1", "/etc/myha/policy.yaml", 3000},
	{{"--timeout=0.25", "attach", "eth1"}, "attach", "eth1", "/etc/myha/policy.yaml", 250},
	{{"--timeout", "7", "attach", "eth1"}, "attach", "eth1", "/etc/myha/policy.yaml", 7000},
	{{"-p", "x.yaml", "-n", "--json", "plan"}, "plan", NULL, "x.yaml", 30000, true, true},
	{{"plan", "-px.yaml", "eth1"}, "plan", "eth1", "x.yaml", 30000},
	{{"policy", "check", "-p", "y"}, "policy check", NULL, "y", 30000},
	{{"policy", "show"}, "policy show", NULL, "/etc/myha/policy.yaml", 30000},
	{{"detach", "--if-gone", "eth1"}, "detach", "eth1", "/etc/myha/policy.yaml", 30000, false,
		false, true},
	{{"detach", "eth1", "--if-gone"}, "detach", "eth1", "/etc/myha/policy.yaml", 30000, false,
		false, true},
	{{"attach", "--", "-eth1"}, "attach", "-eth1", "/etc/myha/policy.yaml", 30000},
};

static void test_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(right); i++) {
		struct invocation invocation;
		struct error error = {0};

		if (parse(right[i].words, &invocation, &error) != ARGUMENTS_RUN)
			fail_msg("%zu: %s", i, error.text);
		assert_string_equal(invocation.command->name, right[i].command);
		if (right[i].argument)
			assert_string_equal(invocation.arguments[0], right[i].argument);
		assert_int_equal(invocation.n_arguments, right[i].argument ? 1 : 0);
		assert_string_equal(invocation.policy_path, right[i].policy);
		assert_int_equal(invocation.timeout, right[i].timeout);
		assert_int_equal(invocation.dry_run, right[i].dry_run);
		assert_int_equal(invocation.json, right[i].json);
		assert_int_equal(
			invocation_option(&invocation, "if-gone") != NULL, right[i].if_gone);
	}
}

static const struct {
	const char *words[WORDS_MAX];
	const char *text;
} wrong[] = {
	{{NULL}, "no verb: \"myha --help\" lists them"},
	{{"-n"}, "no verb: \"myha --help\" lists them"},
	{{"atach", "eth1"}, "unknown verb \"atach\", did you mean \"attach\"?"},
	{{"policy", "chek"}, "unknown verb \"policy\", did you mean \"policy check\"?"},
	{{"frobnicate"}, "unknown verb \"frobnicate\": \"myha --help\" lists them"},
	{{"attach"}, "attach wants IFACE: usage: myha attach IFACE"},
	{{"attach", "eth1", "eth2"},
		"attach: unexpected argument \"eth2\": usage: myha attach IFACE"},
	{{"attach", "abcdefghijklmnop"},
		"attach: \"abcdefghijklmnop\" is not an interface's name: see \"ip link\""},
	{{"detach", "../eth1"}, "detach: \"../eth1\" is not an interface's name: see \"ip link\""},
	{{"plan", ""}, "plan: \"\" is not an interface's name: see \"ip link\""},
	{{"boot", "eth1", "eth2"}, "boot: unexpected argument \"eth2\": usage: myha boot [IFACE]"},
	{{"status", "eth1"}, "status: unexpected argument \"eth1\": usage: myha status"},
	{{"attach", "eth1", "--tmeout", "3"}, "unknown option --tmeout, did you mean --timeout?"},
	{{"attach", "eth1", "--if-gone"}, "unknown option --if-gone: see \"myha --help\""},
	{{"attach", "eth1", "-x"}, "unknown option -x: see \"myha --help\""},
	{{"attach", "eth1", "--timeout"}, "--timeout wants a value"},
	{{"attach", "eth1", "--timeout", "0"},
		"--timeout 0: not a number of seconds above 0, such as 10 or 0.5"},
	{{"attach", "eth1", "--timeout", "1m"},
		"--timeout 1m: not a number of seconds above 0, such as 10 or 0.5"},
	{{"attach", "eth1", "--json=yes"}, "unknown option --json=yes: see \"myha --help\""},
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct invocation invocation;
		struct error error = {0};

		assert_int_equal(parse(wrong[i].words, &invocation, &error), ARGUMENTS_WRONG);
		assert_string_equal(error.text, wrong[i].text);
		assert_int_equal(error.outcome, OUTCOME_USAGE);
	}
}

/* Help is made from the table: each verb must have what help shows. */
static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_commands; i++) {
		const struct command *command = &commands[i];
		assert_non_null(command->summary);
		assert_non_null(command->description);
		assert_non_null(command->run);
		assert_ptr_equal(strstr(command->example, "myha "), command->example);
		assert_ptr_equal(strstr(command->example + 5, command->name), command->example + 5);
		assert_true(command->min_arguments <= command->max_arguments);
		assert_null(command->options[COMMAND_OPTIONS_MAX - 1].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
