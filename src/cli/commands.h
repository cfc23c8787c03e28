/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All verbs, and the help that is made from them.
 */
#pragma once

#include "cli/command.h"

extern const struct command commands[];
extern const size_t n_commands;

/* What getopt_long() returns for an option: its letter, or one of these. */
enum { OPTION_JSON = 256, OPTION_TIMEOUT, OPTION_VERSION, OPTION_OF_COMMAND };

/* An option of every verb, which may also stand before it. */
struct global_option {
	struct command_option option; /* first, for parse_nearest() */
	int value; /* a letter is also its short form */
};

#define GLOBAL_OPTIONS 8

extern const struct global_option global_options[GLOBAL_OPTIONS];

void help_print_overview(void);
void help_print_command(const struct command *command);
