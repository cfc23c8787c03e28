/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks that policies are refused with the expected messages.
 */
#pragma once

#include <stddef.h>

#define AT "policy.yaml:"
#define TOP(text) "version: 1\n" text "\n"
#define ENTRY(text) TOP("interfaces:\n  eth1:\n    " text)

struct policy_case {
	const char *text; /* of the file */
	const char *error; /* all lines */
	const char *quote; /* all quotes */
};

/* Fails the test where one of them is not refused in just this way. */
void policy_cases_check(const struct policy_case *cases, size_t count);
