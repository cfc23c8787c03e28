/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the diagnosis of `myha check`. As text: one line per area and its findings below, with the
 * commands that help. As JSON: a documented object.
 */
#pragma once

#include "cli/command.h"
#include "hazard/diagnosis.h"

/* Returns diagnosis_outcome(), or OUTCOME_FAILED if the JSON could not be printed. */
enum outcome output_diagnosis(
	const struct invocation *invocation, const struct diagnosis *diagnosis);
