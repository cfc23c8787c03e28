/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats all members of a policy as text, for tests that compare complete policies. It shares no
 * code with policy_print.c.
 */
#pragma once

#include "base/strbuf.h"
#include "policy/policy.h"

void policy_dump(const struct policy *policy, struct strbuf *out);
