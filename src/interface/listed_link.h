/* SPDX-License-Identifier: Apache-2.0 */
/* Checks whether an entry of the policy may match a link. EC2's metadata can still exclude it. */
#pragma once

#include "model/netstate.h"
#include "policy/policy.h"

bool is_listed_link(const struct policy *policy, const struct net_link *link);
