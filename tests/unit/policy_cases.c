/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "policy/policy_yaml.h"

static const char rt_tables[] = "100 MYHA\n101 blue\n102 green\n";

void policy_cases_check(const struct policy_case *cases, size_t count)
{
	_cleanup_(table_names_done) struct table_names names = {0};

	assert_int_equal(table_names_parse(&names, rt_tables, strlen(rt_tables)), 0);
	for (size_t i = 0; i < count; i++) {
		const char *text = cases[i].text;
		struct policy_errors errors = {0};
		_cleanup_(strbuf_done) struct strbuf texts = {0}, quotes = {0};
		struct policy untouched, policy;

		memset(&policy, 0x5a, sizeof(policy));
		untouched = policy;
		int err = policy_parse("policy.yaml", text, strlen(text), &names, &policy, &errors);
		for (size_t j = 0; j < errors.count; j++) {
			const char *between = j > 0 ? "\n" : "";
			strbuf_printf(&texts, "%s%s", between, errors.items[j].text);
			strbuf_printf(&quotes, "%s%s", between, errors.items[j].quote);
			assert_int_equal(errors.items[j].outcome, OUTCOME_USAGE);
		}
		assert_string_equal(strbuf_text(&texts), cases[i].error);
		assert_string_equal(strbuf_text(&quotes), cases[i].quote);
		assert_int_equal(err, -EINVAL);
		assert_memory_equal(&policy, &untouched, sizeof(policy));
	}
}
