/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the host stands against the policy: a dry run of boot, so over every listed interface and what
 * is left of those that are gone, and a word on the entries whose interface is not here.
 */
#pragma once

#include "core/operation.h"

/*
 * The report gets a result an interface that is present or has left something. The entries that none of them belongs to
 * are listed in ret_absent (borrowed pointers; the array is the caller's to free()).
 */
int examine(const struct operation *operation, struct report *report,
	const struct policy_interface ***ret_absent, size_t *ret_n_absent, struct error *error);
