/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All members of a policy as text, for tests that compare whole policies; shares nothing with what
 * prints policies for people.
 */
#pragma once

#include "base/strbuf.h"
#include "policy/policy.h"

void policy_dump(const struct policy *policy, struct strbuf *out);
