/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "policy/policy_yaml.h"

static const char rt_tables[] = "100 MYHA\n101 blue\n102 green\n";

void policy_cases_check(const struct policy_case *cases, size_t count)
{
	_cleanup_(table_names_done) struct table_names names = {0};

	assert_int_equal(table_names_add_file(&names, rt_tables, strlen(rt_tables)), 0);
	for (size_t i = 0; i < count; i++) {
		const char *text = cases[i].text;
		struct error error = {0};
		struct policy untouched, policy;

		memset(&policy, 0x5a, sizeof(policy));
		untouched = policy;
		int err = policy_parse("policy.yaml", text, strlen(text), &names, &policy, &error);
		assert_string_equal(error.text, cases[i].error);
		assert_string_equal(error.quote, cases[i].quote);
		assert_int_equal(err, -EINVAL);
		assert_int_equal(error.outcome, OUTCOME_USAGE);
		assert_memory_equal(&policy, &untouched, sizeof(policy));
	}
}
