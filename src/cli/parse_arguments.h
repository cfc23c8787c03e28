/* SPDX-License-Identifier: Apache-2.0 */
/* Parses argv into an invocation. Global options may come before or after the command. */
#pragma once

#include "cli/command.h"

enum arguments {
	ARGUMENTS_RUN, /* run ret_invocation */
	ARGUMENTS_PRINTED, /* the help or the version was printed */
	ARGUMENTS_INVALID, /* see `error` */
};

/* Reorders argv, which the invocation borrows. Sets the log level by --verbose and --quiet. */
enum arguments arguments_parse(
	int argc, char **argv, struct invocation *ret_invocation, struct error *error);
