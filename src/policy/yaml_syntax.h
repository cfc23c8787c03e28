/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explains what is not YAML: libyaml's problem and a look at the lines, in words that say what helps.
 */
#pragma once

#include "policy/yaml_source.h"

/* What is known when libyaml gives up. A line of 0: there is none. */
struct yaml_problem {
	const char *words; /* libyaml's, or NULL */
	const char *context; /* "while scanning a quoted scalar", or NULL */
	struct yaml_place place;
	struct yaml_place context_place; /* where that begins */
	struct yaml_place opened; /* the innermost "{" or "[" that is not closed */
	struct yaml_place text, text_end; /* of the last scalar that was read */
	bool is_quoted; /* that scalar */
};

/* Complains and returns -EINVAL. */
int yaml_refuse_syntax(const struct yaml_source *source, const struct yaml_problem *problem);
