/* SPDX-License-Identifier: Apache-2.0 */
#include "model/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A match owns its strings; here they are only lent. */
#define T(text) ((char *)(text))

#define ENI_A "eni-0123456789abcdef0"
#define ENI_B "eni-0fedcba9876543210"

static const struct mac mac_a = {{0x0a, 0, 0, 0, 0, 1}};
static const struct mac mac_b = {{0x0a, 0, 0, 0, 0, 2}};

/* A link eth1 with mac_a and driver ena; the facts are those that `known` names. */
static const struct {
	const char *name;
	struct policy_match match;
	unsigned known;
	enum match expected;
} cases[] = {
	{"no condition", {.device_number = -1}, 0, MATCH_YES},
	{"name", {.name = T("eth1"), .device_number = -1}, 0, MATCH_YES},
	{"another name", {.name = T("eth2"), .device_number = -1}, 0, MATCH_NO},
	{"glob", {.name = T("eth[1-9]*"), .device_number = -1}, 0, MATCH_YES},
	{"glob of others", {.name = T("ens*"), .device_number = -1}, 0, MATCH_NO},
	{"mac", {.has_mac = true, .mac = {{0x0a, 0, 0, 0, 0, 1}}, .device_number = -1}, 0,
		MATCH_YES},
	{"another mac", {.has_mac = true, .mac = {{0x0a, 0, 0, 0, 0, 2}}, .device_number = -1}, 0,
		MATCH_NO},
	{"driver", {.driver = T("ena"), .device_number = -1}, 0, MATCH_YES},
	{"another driver", {.driver = T("vif"), .device_number = -1}, 0, MATCH_NO},
	{"driver holds, name does not",
		{.driver = T("ena"), .name = T("eth0"), .device_number = -1}, 0, MATCH_NO},
	{"ENI not known yet", {.eni = T(ENI_A), .device_number = -1}, 0, MATCH_UNDECIDED},
	{"ENI", {.eni = T(ENI_A), .device_number = -1}, FACT_BIT(FACT_INTERFACE_ID), MATCH_YES},
	{"another ENI", {.eni = T(ENI_B), .device_number = -1}, FACT_BIT(FACT_INTERFACE_ID),
		MATCH_NO},
	{"subnet", {.subnet = T("subnet-01234567"), .device_number = -1}, FACT_BIT(FACT_SUBNET_ID),
		MATCH_YES},
	{"another subnet", {.subnet = T("subnet-76543210"), .device_number = -1},
		FACT_BIT(FACT_SUBNET_ID), MATCH_NO},
	{"device number", {.device_number = 1}, FACT_BIT(FACT_DEVICE_NUMBER), MATCH_YES},
	{"another device number", {.device_number = 0}, FACT_BIT(FACT_DEVICE_NUMBER), MATCH_NO},
	{"one fact missing", {.eni = T(ENI_A), .device_number = 1}, FACT_BIT(FACT_DEVICE_NUMBER),
		MATCH_UNDECIDED},
	{"one fact settles it", {.eni = T(ENI_A), .device_number = 2}, FACT_BIT(FACT_DEVICE_NUMBER),
		MATCH_NO},
	{"the name decides before EC2 is queried",
		{.eni = T(ENI_A), .name = T("eth2"), .device_number = -1}, 0, MATCH_NO},
};

static void test_cases(void **state)
{
	struct net_link link = {.index = 3, .name = "eth1", .mac = mac_a};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct facts facts = {.mac = mac_a, .known = cases[i].known, .device_number = 1};

		snprintf(facts.interface_id, sizeof(facts.interface_id), ENI_A);
		snprintf(facts.subnet_id, sizeof(facts.subnet_id), "subnet-01234567");
		if (match_interface(&cases[i].match, &link, "ena", &facts) != cases[i].expected)
			fail_msg("%s", cases[i].name);
	}
}

static void test_without_facts(void **state)
{
	struct net_link link = {.index = 3, .name = "eth1", .mac = mac_b};
	struct policy_match by_name = {.name = T("eth1"), .device_number = -1};
	struct policy_match by_device = {.device_number = 1};

	(void)state;
	assert_int_equal(match_interface(&by_name, &link, "", NULL), MATCH_YES);
	assert_int_equal(match_interface(&by_device, &link, "", NULL), MATCH_UNDECIDED);
}

/*
 * A virtual link with the ENI's MAC address is not the ENI, unless the policy selects it by name.
 */
static void test_a_bridge_with_the_enis_mac(void **state)
{
	const struct net_link link = {.index = 4, .name = "br-1", .mac = mac_a, .is_virtual = true};
	const struct facts facts = {.mac = mac_a,
		.known = FACT_BIT(FACT_DEVICE_NUMBER) | FACT_BIT(FACT_INTERFACE_ID),
		.interface_id = ENI_A,
		.device_number = 1};
	const struct policy_match by_mac = {.has_mac = true, .mac = mac_a, .device_number = -1};
	const struct policy_match by_device = {.device_number = 1};
	const struct policy_match by_eni = {.eni = T(ENI_A), .device_number = -1};
	const struct policy_match by_name = {
		.name = T("br-1"), .has_mac = true, .mac = mac_a, .device_number = 1};

	(void)state;
	assert_int_equal(match_interface(&by_mac, &link, "", &facts), MATCH_NO);
	assert_int_equal(match_interface(&by_device, &link, "", &facts), MATCH_NO);
	assert_int_equal(match_interface(&by_eni, &link, "", &facts), MATCH_NO);
	assert_int_equal(match_interface(&by_name, &link, "", &facts), MATCH_YES);
}

static void test_needed_facts(void **state)
{
	struct policy_match all = {
		.eni = T(ENI_A), .subnet = T("subnet-01234567"), .device_number = 0};
	struct policy_match none = {.name = T("eth1"), .has_mac = true, .device_number = -1};

	(void)state;
	assert_int_equal(match_required_facts(&all), FACT_BIT(FACT_INTERFACE_ID) |
							     FACT_BIT(FACT_SUBNET_ID) |
							     FACT_BIT(FACT_DEVICE_NUMBER));
	assert_int_equal(match_required_facts(&none), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_without_facts),
		cmocka_unit_test(test_a_bridge_with_the_enis_mac),
		cmocka_unit_test(test_needed_facts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
