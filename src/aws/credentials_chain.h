/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search for credentials, in the order of the AWS tools: the environment, the profile (roles
 * first), a container's endpoint, the role of the instance. The first that has some is it; one that
 * is there and does not work ends the search, since what comes behind would be somebody else.
 */
#pragma once

#include "aws/credentials_sources.h"

/*
 * Returns 0; -ENOKEY where nobody has any, with a line that names each source and why it has
 * nothing; -ETIME (OUTCOME_TIMEOUT); or as the source that failed says.
 */
int credentials_find(const struct credentials_search *search, struct credentials_plan *ret_plan,
	struct error *error);
