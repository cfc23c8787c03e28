/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which addresses of a host "myha address release" may remove. */
#include "model/release.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define LO 1
#define ETH0 2
#define ETH1 3
#define ETH2 4

static const char *const names[] = {NULL, "lo", "eth0", "eth1", "eth2"};

static const struct {
	unsigned link;
	const char *prefix;
	bool secondary, expires;
} found[] = {
	{LO, "127.0.0.1/8"},
	{LO, "10.0.0.70/32"},
	{ETH0, "10.0.0.11/24", .expires = true},
	{ETH0, "10.0.0.50/32"},
	{ETH0, "10.0.0.60/24", .secondary = true},
	{ETH0, "192.168.10.16/32"},
	{ETH0, "10.0.0.61/32", .expires = true},
	/* Attached by myha in the subnet of another link: a host, and the first one. */
	{ETH1, "10.0.0.12/32"},
	{ETH1, "10.0.0.51/32"},
	{ETH2, "10.0.2.10/32"},
};

static const struct {
	const char *address;
	const char *words; /* NULL: it may be released */
} cases[] = {
	{"10.0.0.50", NULL},
	{"10.0.0.51", NULL},
	{"10.0.0.60", NULL},
	{"10.0.0.70", NULL},
	{"10.0.0.99", NULL},
	{"10.0.0.11",
		"10.0.0.11: leased by DHCP on eth0: not released, since DHCP would add the address again"},
	{"10.0.0.61",
		"10.0.0.61: leased by DHCP on eth0: not released, since DHCP would add the address again"},
	{"10.0.0.12",
		"10.0.0.12: primary address of an ENI: cannot be released without the ENI: run "
		"\"myha eni detach\""},
	{"10.0.2.10", "10.0.2.10: primary address of eth2: cannot be released without its ENI: run "
		      "\"myha eni detach\""},
	{"192.168.10.16", "192.168.10.16: belongs to overlay sapascs: run \"myha overlay "
			  "release sapascs\" instead"},
	{"127.0.0.1",
		"127.0.0.1: not a secondary private IPv4 address: only such addresses can be released"},
	{"169.254.169.254",
		"169.254.169.254: not a secondary private IPv4 address: only such addresses can be released"},
	{"224.0.0.1",
		"224.0.0.1: not a secondary private IPv4 address: only such addresses can be released"},
	{"2001:db8::1",
		"2001:db8::1: not a secondary private IPv4 address: only such addresses can be released"},
};

static void make_host(struct netstate *state)
{
	*state = (struct netstate){0};
	for (unsigned i = LO; i <= ETH2; i++) {
		struct net_link link = {.index = i, .loopback = i == LO};
		snprintf(link.name, sizeof(link.name), "%s", names[i]);
		assert_int_equal(netstate_add_link(state, &link), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		struct net_address address = {.link = found[i].link,
			.secondary = found[i].secondary,
			.expires = found[i].expires};
		assert_int_equal(ip_prefix_parse(found[i].prefix, &address.prefix), 0);
		assert_int_equal(netstate_add_address(state, &address), 0);
	}
}

static void test_cases(void **state)
{
	_cleanup_(netstate_done) struct netstate host;
	char name[] = "sapascs";
	struct policy_overlay overlay = {.name = name};
	const struct policy policy = {.overlays = &overlay, .n_overlays = 1};
	struct ip_address primary;

	(void)state;
	make_host(&host);
	assert_int_equal(ip_address_parse("192.168.10.16", &overlay.address), 0);
	assert_int_equal(ip_address_parse("10.0.0.12", &primary), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct release_input input = {.policy = &policy,
			.observed = &host,
			.primaries = &primary,
			.n_primaries = 1};
		struct error error = {0};

		print_message("%s\n", cases[i].address);
		assert_int_equal(ip_address_parse(cases[i].address, &input.address), 0);
		assert_int_equal(release_check(&input, &error), cases[i].words ? -EINVAL : 0);
		assert_string_equal(error.text, cases[i].words ? cases[i].words : "");
		assert_int_equal(error.outcome, cases[i].words ? OUTCOME_USAGE : OUTCOME_DONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
