/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an entry of the policy may be about a link. EC2's metadata may still say otherwise.
 */
#pragma once

#include "model/netstate.h"
#include "policy/policy.h"

#include <stdbool.h>

bool listed_link(const struct policy *policy, const struct net_link *link);
