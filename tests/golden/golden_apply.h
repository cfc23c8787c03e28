/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applies a plan in memory, as the kernel would: for the property that the state after a plan
 * is what was desired, and that nothing else has moved.
 */
#pragma once

#include "model/plan.h"

/* Ends the test where the kernel would refuse a step. */
void golden_apply(struct netstate *state, const struct plan *plan);
