/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of every verb.
 */
#pragma once

#include "cli/command.h"

/* What getopt_long() returns for an option: its letter, or one of these. */
enum { OPTION_JSON = 256, OPTION_TIMEOUT, OPTION_VERSION, OPTION_OF_COMMAND };

/* An option of every verb, which may also stand before it. */
struct global_option {
	struct command_option option; /* first, for parse_nearest() */
	int value; /* a letter is also its short form */
};

#define GLOBAL_OPTIONS 8

extern const struct global_option global_options[GLOBAL_OPTIONS];
