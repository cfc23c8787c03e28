/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include "cli/commands.h"
#include "cli/global_options.h"
#include "cli/print.h"

#include <string.h>

static const char exit_statuses[] =
	"Exit status: 0 done, or nothing to do; 1 failed;\n2 invalid command line or policy file;\n3 differs from the policy (drift), or only partly done;\n4 not permitted by IAM; 5 timed out.\n";

/* `timeout` is the default of --timeout, in milliseconds. */
static void print_global_options(uint64_t timeout)
{
	for (size_t i = 0; i < GLOBAL_OPTIONS; i++) {
		const struct global_option *global = &global_options[i];
		const struct command_option *option = &global->option;
		const char *value = option->value ? option->value : "";
		char letter[] = "  -x,";
		letter[3] = (char)global->value;
		/* 17 columns for "NAME VALUE": the longest, "timeout SECONDS", and two blanks. */
		print_text("%s --%s %-*s%s", global_option_has_letter(global) ? letter : "     ",
			option->name, 16 - (int)strlen(option->name), value, option->summary);
		if (global->value == OPTION_TIMEOUT)
			print_text(" (default %u)", (unsigned)(timeout / 1000));
		print_lines("\n");
	}
	print_lines("\n%s", exit_statuses);
}

/* Prints "overlay move OVERLAY"; returns how many bytes were printed. */
static int print_usage(const struct command *command)
{
	return print_text(
		"%s%s%s", command->name, *command->arguments ? " " : "", command->arguments);
}

void help_print_overview(void)
{
	int width = 0; /* of the longest "NAME ARGUMENTS" */

	print_lines(
		"usage: myha [OPTION…] COMMAND [ARGUMENT…]\n\nIP failover for Linux on EC2.\n\nCommands:\n");
	for (size_t i = 0; i < n_commands; i++) {
		if (commands[i].hidden)
			continue;
		int length = (int)(strlen(commands[i].name) + 1 + strlen(commands[i].arguments));
		width = length > width ? length : width;
	}
	for (size_t i = 0; i < n_commands; i++) {
		if (commands[i].hidden)
			continue;
		print_text("  ");
		int printed = print_usage(&commands[i]);
		print_line("%*s%s", width + 2 - printed, "", commands[i].summary);
	}
	print_lines("\nOptions:\n");
	print_global_options(TIMEOUT_DEFAULT);
	print_lines(
		"\n\"myha COMMAND --help\" describes a command. See also myha(8), myha.policy(5).\n");
}

/* Returns the width of "NAME VALUE" or, without a value, of "NAME". */
static int get_option_width(const struct command_option *option)
{
	return (int)(strlen(option->name) + (option->value ? strlen(option->value) + 1 : 0));
}

/* Prints command->options, in a column as wide as that of the global options or wider. */
static void print_options(const struct command *command)
{
	const struct command_option *option;
	int width = (int)strlen("timeout SECONDS"); /* the longest global option */

	for (option = command->options; option->name; option++)
		width = get_option_width(option) > width ? get_option_width(option) : width;
	for (option = command->options; option->name; option++)
		print_line("      --%s%s%s%*s%s", option->name, option->value ? " " : "",
			option->value ? option->value : "", width - get_option_width(option) + 2,
			"", option->summary);
}

void help_print_command(const struct command *command)
{
	print_text("usage: myha ");
	print_usage(command);
	print_lines(" [OPTION…]\n\n%s\n", command->description);
	print_lines("\nExample:\n  %s\n\nOptions:\n", command->example);
	print_options(command);
	print_global_options(command->timeout ? command->timeout : TIMEOUT_DEFAULT);
}
