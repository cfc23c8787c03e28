/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explains YAML syntax errors with advice, from libyaml's error and the lines around it.
 */
#pragma once

#include "policy/yaml_source.h"

/* libyaml's error and the state of the reader. Line 0: no such place. */
struct yaml_problem {
	const struct yaml_source *source;
	const char *words; /* libyaml's message, or NULL */
	const char *context; /* "while scanning a quoted scalar", or NULL */
	struct yaml_place place;
	struct yaml_place context_place; /* the beginning of the context */
	struct yaml_place opened; /* the innermost "{" or "[" that is not closed */
	struct yaml_place text, text_end; /* place and end of the last scalar */
	bool is_quoted; /* the last scalar is in quotes */
};

/* Reports the error with an explanation and returns -EINVAL. */
int yaml_refuse_syntax(const struct yaml_problem *problem);
