/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/parse_arguments.h"

#include "base/invisible.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/global_options.h"
#include "cli/help.h"
#include "cli/print.h"
#include "core/load.h"
#include "policy/policy_forms.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* If argv begins with the command's name, returns the name's number of words (1 or 2), else 0. */
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

/* Finds the command whose name argv begins with. Returns the name's number of words, or -EINVAL. */
static int find_command(
	int argc, char **argv, const struct command **ret_command, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf typed = {0};
	char shown[UTF8_SHORT_SIZE];
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
	nearest = find_nearest_word(strbuf_text(&typed), commands, n_commands, sizeof(commands[0]));
	if (!nearest) /* the second word may be an argument */
		nearest = find_nearest_word(argv[0], commands, n_commands, sizeof(commands[0]));
	if (nearest)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"unknown command \"%s\", did you mean \"%s\"?",
			utf8_shorten(argv[0], shown), nearest);
	return error_set(error, OUTCOME_USAGE, EINVAL,
		"unknown command \"%s\": see \"myha --help\"", utf8_shorten(argv[0], shown));
}

/* Added to the value that getopt_long() returns for a long option, to tell "--x" from "-x". */
#define LONG_OPTION 0x1000

/* The options that getopt_long() accepts. */
struct option_table {
	struct option *options; /* owned; the last element has no name */
	size_t count;
	char letters[2 + 2 * GLOBAL_OPTIONS + 1]; /* mode and ':', letters with ':', NUL */
};

/* Allocates room for the options of all commands. */
static int option_table_init(struct option_table *option_table, struct error *error)
{
	const size_t max_count = GLOBAL_OPTIONS + n_commands * COMMAND_OPTIONS_MAX;

	*option_table = (struct option_table){
		.options = calloc(max_count + 1, sizeof(*option_table->options))};
	return option_table->options ? 0 : error_oom(error);
}

static void option_table_done(struct option_table *option_table)
{
	free(option_table->options);
}

/* Adds a long option, for which getopt_long() returns LONG_OPTION | value. */
static void add_option(
	struct option_table *option_table, const struct command_option *option, int value)
{
	option_table->options[option_table->count++] = (struct option){
		.name = option->name,
		.has_arg = option->value ? required_argument : no_argument,
		.val = LONG_OPTION | value,
	};
}

/*
 * `mode` is "", or "+": then getopt_long() stops at the first word that is not an option. The ':'
 * after the mode makes getopt_long() return ':', not '?', for a missing value.
 */
static void add_global_options(struct option_table *option_table, const char *mode)
{
	char *letters = stpcpy(stpcpy(option_table->letters, mode), ":");

	for (size_t i = 0; i < GLOBAL_OPTIONS; i++) {
		const struct global_option *global = &global_options[i];
		add_option(option_table, &global->option, global->value);
		if (!global_option_has_letter(global))
			continue;
		*letters++ = (char)global->value;
		if (global->option.value)
			*letters++ = ':';
	}
	*letters = '\0';
}

/* `command` NULL: adds the options of all commands. */
static void add_command_options(struct option_table *option_table, const struct command *command)
{
	if (!command) {
		for (size_t i = 0; i < n_commands; i++)
			add_command_options(option_table, &commands[i]);
		return;
	}
	for (size_t i = 0; i < COMMAND_OPTIONS_MAX && command->options[i].name; i++)
		add_option(option_table, &command->options[i], OPTION_OF_COMMAND + (int)i);
}

/*
 * Prepares to skip the options before the command's name. getopt_long() refuses an abbreviation of
 * several options with different `val`. Here it only matters whether an argument follows, so all
 * options with an argument get the same `val`, and so do all without.
 */
static void add_all_options(struct option_table *option_table)
{
	add_global_options(option_table, "+");
	add_command_options(option_table, NULL);
	for (size_t i = 0; i < option_table->count; i++)
		option_table->options[i].val = LONG_OPTION | option_table->options[i].has_arg;
}

/* Whether an option before this index has the same name: commands may share names of options. */
static bool is_duplicate(const struct option_table *option_table, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(option_table->options[i].name, option_table->options[index].name) == 0)
			return true;
	return false;
}

/*
 * Lists the options that begin with `typed` ("--verbose, --version") or, if an option equals it,
 * only that option. Returns the number of listed options.
 */
static size_t list_matches(const struct option_table *option_table, const char *typed,
	size_t length, struct strbuf *ret_names)
{
	size_t count = 0;

	for (size_t i = 0; i < option_table->count; i++) {
		const struct option *option = &option_table->options[i];
		bool is_exact = strlen(option->name) == length;
		bool is_match = length && strncmp(option->name, typed, length) == 0;
		if (!is_match || is_duplicate(option_table, i))
			continue;
		if (is_exact) {
			strbuf_clear(ret_names);
			count = 0;
		}
		strbuf_printf(ret_names, "%s--%s", count ? ", " : "", option->name);
		count++;
		if (is_exact)
			break;
	}
	return count;
}

/* Sets the error for a long option: ambiguous, unknown, lacks its value, or accepts no value. */
static int refuse_long_option(const struct option_table *option_table, const char *typed,
	bool lacks_value, struct error *error)
{
	size_t length = strcspn(typed, "=") - strlen("--");
	_cleanup_(strbuf_done) struct strbuf names = {0}, name = {0};
	size_t count = list_matches(option_table, typed + strlen("--"), length, &names);
	char shown[UTF8_SHORT_SIZE];
	const char *nearest;

	if (count > 1)
		return error_set(error, OUTCOME_USAGE, EINVAL, "ambiguous option %s: matches %s",
			utf8_shorten(typed, shown), strbuf_text(&names));
	if (count == 1) /* the option is known: its value is the error */
		return error_set(error, OUTCOME_USAGE, EINVAL,
			lacks_value ? "%s requires a value" : "%s takes no value",
			strbuf_text(&names));
	strbuf_add(&name, typed + strlen("--"), length);
	nearest = find_nearest_word(strbuf_text(&name), option_table->options, option_table->count,
		sizeof(option_table->options[0]));
	if (nearest)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"unknown option %s, did you mean --%s?", utf8_shorten(typed, shown),
			nearest);
	return error_set(error, OUTCOME_USAGE, EINVAL, "unknown option %s: see \"myha --help\"",
		utf8_shorten(typed, shown));
}

/* Sets the error for an option for which getopt_long() returned '?' or ':'. */
static int refuse_option(
	char **argv, const struct option_table *option_table, bool lacks_value, struct error *error)
{
	/* optopt is 0 for an unknown or ambiguous long option, negative for a non-ASCII byte. */
	if (!optopt || (optopt > 0 && optopt & LONG_OPTION))
		return refuse_long_option(option_table, argv[optind - 1], lacks_value, error);
	if (lacks_value)
		return error_set(error, OUTCOME_USAGE, EINVAL, "-%c requires a value", optopt);
	return error_set(error, OUTCOME_USAGE, EINVAL, "unknown option -%c: see \"myha --help\"",
		(unsigned char)optopt);
}

/* Returns the index of the command's first word in argv, or argc; or -errno with a message. */
static int find_command_word(int argc, char **argv, struct error *error)
{
	_cleanup_(option_table_done) struct option_table option_table = {0};
	int value, err = option_table_init(&option_table, error);

	if (err)
		return err;
	add_all_options(&option_table);
	optind = 0; /* restart (glibc) */
	while ((value = getopt_long(
			argc, argv, option_table.letters, option_table.options, NULL)) != -1)
		if (value == '?' || value == ':')
			return refuse_option(argv, &option_table, value == ':', error);
	return optind;
}

/* Adds one of command->options, whose value is in getopt's `optarg`, to the invocation. */
static int add_given_option(
	const struct command_option *option, struct invocation *invocation, struct error *error)
{
	if (!option->repeats && invocation_option(invocation, option->name))
		return error_set(error, OUTCOME_USAGE, EINVAL, "--%s is given twice", option->name);
	if (invocation->n_given == COMMAND_VALUES_MAX)
		return error_set(error, OUTCOME_USAGE, E2BIG,
			"--%s: more than %d options are given", option->name, COMMAND_VALUES_MAX);
	if (option->value && !*optarg)
		return error_set(error, OUTCOME_USAGE, EINVAL, "--%s requires %s", option->name,
			option->value);
	if (option->value && !utf8_is_shown_text(optarg))
		return error_set(
			error, OUTCOME_USAGE, EINVAL, "--%s: value is not UTF-8", option->name);
	invocation->given[invocation->n_given++] = (struct given_option){
		option, option->value ? optarg : ""};
	return 0;
}

/* `value` is from getopt_long(), without LONG_OPTION; the option's text is in `optarg`. */
static int store_option(int value, struct invocation *invocation, struct error *error)
{
	char shown[UTF8_SHORT_SIZE];

	switch (value) {
	case 'p':
		invocation->policy_path = optarg;
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
				utf8_shorten(optarg, shown));
		return 0;
	default: /* '?' and ':' were handled before, so this is one of command->options */
		return add_given_option(&invocation->command->options[value - OPTION_OF_COMMAND],
			invocation, error);
	}
}

static int check_arguments(const struct invocation *invocation, struct error *error)
{
	const struct command *command = invocation->command;
	size_t count = invocation->n_arguments;
	char shown[UTF8_SHORT_SIZE];

	if (count < command->min_arguments)
		return error_set(error, OUTCOME_USAGE, EINVAL, "%s requires %s: usage: myha %s %s",
			command->name, command->arguments, command->name, command->arguments);
	if (count > command->max_arguments)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s: unexpected argument \"%s\": usage: myha %s%s%s", command->name,
			utf8_shorten(invocation->arguments[command->max_arguments], shown),
			command->name, *command->arguments ? " " : "", command->arguments);
	/* The kernel would cut a name that is too long to another interface's name. */
	for (size_t i = 0; command->of_interfaces && i < count; i++)
		if (!policy_form_interface.is_valid(invocation->arguments[i]))
			return error_set(error, OUTCOME_USAGE, EINVAL,
				"%s: \"%s\" is not an interface name: see \"ip link\"",
				command->name, utf8_shorten(invocation->arguments[i], shown));
	return 0;
}

/* Finds the command (none: *ret_command is unchanged), and removes its name from argv. */
static int extract_command(
	int *argc, char **argv, const struct command **ret_command, struct error *error)
{
	int first = find_command_word(*argc, argv, error), words;

	if (first < 0)
		return first;
	if (first == *argc) /* no command, only options */
		return 0;
	words = find_command(*argc - first, argv + first, ret_command, error);
	if (words < 0)
		return words;
	memmove(argv + first, argv + first + words, /* with the NULL at the end */
		(size_t)(*argc - first - words + 1) * sizeof(*argv));
	*argc -= words;
	return 0;
}

static enum arguments print_help_or_version(int value, const struct command *command)
{
	if (value == OPTION_VERSION)
		print_line("myha %s", PACKAGE_VERSION);
	else if (command)
		help_print_command(command);
	else
		help_print_overview();
	return ARGUMENTS_PRINTED;
}

/* Without a command, skips the commands' options; the caller then reports the missing command. */
static enum arguments parse_options(int argc, char **argv, const struct option_table *option_table,
	struct invocation *invocation, struct error *error)
{
	int value;

	optind = 0; /* restart (glibc) */
	while ((value = getopt_long(
			argc, argv, option_table->letters, option_table->options, NULL)) != -1) {
		if (value == '?' || value == ':') {
			refuse_option(argv, option_table, value == ':', error);
			return ARGUMENTS_INVALID;
		}
		value &= ~LONG_OPTION;
		if (value == 'h' || value == OPTION_VERSION)
			return print_help_or_version(value, invocation->command);
		if (!invocation->command && value >= OPTION_OF_COMMAND)
			continue;
		if (store_option(value, invocation, error))
			return ARGUMENTS_INVALID;
	}
	return ARGUMENTS_RUN;
}

/* Refuses invisible characters: a word that contains one looks like a different word. */
static int check_invisible(int argc, char **argv, struct error *error)
{
	char name[INVISIBLE_TEXT_SIZE], shown[UTF8_SHORT_SIZE];
	struct invisible invisible;

	for (int i = 1; i < argc; i++)
		if (invisible_find(argv[i], strlen(argv[i]), &invisible))
			return error_set(error, OUTCOME_USAGE, EINVAL,
				"\"%s\": character %zu is %s, which cannot be seen: retype the argument",
				utf8_shorten(argv[i], shown), invisible.position,
				invisible_format(invisible.character, name));
	return 0;
}

enum arguments arguments_parse(
	int argc, char **argv, struct invocation *ret_invocation, struct error *error)
{
	_cleanup_(option_table_done) struct option_table option_table = {0};
	struct invocation invocation = {
		.commands = commands,
		.n_commands = n_commands,
		.policy_path = POLICY_FILE,
	};
	enum arguments result;

	int err = extract_command(&argc, argv, &invocation.command, error);
	/*
	 * An invisible character is the likely cause of `err`, so it is reported instead. Not for a
	 * hidden command: a shell runs it, with words that are still being typed.
	 */
	if ((!invocation.command || !invocation.command->hidden) &&
		check_invisible(argc, argv, error))
		return ARGUMENTS_INVALID;
	if (err || option_table_init(&option_table, error))
		return ARGUMENTS_INVALID;
	add_global_options(&option_table, "");
	add_command_options(&option_table, invocation.command);
	result = parse_options(argc, argv, &option_table, &invocation, error);
	if (result != ARGUMENTS_RUN)
		return result;
	if (!invocation.command) {
		error_set(error, OUTCOME_USAGE, EINVAL, "missing command; see \"myha --help\"");
		return ARGUMENTS_INVALID;
	}
	if (!invocation.timeout)
		invocation.timeout = invocation.command->timeout ? invocation.command->timeout
								 : TIMEOUT_DEFAULT;
	invocation.arguments = (const char *const *)argv + optind;
	invocation.n_arguments = (size_t)(argc - optind);
	*ret_invocation = invocation;
	return check_arguments(ret_invocation, error) ? ARGUMENTS_INVALID : ARGUMENTS_RUN;
}
