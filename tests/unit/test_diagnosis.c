/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hazard/diagnosis.h"

#include <string.h>

/* An area that was not checked is never reported as good, independent of other findings. */
static void test_outcomes(void **state)
{
	static const struct {
		enum finding_severity severities[3];
		size_t count;
		enum outcome outcome;
	} cases[] = {
		{{0}, 0, OUTCOME_DONE},
		{{FINDING_NOTE}, 1, OUTCOME_DONE},
		{{FINDING_NOTE, FINDING_WARNING}, 2, OUTCOME_DIFFERS},
		{{FINDING_ERROR, FINDING_NOTE}, 2, OUTCOME_DIFFERS},
		{{FINDING_UNKNOWN}, 1, OUTCOME_FAILED},
		{{FINDING_ERROR, FINDING_WARNING, FINDING_UNKNOWN}, 3, OUTCOME_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(diagnosis_done) struct diagnosis diagnosis;

		diagnosis_init(&diagnosis);
		for (size_t j = 0; j < cases[i].count; j++)
			diagnosis_add(&diagnosis, AREA_HOST, cases[i].severities[j], "id", "what");
		assert_int_equal(diagnosis_outcome(&diagnosis), cases[i].outcome);
		assert_int_equal(
			diagnosis_count(&diagnosis, AREA_POLICY, cases[i].severities[0]), 0);
	}
}

static void test_texts(void **state)
{
	_cleanup_(diagnosis_done) struct diagnosis diagnosis;

	(void)state;
	diagnosis_init(&diagnosis);
	diagnosis_add(&diagnosis, AREA_CLOCK, FINDING_ERROR, "clock-wrong", "%d s\x1b[31m\n", 7);
	assert_null(diagnosis.findings[0].remedy);
	diagnosis_add_remedy(&diagnosis, "timedatectl set-ntp %s # %s", "true", "a\tb c");
	diagnosis_add_remedy(&diagnosis, "# or wait");
	diagnosis_add_passed(&diagnosis, AREA_CLOCK, "%s", "it ticks");
	diagnosis_add_passed(&diagnosis, AREA_CLOCK, "so far");
	assert_int_equal(diagnosis.count, 1);
	assert_false(diagnosis.out_of_memory);
	assert_string_equal(diagnosis.findings[0].text, "7 s?[31m?");
	assert_string_equal(diagnosis.findings[0].remedy,
		"timedatectl set-ntp true # \"$(printf 'a\\011b c')\"\n# or wait");
	/* Instead of a command with a file name that is not printable, the remedy has advice. */
	diagnosis_add(&diagnosis, AREA_POLICY, FINDING_ERROR, "policy-owner", "%s", "x");
	diagnosis_add_remedy(&diagnosis, "chown root -- %s", "policy\n");
	diagnosis_add_remedy(&diagnosis, "myha attach -- %s", "-eth1");
	diagnosis_add_remedy_line(&diagnosis, "# a\nb");
	assert_string_equal(diagnosis.findings[1].remedy,
		"# the file name ends with a line break: rename the file, then run myha check again\n"
		"myha attach -- -eth1\n# a?b");
	assert_string_equal(strbuf_text(&diagnosis.passed[AREA_CLOCK]), "it ticks; so far");
	assert_string_equal(strbuf_text(&diagnosis.passed[AREA_HOST]), "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
