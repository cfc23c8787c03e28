/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The help, made from the tables of verbs and options.
 */
#pragma once

#include "cli/command.h"

void help_print_overview(void);
void help_print_command(const struct command *command);
