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
#include <unistd.h>

#include <cmocka.h>

#define WORDS_MAX 10
#define BEHIND "SECRET=" /* where the environment stands behind the arguments */

static enum arguments parse(
	const char *const words[WORDS_MAX], struct invocation *invocation, struct error *error)
{
	static char *argv[WORDS_MAX + 3]; /* the invocation points into it */
	static char name[] = "myha", behind[] = BEHIND "x";
	int argc = 0;

	argv[argc++] = name;
	for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
		argv[argc++] = (char *)words[i];
	argv[argc] = NULL;
	argv[argc + 1] = behind;
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
	{{"--", "attach", "eth1"}, "attach", "eth1", "/etc/myha/policy.yaml", 30000},
	{{"-n", "--", "attach", "-n"}, "attach", "-n", "/etc/myha/policy.yaml", 30000, true},
	/* The command is found for each form of an option with a value. */
	{{"--pol", "attach", "attach", "eth1"}, "attach", "eth1", "attach", 30000},
	{{"-np", "attach", "attach", "eth1"}, "attach", "eth1", "attach", 30000, true},
	{{"-npattach", "attach", "eth1"}, "attach", "eth1", "attach", 30000, true},
	{{"--time", "3", "plan"}, "plan", NULL, "/etc/myha/policy.yaml", 3000},
	{{"--for", "check", "check"}, "check", NULL, "/etc/myha/policy.yaml", 60000},
	{{"--if-gone", "detach", "eth1"}, "detach", "eth1", "/etc/myha/policy.yaml", 30000, false,
		false, true},
	{{"-p", "x", "policy", "show", "-p", "y"}, "policy show", NULL, "y", 30000},
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
	{{NULL}, "missing command; see \"myha --help\""},
	{{"-n"}, "missing command; see \"myha --help\""},
	{{"atach", "eth1"}, "unknown command \"atach\", did you mean \"attach\"?"},
	{{"policy", "chek"}, "unknown command \"policy\", did you mean \"policy check\"?"},
	{{"frobnicate"}, "unknown command \"frobnicate\": see \"myha --help\""},
	{{"attach"}, "attach requires IFACE: usage: myha attach IFACE"},
	{{"attach", "eth1", "eth2"},
		"attach: unexpected argument \"eth2\": usage: myha attach IFACE"},
	{{"attach", "abcdefghijklmnop"},
		"attach: \"abcdefghijklmnop\" is not an interface name: see \"ip link\""},
	{{"detach", "../eth1"}, "detach: \"../eth1\" is not an interface name: see \"ip link\""},
	{{"plan", ""}, "plan: \"\" is not an interface name: see \"ip link\""},
	{{"boot", "eth1", "eth2"}, "boot: unexpected argument \"eth2\": usage: myha boot [IFACE]"},
	{{"status", "eth1"}, "status: unexpected argument \"eth1\": usage: myha status"},
	{{"attach", "eth1", "--tmeout", "3"}, "unknown option --tmeout, did you mean --timeout?"},
	{{"attach", "eth1", "--if-gone"}, "unknown option --if-gone: see \"myha --help\""},
	{{"attach", "eth1", "-x"}, "unknown option -x: see \"myha --help\""},
	{{"attach", "eth1", "--timeout"}, "--timeout requires a value"},
	{{"attach", "eth1", "--timeout", "0"},
		"--timeout 0: not a number of seconds above 0, such as 10 or 0.5"},
	{{"attach", "eth1", "--timeout", "1m"},
		"--timeout 1m: not a number of seconds above 0, such as 10 or 0.5"},
	{{"attach", "eth1", "--json=yes"}, "--json takes no value"},
	{{"--help=x"}, "--help takes no value"},
	{{"--he=x"}, "--help takes no value"},
	{{"attach", "eth1", "--time"}, "--timeout requires a value"},
	{{"attach", "eth1", "-np"}, "-p requires a value"},
	{{"--policy"}, "--policy requires a value"},
	{{"attach", "eth1", "-\303\274"}, "unknown option -?: see \"myha --help\""},
	{{"attach", "eth1", "--=x"}, "unknown option --=x: see \"myha --help\""},
	{{"--tmeout=3", "attach", "eth1"}, "unknown option --tmeout=3, did you mean --timeout?"},
	{{"--ver"}, "ambiguous option --ver: matches --verbose, --version"},
	{{"attach", "eth1", "--ve=1"}, "ambiguous option --ve=1: matches --verbose, --version"},
	{{"eni", "move", "10.0.1.10", "--for"},
		"ambiguous option --for: matches --force, --force-after"},
	/* The only word that could be the command is a value. */
	{{"--for", "check"}, "missing command; see \"myha --help\""},
	{{"--policy", "check"}, "missing command; see \"myha --help\""},
	{{"--interface", "attach"}, "missing command; see \"myha --help\""},
	{{"-p", "attach", "eth1"}, "unknown command \"eth1\": see \"myha --help\""},
	{{"-n", "--"}, "missing command; see \"myha --help\""},
	{{""}, "unknown command \"\": see \"myha --help\""},
	{{"eni", "create", "--description", ""}, "--description requires TEXT"},
	{{"eni", "create", "--description", "a\nb"},
		"\"a?b\": character 2 is U+000A (LINE FEED), which cannot be seen: retype the argument"},
	{{"eni", "create", "--tag", "a=\342\200\256"},
		"\"a=???\": character 3 is U+202E (RIGHT-TO-LEFT OVERRIDE), which cannot be seen: "
		"retype the argument"},
	{{"eni", "list", "--subnet", "\377"}, "--subnet: value is not UTF-8"},
	{{"check", "--for"}, "--for requires a value"},
	{{"overlay", "move", "sapascs\342\200\213"},
		"\"sapascs???\": character 8 is U+200B (ZERO WIDTH SPACE), which cannot be seen: "
		"retype the argument"},
	{{"overlay", "move", "sapascs\302\240--to", "i-1"},
		"\"sapascs\302\240--to\": character 8 is U+00A0 (NO-BREAK SPACE), which cannot be "
		"seen: retype the argument"},
	{{"overlay\302\240move"},
		"\"overlay\302\240move\": character 8 is U+00A0 (NO-BREAK SPACE), which cannot be "
		"seen: retype the argument"},
	{{"overlay", "move", "a", "--to=\342\200\256i-1"},
		"\"--to=???i-1\": character 6 is U+202E (RIGHT-TO-LEFT OVERRIDE), which cannot be "
		"seen: retype the argument"},
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct invocation invocation;
		struct error error = {0};

		if (parse(wrong[i].words, &invocation, &error) != ARGUMENTS_INVALID)
			fail_msg("%zu: it is right", i);
		assert_string_equal(error.text, wrong[i].text);
		assert_int_equal(error.outcome, OUTCOME_USAGE);
	}
}

/*
 * For any words, a command that runs has only arguments that were typed, and no more than it
 * accepts.
 */
static void check_words(const char *const words[WORDS_MAX])
{
	struct invocation invocation;
	struct error error = {0};
	size_t count = 0;

	while (count < WORDS_MAX && words[count])
		count++;
	switch (parse(words, &invocation, &error)) {
	case ARGUMENTS_RUN:
		assert_true(invocation.n_arguments >= invocation.command->min_arguments);
		assert_true(invocation.n_arguments <= invocation.command->max_arguments);
		assert_true(invocation.n_arguments < count);
		assert_null(invocation.arguments[invocation.n_arguments]);
		assert_string_equal(error.text, "");
		break;
	case ARGUMENTS_PRINTED:
		break;
	case ARGUMENTS_INVALID:
		assert_int_equal(error.outcome, OUTCOME_USAGE);
		assert_true(error.text[0]);
		assert_null(strstr(error.text, BEHIND));
		break;
	}
}

static const char *const vocabulary[] = {"", "-", "--", "--=", "-n", "-p", "-np", "-h", "-x",
	"-\377", "--json=1", "--policy", "--po", "--ver", "--help", "--timeout", "1", "--for",
	"--for=check", "--force", "--if-gone", "--client-token", "check", "attach", "eth1",
	"policy", "eni", "create"};

/* Up to three words in every order. */
static void test_any_words(void **state)
{
	const size_t n = ARRAY_SIZE(vocabulary);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= n; j++)
			for (size_t k = 0; k <= n; k++) {
				const char *const words[WORDS_MAX] = {vocabulary[i],
					j < n ? vocabulary[j] : NULL,
					j < n && k < n ? vocabulary[k] : NULL};
				check_words(words);
			}
}

/* Every option at every place, its value missing or not, before and behind each command. */
static void test_every_option_at_every_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_commands; i++)
		for (size_t j = 0; j < COMMAND_OPTIONS_MAX && commands[i].options[j].name; j++)
			for (size_t k = 0; k < n_commands; k++) {
				char option[64], first[64];
				char *second;

				snprintf(option, sizeof(option), "--%s",
					commands[i].options[j].name);
				snprintf(first, sizeof(first), "%s", commands[k].name);
				second = strchr(first, ' ');
				if (second)
					*second++ = '\0';
				check_words((const char *const[WORDS_MAX]){option, first, second});
				check_words((const char *const[WORDS_MAX]){
					option, "v", first, second ? second : "a", "a"});
				check_words((const char *const[WORDS_MAX]){
					first, second ? second : option, option, "v", "a", "a"});
				check_words((const char *const[WORDS_MAX]){
					first, option, second ? second : "a"});
			}
}

/* Help is made from the table: each command must have what help shows. */
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

static int stdout_fd;

/* Of help. */
static int hide_output(void **state)
{
	(void)state;
	fflush(stdout);
	stdout_fd = dup(STDOUT_FILENO);
	return freopen("/dev/null", "w", stdout) ? 0 : -1;
}

static int show_output(void **state)
{
	(void)state;
	fflush(stdout);
	return dup2(stdout_fd, STDOUT_FILENO) < 0 || close(stdout_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test_setup_teardown(test_any_words, hide_output, show_output),
		cmocka_unit_test_setup_teardown(
			test_every_option_at_every_place, hide_output, show_output),
		cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
