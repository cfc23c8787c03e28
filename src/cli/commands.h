/* SPDX-License-Identifier: Apache-2.0 */
/* Lists all commands. */
#pragma once

#include "cli/command.h"

extern const struct command commands[];
extern const size_t n_commands;
