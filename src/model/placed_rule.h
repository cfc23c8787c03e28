/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recognizes the rule that was added together with an overlay that the policy does not list: an
 * attach keeps it as long as the overlay's address is on the interface.
 */
#pragma once

#include "model/desired.h"

bool placed_rule_matches(const struct net_rule *rule, const struct desired_input *input);
