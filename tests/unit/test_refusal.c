/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What EC2 refuses, in words.
 */
#include "failover/refusal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define NOT_PERMITTED                                                                              \
	"ec2:AttachNetworkInterface of eni-1 is not permitted: allow it in IAM (\"myha "           \
	"iam-policy\" prints what is needed)"
#define ENCODED " Encoded authorization failure message: c2VjcmV0"

static void test_words(void **state)
{
	static const struct {
		const char *code, *message;
		enum outcome outcome;
		const char *words;
	} cases[] = {
		{NULL, NULL, OUTCOME_FAILED, "AttachNetworkInterface of eni-1: no error code"},
		{"IncorrectState", NULL, OUTCOME_FAILED,
			"AttachNetworkInterface of eni-1: IncorrectState"},
		{"IncorrectState", "Not now.", OUTCOME_FAILED,
			"AttachNetworkInterface of eni-1: IncorrectState: Not now."},
		{"AttachmentLimitExceeded", "Too many", OUTCOME_FAILED,
			"AttachNetworkInterface of eni-1: AttachmentLimitExceeded: Too many: "
			"detach another ENI there, or use a larger instance type"},
		{"InvalidIPAddress.InUse", "10.0.1.5 is in use", OUTCOME_FAILED,
			"AttachNetworkInterface of eni-1: InvalidIPAddress.InUse: 10.0.1.5 is in "
			"use: \"myha eni show ADDRESS\" tells who has it"},
		{"UnauthorizedOperation", NULL, OUTCOME_DENIED, NOT_PERMITTED},
		{"UnauthorizedOperation", "You are not authorized to perform this operation.",
			OUTCOME_DENIED, NOT_PERMITTED},
		{"UnauthorizedOperation",
			"You are not authorized to perform this operation." ENCODED, OUTCOME_DENIED,
			NOT_PERMITTED},
		{"UnauthorizedOperation",
			"You are not authorized to perform this operation. User: a is not "
			"authorized" ENCODED,
			OUTCOME_DENIED, NOT_PERMITTED "; EC2 says: User: a is not authorized"},
		{"AccessDenied", "no", OUTCOME_DENIED, NOT_PERMITTED "; EC2 says: no"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char code[64], message[256];
		struct ec2_fault fault = {.status = 400};
		struct error error = {0};

		snprintf(code, sizeof(code), "%s", cases[i].code ? cases[i].code : "");
		snprintf(message, sizeof(message), "%s", cases[i].message ? cases[i].message : "");
		fault.code = cases[i].code ? code : NULL;
		fault.message = cases[i].message ? message : NULL;
		assert_int_equal(refusal_set(&error, EC2_ATTACH_NETWORK_INTERFACE, "eni-1", &fault),
			cases[i].outcome == OUTCOME_DENIED ? -EACCES : -EREMOTEIO);
		assert_string_equal(error.text, cases[i].words);
		assert_int_equal(error.outcome, cases[i].outcome);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_words)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
