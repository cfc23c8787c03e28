/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `check` prints: for people an area a line and its findings below, with the commands that help;
 * for programs a documented object.
 */
#pragma once

#include "cli/command.h"
#include "hazard/diagnosis.h"

/* Returns diagnosis_outcome(). */
enum outcome output_diagnosis(
	const struct invocation *invocation, const struct diagnosis *diagnosis);
