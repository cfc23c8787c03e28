/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From argv to an invocation. Global options stand before or after the verb.
 */
#pragma once

#include "cli/command.h"

enum arguments {
	ARGUMENTS_RUN, /* ret_invocation is to be run */
	ARGUMENTS_ANSWERED, /* help or version was asked for, and printed */
	ARGUMENTS_WRONG, /* the error says what */
};

/* argv is borrowed by the invocation and reordered. Sets the log's level. */
enum arguments arguments_parse(
	int argc, char **argv, struct invocation *ret_invocation, struct error *error);
