/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cases that a person can read and add: a folder each below tests/golden/cases/ with
 *
 *   policy.yaml   the policy file
 *   interface     the name of the interface
 *   imds          what EC2 says of its ENI, "KEY: VALUE…" a line; a key not named is a 404
 *   kernel        the host's network state (golden_kernel.h)
 *   record        optional: "table NUMBER" or "address ADDRESS/LENGTH" a line, of earlier runs
 *   plan          what has to come out: "COMMAND  # REASON" a step, then "note: …", "waiting: …" or
 *                 "error: …"
 */
#include "golden/golden_apply.h"
#include "golden/golden_cases.h"
#include "golden/golden_kernel.h"

#include "model/conflict.h"
#include "model/desired.h"
#include "model/diff.h"
#include "policy/policy_yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

struct golden {
	const char *directory;
	char interface[IFNAMSIZ];
	struct policy policy;
	struct table_names names;
	struct netstate observed;
	struct facts facts;
	struct strbuf imds;
	uint32_t tables[8];
	size_t n_tables;
	struct ip_prefix addresses[8];
	size_t n_addresses;
	struct strbuf out;
};

static void read_policy(struct golden *golden)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	struct policy_errors errors = {0};

	golden_read(golden->directory, "policy.yaml", true, &text);
	if (policy_parse("policy.yaml", strbuf_text(&text), text.length, &golden->names,
		    &golden->policy, &errors))
		fail_msg("%s/%s", golden->directory, errors.items[0].text);
}

static void read_interface(struct golden *golden)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};

	golden_read(golden->directory, "interface", true, &text);
	snprintf(golden->interface, sizeof(golden->interface), "%.*s",
		(int)strcspn(strbuf_text(&text), "\n"), strbuf_text(&text));
}

static void read_recorded(struct golden *golden)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char *save = NULL;

	golden->tables[golden->n_tables++] = golden->policy.interfaces[0].table;
	golden_read(golden->directory, "record", false, &text);
	for (char *line = text.data ? strtok_r(text.data, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "table ", 6) == 0)
			assert_int_equal(parse_u32(line + 6, 1, UINT32_MAX,
						 &golden->tables[golden->n_tables++]),
				0);
		else if (strncmp(line, "address ", 8) == 0)
			assert_int_equal(ip_prefix_parse(line + 8,
						 &golden->addresses[golden->n_addresses++]),
				0);
		else
			fail_msg("%s/record: %s", golden->directory, line);
	}
}

/* The value of a key in "imds", its words a line each as the service sends lists; false: a 404. */
static bool imds_value(const struct golden *golden, const char *key, struct strbuf *value)
{
	const char *line = strbuf_text(&golden->imds);
	size_t length = strlen(key);

	for (; *line; line = strchr(line, '\n') + 1) {
		if (strncmp(line, key, length) != 0 || line[length] != ':')
			continue;
		const char *end = strchr(line, '\n');
		for (const char *at = line + length + 1; at < end;) {
			size_t word;
			at += strspn(at, " ");
			word = strcspn(at, " \n");
			if (value->length)
				strbuf_add(value, "\n", 1);
			strbuf_add(value, at, word);
			at += word;
		}
		return true;
	}
	return false;
}

static void response(struct golden *golden, unsigned wanted)
{
	for (enum fact fact = 0; fact < FACT_COUNT_; fact++) {
		_cleanup_(strbuf_done) struct strbuf value = {0};
		struct error error = {0};
		if (!(wanted & FACT_BIT(fact)))
			continue;
		if (!imds_value(golden, facts_key(fact), &value))
			facts_set_absent(&golden->facts, fact);
		else if (facts_set(&golden->facts, fact, strbuf_text(&value), value.length, &error))
			fail_msg("%s/imds: %s", golden->directory, error.text);
	}
}

static void diff_against(struct golden *golden, const struct desired_input *input,
	const struct desired *desired, struct plan *plan)
{
	struct diff_input diff = {
		.desired = &desired->state,
		.observed = input->observed,
		.owned = {golden->tables, golden->n_tables, golden->addresses, golden->n_addresses},
		.interface = golden->interface,
		.link = input->link->index,
		.names = &golden->names,
		.additions_only = desired->missing != NULL,
	};
	assert_int_equal(diff_plan(&diff, plan), 0);
}

static void print_plan(struct golden *golden, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		assert_int_equal(step_print(&plan->steps[i], &golden->names, &golden->out), 0);
		strbuf_printf(&golden->out, "  # %s\n", plan->steps[i].reason);
	}
}

/* The state after the plan requires no further plan. */
static void check_applied(
	struct golden *golden, struct desired_input *input, const struct plan *plan)
{
	_cleanup_(desired_done) struct desired desired = {0};
	_cleanup_(plan_done) struct plan rest = {0};
	struct error error = {0};

	golden_apply(&golden->observed, plan);
	input->link = netstate_link_by_name(&golden->observed, golden->interface);
	assert_int_equal(desired_build(input, &desired, &error), 0);
	diff_against(golden, input, &desired, &rest);
	if (rest.count) {
		strbuf_add_string(&golden->out, "after it was applied, still:\n");
		print_plan(golden, &rest);
	}
}

static void think(struct golden *golden)
{
	struct desired_input input = {
		.policy = &golden->policy.interfaces[0],
		.overlays = golden->policy.overlays,
		.n_overlays = golden->policy.n_overlays,
		.facts = &golden->facts,
		.observed = &golden->observed,
		.link = netstate_link_by_name(&golden->observed, golden->interface),
	};
	_cleanup_(desired_done) struct desired desired = {0};
	_cleanup_(plan_done) struct plan plan = {0};
	struct error error = {0};
	unsigned wanted;

	if (!input.link)
		fail_msg("%s/kernel has no link %s", golden->directory, golden->interface);
	facts_init(&golden->facts, &input.link->mac);
	while ((wanted = desired_missing_facts(&input)))
		response(golden, wanted);
	if (facts_find_lag(&golden->facts)) {
		strbuf_printf(&golden->out, "late: %s\n", facts_find_lag(&golden->facts));
		return;
	}
	if (desired_build(&input, &desired, &error) ||
		conflict_check(input.policy, &desired.state, &golden->observed, input.link->index,
			&golden->names, &error)) {
		strbuf_printf(&golden->out, "error: %s\n", error.text);
		return;
	}
	diff_against(golden, &input, &desired, &plan);
	print_plan(golden, &plan);
	if (desired.note[0])
		strbuf_printf(&golden->out, "note: %s\n", desired.note);
	if (desired.missing)
		strbuf_printf(&golden->out, "waiting: %s\n", desired.missing);
	check_applied(golden, &input, &plan);
}

static void run_case(void **state)
{
	struct golden golden = {.directory = *state};
	char path[512];

	policy_init(&golden.policy);
	golden.observed = (struct netstate){0};
	read_policy(&golden);
	read_interface(&golden);
	read_recorded(&golden);
	golden_read(golden.directory, "imds", true, &golden.imds);
	snprintf(path, sizeof(path), "%s/kernel", golden.directory);
	golden_read_kernel(path, &golden.names, &golden.observed);
	think(&golden);
	golden_compare(golden.directory, "plan", &golden.out);
	facts_done(&golden.facts);
	netstate_done(&golden.observed);
	policy_done(&golden.policy);
	strbuf_done(&golden.imds);
	strbuf_done(&golden.out);
}

int main(void)
{
	return golden_run("cases", run_case);
}
