/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the help, from the tables of commands and options. */
#pragma once

#include "cli/command.h"

void help_print_overview(void);
void help_print_command(const struct command *command);
