/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/parse_arguments.h"

#include "app/host.h"
#include "base/log.h"
#include "base/parse.h"
#include "cli/commands.h"
#include "policy/policy_forms.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *invocation_option(const struct invocation *invocation, const char *name)
{
	for (size_t i = 0; i < invocation->n_given; i++)
		if (strcmp(invocation->given[i].option->name, name) == 0)
			return invocation->given[i].value;
	return NULL;
}

int invocation_values(
	const struct invocation *invocation, const char *name, const char ***ret_values)
{
	const char **values = calloc(invocation->n_given + 1, sizeof(*values));
	size_t count = 0;

	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < invocation->n_given; i++)
		if (strcmp(invocation->given[i].option->name, name) == 0)
			values[count++] = invocation->given[i].value;
	*ret_values = values;
	return 0;
}

/* Whether the option takes the argument that follows it; only global ones stand before the verb. */
static bool takes_next(const char *argument)
{
	for (size_t i = 0; i < GLOBAL_OPTIONS; i++) {
		const struct global_option *global = &global_options[i];
		const char letter[] = {'-', (char)global->value, '\0'};

		if (!global->option.value)
			continue;
		if (global->value < 256 && strcmp(argument, letter) == 0)
			return true;
		if (strncmp(argument, "--", 2) == 0 &&
			strcmp(argument + 2, global->option.name) == 0)
			return true;
	}
	return false;
}

/* The position of the verb's first word, or argc. */
static int find_verb(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0')
			return i;
		if (takes_next(argv[i]))
			i++;
	}
	return argc;
}

/* "policy check" is two words of argv. Returns how many, 0 where they are no verb. */
static int match_command(const struct command *command, int argc, char **argv)
{
	const char *second = strchr(command->name, ' ');
	size_t length = second ? (size_t)(second - command->name) : strlen(command->name);

	if (strlen(argv[0]) != length || strncmp(argv[0], command->name, length) != 0)
		return 0;
	if (!second)
		return 1;
	return argc > 1 && strcmp(argv[1], second + 1) == 0 ? 2 : 0;
}

static int find_command(
	int argc, char **argv, const struct command **ret_command, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf typed = {0};
	const char *nearest;

	for (size_t i = 0; i < n_commands; i++) {
		int words = match_command(&commands[i], argc, argv);
		if (words) {
			*ret_command = &commands[i];
			return words;
		}
	}
	strbuf_add_string(&typed, argv[0]);
	if (argc > 1 && argv[1][0] != '-')
		strbuf_printf(&typed, " %s", argv[1]);
	nearest = parse_nearest(strbuf_text(&typed), commands, n_commands, sizeof(commands[0]));
	if (!nearest)
		nearest = parse_nearest(argv[0], commands, n_commands, sizeof(commands[0]));
	if (nearest)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"unknown verb \"%s\", did you mean \"%s\"?", argv[0], nearest);
	return error_set(error, OUTCOME_USAGE, EINVAL,
		"unknown verb \"%s\": \"myha --help\" lists them", argv[0]);
}

static struct option long_option(const struct command_option *option, int value)
{
	return (struct option){
		.name = option->name,
		.has_arg = option->value ? required_argument : no_argument,
		.val = value,
	};
}

/* `letters` as getopt_long() takes them; the ':' before them is for what lacks its value. */
static size_t collect_options(const struct command *command,
	struct option options[GLOBAL_OPTIONS + COMMAND_OPTIONS_MAX + 1],
	char letters[1 + 2 * GLOBAL_OPTIONS + 1])
{
	size_t count = 0;

	*letters++ = ':';
	for (size_t i = 0; i < GLOBAL_OPTIONS; i++) {
		const struct global_option *global = &global_options[i];

		options[count++] = long_option(&global->option, global->value);
		if (global->value >= 256)
			continue;
		*letters++ = (char)global->value;
		if (global->option.value)
			*letters++ = ':';
	}
	*letters = '\0';
	for (size_t i = 0; command && i < COMMAND_OPTIONS_MAX && command->options[i].name; i++)
		options[count++] = long_option(&command->options[i], OPTION_OF_COMMAND + (int)i);
	options[count] = (struct option){0};
	return count;
}

static int take_own_option(
	const struct command_option *option, struct invocation *invocation, struct error *error)
{
	if (!option->repeats && invocation_option(invocation, option->name))
		return error_set(error, OUTCOME_USAGE, EINVAL, "--%s is given twice", option->name);
	if (invocation->n_given == COMMAND_VALUES_MAX)
		return error_set(error, OUTCOME_USAGE, E2BIG,
			"--%s: there are more than %d options", option->name, COMMAND_VALUES_MAX);
	if (option->value && !*optarg)
		return error_set(
			error, OUTCOME_USAGE, EINVAL, "--%s wants %s", option->name, option->value);
	invocation->given[invocation->n_given++] = (struct given_option){
		option, option->value ? optarg : ""};
	return 0;
}

static int take_option(int value, struct invocation *invocation, struct error *error)
{
	switch (value) {
	case 'p':
		invocation->policy_path = optarg;
		invocation->policy_given = true;
		return 0;
	case 'n':
		invocation->dry_run = true;
		return 0;
	case 'v':
		log_set_level(LOG_DEBUG);
		return 0;
	case 'q':
		log_set_level(LOG_ERR);
		return 0;
	case OPTION_JSON:
		invocation->json = true;
		return 0;
	case OPTION_TIMEOUT:
		if (parse_seconds(optarg, &invocation->timeout) || !invocation->timeout)
			return error_set(error, OUTCOME_USAGE, EINVAL,
				"--timeout %s: not a number of seconds above 0, such as 10 or 0.5",
				optarg);
		return 0;
	default: /* getopt's '?' and ':' were dealt with, what is left is the verb's own */
		return take_own_option(&invocation->command->options[value - OPTION_OF_COMMAND],
			invocation, error);
	}
}

static int unknown_option(int argc, char **argv, const struct option *options, size_t n_options,
	int value, struct error *error)
{
	const char *typed = optind > 0 && optind <= argc ? argv[optind - 1] : "";
	const char *nearest;

	if (value == ':')
		return error_set(error, OUTCOME_USAGE, EINVAL, "%s wants a value", typed);
	if (optopt && optopt < 256)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"unknown option -%c: see \"myha --help\"", optopt);
	nearest = strncmp(typed, "--", 2) == 0
			  ? parse_nearest(typed + 2, options, n_options, sizeof(options[0]))
			  : NULL;
	if (nearest)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"unknown option %s, did you mean --%s?", typed, nearest);
	return error_set(
		error, OUTCOME_USAGE, EINVAL, "unknown option %s: see \"myha --help\"", typed);
}

static int check_arguments(const struct invocation *invocation, struct error *error)
{
	const struct command *command = invocation->command;
	size_t count = invocation->n_arguments;

	if (count < command->min_arguments)
		return error_set(error, OUTCOME_USAGE, EINVAL, "%s wants %s: usage: myha %s %s",
			command->name, command->arguments, command->name, command->arguments);
	if (count > command->max_arguments)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s: unexpected argument \"%s\": usage: myha %s%s%s", command->name,
			invocation->arguments[command->max_arguments], command->name,
			*command->arguments ? " " : "", command->arguments);
	/* Cut to the kernel's length, it would be another interface's name. */
	for (size_t i = 0; command->of_interfaces && i < count; i++)
		if (!policy_form_interface.holds(invocation->arguments[i]))
			return error_set(error, OUTCOME_USAGE, EINVAL,
				"%s: \"%s\" is not an interface's name: see \"ip link\"",
				command->name, invocation->arguments[i]);
	return 0;
}

enum arguments arguments_parse(
	int argc, char **argv, struct invocation *ret_invocation, struct error *error)
{
	struct option options[GLOBAL_OPTIONS + COMMAND_OPTIONS_MAX + 1];
	char letters[1 + 2 * GLOBAL_OPTIONS + 1];
	struct invocation invocation = {
		.policy_path = HOST_POLICY_FILE,
	};
	int verb = find_verb(argc, argv);
	int words = 0, value;
	size_t n_options;

	if (verb < argc)
		words = find_command(argc - verb, argv + verb, &invocation.command, error);
	if (words < 0)
		return ARGUMENTS_WRONG;
	n_options = collect_options(invocation.command, options, letters);
	opterr = 0;
	while ((value = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (value == '?' || value == ':') {
			unknown_option(argc, argv, options, n_options, value, error);
			return ARGUMENTS_WRONG;
		}
		if (value == 'h') {
			if (invocation.command)
				help_print_command(invocation.command);
			else
				help_print_overview();
			return ARGUMENTS_ANSWERED;
		}
		if (value == OPTION_VERSION) {
			printf("myha %s\n", PACKAGE_VERSION);
			return ARGUMENTS_ANSWERED;
		}
		if (take_option(value, &invocation, error))
			return ARGUMENTS_WRONG;
	}
	if (invocation.command && !invocation.timeout)
		invocation.timeout = invocation.command->timeout ? invocation.command->timeout
								 : TIMEOUT_DEFAULT;
	if (!invocation.command) {
		error_set(error, OUTCOME_USAGE, EINVAL, "no verb: \"myha --help\" lists them");
		return ARGUMENTS_WRONG;
	}
	invocation.arguments = (const char *const *)argv + optind + words;
	invocation.n_arguments = (size_t)(argc - optind - words);
	*ret_invocation = invocation;
	return check_arguments(ret_invocation, error) ? ARGUMENTS_WRONG : ARGUMENTS_RUN;
}
