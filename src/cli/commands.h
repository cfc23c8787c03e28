/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All verbs.
 */
#pragma once

#include "cli/command.h"

extern const struct command commands[];
extern const size_t n_commands;
