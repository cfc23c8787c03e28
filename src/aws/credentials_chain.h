/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds credentials in the order of the AWS tools: the environment, the profile (roles first), a
 * container's endpoint, the role of the instance. The first source that has credentials is used. A
 * source that exists but fails ends the search: later sources would give another identity.
 */
#pragma once

#include "aws/credentials_sources.h"

/*
 * Returns 0; -ENOKEY if no source has credentials, with the reason of each; -ETIME; or the error of
 * the source that failed. The caller frees *ret_plan with credentials_plan_done().
 */
int credentials_find(const struct credentials_search *search, struct credentials_plan *ret_plan,
	struct error *error);
