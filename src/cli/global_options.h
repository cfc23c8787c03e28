/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the options that every command has. */
#pragma once

#include "cli/command.h"

/* For options without a letter. OPTION_OF_COMMAND + i stands for option i of the command. */
enum { OPTION_JSON = 256, OPTION_TIMEOUT, OPTION_VERSION, OPTION_OF_COMMAND };

/* An option of every command; it may also come before the command's name. */
struct global_option {
	struct command_option
		option; /* must be first: find_nearest_word() reads the name from there */
	int value; /* a letter, which is also the short form; or OPTION_… */
};

static inline bool global_option_has_letter(const struct global_option *option)
{
	return option->value < OPTION_JSON;
}

#define GLOBAL_OPTIONS 8

extern const struct global_option global_options[GLOBAL_OPTIONS];
