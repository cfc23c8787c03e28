/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a policy file. What is refused must be refused with words, in the file's order; what is
 * taken must be the same again after it was printed.
 */
#include "policy/policy_print.h"
#include "policy/policy_yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char rt_tables[] = "100 MYHA\n101 blue\n102 yes\n103 7\n104 a:b\n0x69 hex\n105 hex2\n";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static int parse_and_print(
	const char *bytes, size_t length, const struct table_names *names, struct strbuf *out)
{
	_cleanup_(policy_done) struct policy policy;
	struct policy_errors errors = {0};

	policy_init(&policy);
	int err = policy_parse("policy.yaml", bytes, length, names, &policy, &errors);
	require(err == 0 || err == -EINVAL);
	require((err == 0) == (errors.count == 0));
	for (size_t i = 0; i < errors.count; i++)
		require(errors.items[i].outcome == OUTCOME_USAGE && *errors.items[i].text);
	for (size_t i = 1; i < errors.count && i < POLICY_ERRORS_MAX; i++)
		require(yaml_position_compare(&errors.positions[i - 1], &errors.positions[i]) <= 0);
	if (err)
		return err;
	require(policy_print(&policy, names, out) == 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	_cleanup_(table_names_done) struct table_names names = {0};
	_cleanup_(strbuf_done) struct strbuf once = {0}, twice = {0};

	require(table_names_parse(&names, rt_tables, strlen(rt_tables)) == 0);
	policy_is_plausible((const char *)bytes, length);
	if (parse_and_print((const char *)bytes, length, &names, &once) < 0)
		return 0;
	require(parse_and_print(strbuf_text(&once), once.length, &names, &twice) == 0);
	require(once.length == twice.length && strcmp(once.data, twice.data) == 0);
	return 0;
}
