/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests which rules of other programs keep the replies of a service away from the interface's own
 * table.
 */
#include "model/shadow.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NET4(a, b, c, d, l)                                                                        \
	{                                                                                          \
		{.family = AF_INET, .bytes = {a, b, c, d}}, l                                      \
	}
#define MYHA_RULE                                                                                  \
	{                                                                                          \
		.family = AF_INET, .protocol = NET_PROTOCOL_MYHA, .action = FR_ACT_TO_TBL,         \
		.priority = 100, .table = 100, .source = NET4(10, 0, 1, 0, 24)                     \
	}
#define BEFORE .family = AF_INET, .action = FR_ACT_TO_TBL, .priority = 99, .table = 200

static const struct {
	const char *name;
	struct net_rule rule;
	enum shadow shadow;
} cases[] = {
	{"from all", {BEFORE}, SHADOW_OTHER_TABLE},
	{"from the subnet", {BEFORE, .source = NET4(10, 0, 1, 0, 24)}, SHADOW_OTHER_TABLE},
	{"from one address of it", {BEFORE, .source = NET4(10, 0, 1, 10, 32)}, SHADOW_OTHER_TABLE},
	{"from elsewhere", {BEFORE, .source = NET4(10, 0, 2, 0, 24)}, SHADOW_NONE},
	{"to a VPN's network", {BEFORE, .destination = NET4(10, 8, 0, 0, 16)}, SHADOW_NONE},
	{"after ours", {.family = AF_INET, .action = FR_ACT_TO_TBL, .priority = 101, .table = 200},
		SHADOW_NONE},
	{"of the other family",
		{.family = AF_INET6, .action = FR_ACT_TO_TBL, .priority = 99, .table = 200},
		SHADOW_NONE},
	{"another one of ours", {BEFORE, .protocol = NET_PROTOCOL_MYHA}, SHADOW_NONE},
	{"to the same table",
		{.family = AF_INET, .action = FR_ACT_TO_TBL, .priority = 99, .table = 100},
		SHADOW_NONE},
	{"with a mark", {BEFORE, .selectors = {.mark = 1, .mark_mask = UINT32_MAX}}, SHADOW_NONE},
	{"with none of the mask's bits", {BEFORE, .selectors = {.mark_mask = 0xff}},
		SHADOW_OTHER_TABLE},
	/* As wg-quick has it. */
	{"without a mark",
		{BEFORE, .selectors = {.inverted = true, .mark = 51820, .mark_mask = UINT32_MAX}},
		SHADOW_OTHER_TABLE},
	{"main, without its default route", {BEFORE, .selectors = {.suppresses = true}},
		SHADOW_OTHER_TABLE},
	{"not from the subnet",
		{BEFORE, .source = NET4(10, 0, 1, 0, 24), .selectors = {.inverted = true}},
		SHADOW_NONE},
	{"not from one address of it",
		{BEFORE, .source = NET4(10, 0, 1, 10, 32), .selectors = {.inverted = true}},
		SHADOW_OTHER_TABLE},
	{"not to a network",
		{BEFORE, .destination = NET4(10, 8, 0, 0, 16), .selectors = {.inverted = true}},
		SHADOW_OTHER_TABLE},
	{"a protocol", {BEFORE, .selectors = {.ip_protocol = 6}}, SHADOW_OTHER_TABLE},
	{"users", {BEFORE, .selectors = {.has_users = true, .users = {0, 999}}},
		SHADOW_OTHER_TABLE},
	{"a port", {BEFORE, .selectors = {.source_ports = {3200, 3200}}}, SHADOW_OTHER_TABLE},
	{"what arrives", {BEFORE, .selectors = {.input = "eth0"}}, SHADOW_NONE},
	{"what is sent", {BEFORE, .selectors = {.input = "lo"}}, SHADOW_OTHER_TABLE},
	{"sockets of a link", {BEFORE, .selectors = {.output = "eth0"}}, SHADOW_NONE},
	{"a VRF", {BEFORE, .selectors = {.l3mdev = true}}, SHADOW_NONE},
	{"goto past ours",
		{.family = AF_INET,
			.action = FR_ACT_GOTO,
			.priority = 99,
			.selectors = {.go_to = 200}},
		SHADOW_SKIPS},
	{"goto ours",
		{.family = AF_INET,
			.action = FR_ACT_GOTO,
			.priority = 99,
			.selectors = {.go_to = 100}},
		SHADOW_NONE},
	{"blackhole", {.family = AF_INET, .action = FR_ACT_BLACKHOLE, .priority = 99},
		SHADOW_DROPS},
	{"prohibit", {.family = AF_INET, .action = FR_ACT_PROHIBIT, .priority = 99}, SHADOW_DROPS},
	{"nop", {.family = AF_INET, .action = FR_ACT_NOP, .priority = 99}, SHADOW_NONE},
	{"the kernel's lookup of local addresses",
		{.family = AF_INET, .action = FR_ACT_TO_TBL, .table = RT_TABLE_LOCAL}, SHADOW_NONE},
	{"the same behind ours",
		{.family = AF_INET,
			.action = FR_ACT_TO_TBL,
			.priority = 32765,
			.table = RT_TABLE_LOCAL},
		SHADOW_LOCAL_LATER},
};

static void test_shadows(void **state)
{
	const struct net_rule ours = MYHA_RULE;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (shadow_classify(&ours, &cases[i].rule) != cases[i].shadow)
			fail_msg("%s: %d", cases[i].name,
				(int)shadow_classify(&ours, &cases[i].rule));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shadows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
