/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All verbs, and the help that is made from them.
 */
#pragma once

#include "cli/command.h"

extern const struct command commands[];
extern const size_t n_commands;

void help_print_overview(void);
void help_print_command(const struct command *command);
