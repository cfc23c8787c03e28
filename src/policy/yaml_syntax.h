/* SPDX-License-Identifier: Apache-2.0 */
/* Explains YAML syntax errors with advice, from libyaml's error and the lines around it. */
#pragma once

#include "policy/yaml_source.h"

/* libyaml's error and the state of the reader. Line 0: no such position. */
struct yaml_problem {
	const struct yaml_source *source;
	const char *message; /* libyaml's, or NULL */
	const char *context; /* "while scanning a quoted scalar", or NULL */
	struct yaml_position position;
	struct yaml_position context_position; /* the beginning of the context */
	struct yaml_position open_bracket; /* the innermost "{" or "[" that is not closed */
	struct yaml_position scalar, scalar_end; /* beginning and end of the last scalar */
	bool is_quoted; /* the last scalar is in quotes */
};

/* Reports the error with an explanation and returns -EINVAL. */
int yaml_refuse_syntax(const struct yaml_problem *problem);
