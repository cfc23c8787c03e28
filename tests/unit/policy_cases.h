/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies that must be refused, and with which words.
 */
#pragma once

#include <stddef.h>

struct policy_case {
	const char *text; /* of the file */
	const char *error; /* all lines */
	const char *quote; /* all quotes */
};

/* Fails the test where one of them is not refused in just this way. */
void policy_cases_check(const struct policy_case *cases, size_t count);
