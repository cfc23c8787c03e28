/* SPDX-License-Identifier: Apache-2.0 */
/* Applies each kind of step to the real kernel and reads the result back. Requires root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netlink_bytes.h"
#include "netns.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif

#define LO_LINK "link 1 lo 00:00:00:00:00:00 loopback mtu 65536 max 0 rp_filter 1\n"
#define PEER "link 102 peer1 02:00:00:00:00:02 up mtu 1500 max 65535 rp_filter 1\n"
#define PEER_ALONE "link 102 peer1 02:00:00:00:00:02 up no-carrier mtu 1500 max 65535 rp_filter 1\n"
#define DOWN LO_LINK PEER_ALONE "link 101 eth1 02:00:00:00:00:01 mtu 1500 max 65535 rp_filter 1\n"
#define UP LO_LINK PEER "link 101 eth1 02:00:00:00:00:01 up mtu 1400 max 65535 rp_filter 2\n"
#define RULE4_TEXT(priority, table)                                                                \
	"rule family 2 priority " priority " from 0.0.0.0/0 to 0.0.0.0/0 action 1 table " table    \
	" proto 2\n"
#define RULE6_TEXT(priority, table)                                                                \
	"rule family 10 priority " priority " from ::/0 to ::/0 action 1 table " table " proto "   \
	"2\n"
#define RULES4 RULE4_TEXT("0", "255") RULE4_TEXT("32766", "254") RULE4_TEXT("32767", "253")
#define RULES6 RULE6_TEXT("0", "255") RULE6_TEXT("32766", "254")

/* clang-format off */
static const struct step link_steps[] = {
	{.kind = STEP_LINK_MTU, .link = {.index = NETNS_ETH1, .mtu = 1400}},
	{.kind = STEP_LINK_RP_FILTER, .link = {.index = NETNS_ETH1, .rp_filter = 2}},
	{.kind = STEP_LINK_UP, .link = {.index = NETNS_ETH1}},
};

static const struct step additions[] = {
	{.kind = STEP_ADDRESS_ADD, .address = {.link = NETNS_ETH1, .prefix = PREFIX4(10, 24)}},
	{.kind = STEP_ADDRESS_ADD, .address = {.link = NETNS_ETH1, .prefix = PREFIX4(11, 24),
		.no_prefix_route = true}},
	{.kind = STEP_ADDRESS_ADD, .address = {.link = NETNS_ETH1, .prefix = PREFIX6(9, 64),
		.no_prefix_route = true}},
	{.kind = STEP_ROUTE_ADD, .route = {.family = AF_INET, .type = RTN_UNICAST, .protocol = 77,
		.scope = RT_SCOPE_LINK, .table = 100, .destination = PREFIX4(0, 24),
		.link = NETNS_ETH1}},
	{.kind = STEP_ROUTE_ADD, .route = {.family = AF_INET, .type = RTN_UNICAST, .protocol = 77,
		.table = 100, .destination = ANY4, .gateway = ADDRESS4(1), .link = NETNS_ETH1}},
	{.kind = STEP_ROUTE_ADD, .route = {.family = AF_INET, .type = RTN_THROW, .protocol = 77,
		.table = 300, .destination = PREFIX4(128, 25)}},
	{.kind = STEP_ROUTE_ADD, .route = {.family = AF_INET6, .type = RTN_UNICAST, .protocol = 77,
		.table = 300, .metric = 1024, .destination = PREFIX6(0, 64), .link = NETNS_ETH1}},
	{.kind = STEP_ROUTE_ADD, .route = {.family = AF_INET6, .type = RTN_UNICAST, .protocol = 77,
		.table = 300, .metric = 1024, .destination = ANY6, .gateway = ADDRESS6(1),
		.link = NETNS_ETH1, .onlink = true}},
	{.kind = STEP_ROUTE_ADD, .route = {.family = AF_INET6, .type = RTN_THROW, .protocol = 77,
		.table = 300, .metric = 1024, .destination = PREFIX6(0, 48)}},
	{.kind = STEP_RULE_ADD, .rule = {.family = AF_INET, .protocol = 77,
		.action = FR_ACT_TO_TBL, .priority = 100, .table = 100,
		.source = PREFIX4(0, 24), .destination = ANY4}},
	{.kind = STEP_RULE_ADD, .rule = {.family = AF_INET6, .protocol = 77,
		.action = FR_ACT_TO_TBL, .priority = 100, .table = 300,
		.source = PREFIX6(9, 128), .destination = ANY6}},
};

static const char bare[] = DOWN RULES4 RULES6;

static const char complete[] = UP
	"address 101 10.0.1.10/24\n"
	"address 101 10.0.1.11/24 noprefixroute secondary\n"
	"address 101 2001:db8::9/64 noprefixroute\n"
	RULE4_TEXT("0", "255")
	"rule family 2 priority 100 from 10.0.1.0/24 to 0.0.0.0/0 action 1 table 100 proto 77\n"
	RULE4_TEXT("32766", "254") RULE4_TEXT("32767", "253")
	RULE6_TEXT("0", "255")
	"rule family 10 priority 100 from 2001:db8::9/128 to ::/0 action 1 table 300 proto 77\n"
	RULE6_TEXT("32766", "254")
	"route family 2 table 254 10.0.1.0/24 via none dev 101 type 1 proto 2 "
		"scope 253 tos 0 metric 0\n"
	"route family 2 table 100 0.0.0.0/0 via 10.0.1.1 dev 101 type 1 proto 77 "
		"scope 0 tos 0 metric 0\n"
	"route family 2 table 100 10.0.1.0/24 via none dev 101 type 1 proto 77 "
		"scope 253 tos 0 metric 0\n"
	"route family 2 table 300 10.0.1.128/25 via none dev 0 type 9 proto 77 "
		"scope 0 tos 0 metric 0\n"
	"route family 10 table 300 2001:db8::/64 via none dev 101 type 1 proto 77 "
		"scope 0 tos 0 metric 1024\n"
	"route family 10 table 300 2001:db8::/48 via none dev 0 type 9 proto 77 "
		"scope 0 tos 0 metric 1024\n"
	"route family 10 table 300 ::/0 via 2001:db8::1 dev 101 type 1 proto 77 "
		"scope 0 tos 0 metric 1024 onlink\n";
/* clang-format on */

static void test_steps_are_read_back(void **state)
{
	char value[16];

	(void)state;
	netns_assert_state(bare);
	netns_apply(link_steps, ARRAY_SIZE(link_steps), NULL);
	netns_assert_state(UP RULES4 RULES6);
	netns_read_setting("/proc/sys/net/ipv4/conf/eth1/rp_filter", value);
	assert_string_equal(value, "2\n");
	netns_apply(additions, ARRAY_SIZE(additions), NULL);
	netns_assert_state(complete);
}

static void set_up_all(void)
{
	netns_apply(link_steps, ARRAY_SIZE(link_steps), NULL);
	netns_apply(additions, ARRAY_SIZE(additions), NULL);
	netns_assert_state(complete);
}

/* The deletions that undo the additions, the last one first. */
static void make_deletions(struct step deletions[ARRAY_SIZE(additions)])
{
	static const enum step_kind opposite[] = {
		[STEP_ADDRESS_ADD] = STEP_ADDRESS_DELETE,
		[STEP_ROUTE_ADD] = STEP_ROUTE_DELETE,
		[STEP_RULE_ADD] = STEP_RULE_DELETE,
	};

	for (size_t i = 0; i < ARRAY_SIZE(additions); i++) {
		struct step *deletion = &deletions[ARRAY_SIZE(additions) - 1 - i];

		*deletion = additions[i];
		deletion->kind = opposite[additions[i].kind];
	}
}

static void test_steps_are_taken_back(void **state)
{
	/* clang-format off */
	static const int gone[ARRAY_SIZE(additions)] = {
		-ENOENT, -ENOENT, -ESRCH, -ESRCH, -ESRCH, -ESRCH, -ESRCH, -ESRCH,
		-EADDRNOTAVAIL, -EADDRNOTAVAIL, -EADDRNOTAVAIL,
	};
	/* clang-format on */
	struct step deletions[ARRAY_SIZE(additions)];

	(void)state;
	make_deletions(deletions);
	set_up_all();
	netns_apply(deletions, ARRAY_SIZE(deletions), NULL);
	netns_assert_state(UP RULES4 RULES6);
	netns_apply(deletions, ARRAY_SIZE(deletions), gone);
	netns_assert_state(UP RULES4 RULES6);
}

static void test_second_addition(void **state)
{
	int exists[ARRAY_SIZE(additions)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(additions); i++)
		exists[i] = -EEXIST;
	set_up_all();
	netns_apply(additions, ARRAY_SIZE(additions), exists);
	netns_assert_state(complete);
}

/* A replacement takes the place of what is there, and is an addition where nothing is. */
static void test_replacement(void **state)
{
	/* clang-format off */
	static const struct step steps[] = {
		{.kind = STEP_ROUTE_REPLACE, .route = {.family = AF_INET, .type = RTN_UNICAST,
			.protocol = 77, .table = 100, .destination = ANY4,
			.gateway = ADDRESS4(1), .link = NETNS_ETH1}},
		{.kind = STEP_ROUTE_REPLACE, .route = {.family = AF_INET6, .type = RTN_UNICAST,
			.protocol = 77, .table = 300, .metric = 1024, .destination = ANY6,
			.gateway = ADDRESS6(1), .link = NETNS_ETH1}},
		{.kind = STEP_ROUTE_REPLACE, .route = {.family = AF_INET, .type = RTN_UNICAST,
			.protocol = 77, .table = 100, .destination = ANY4,
			.gateway = ADDRESS4(2), .link = NETNS_ETH1}},
		{.kind = STEP_ROUTE_REPLACE, .route = {.family = AF_INET6, .type = RTN_UNICAST,
			.protocol = 77, .table = 300, .metric = 1024, .destination = ANY6,
			.gateway = ADDRESS6(2), .link = NETNS_ETH1}},
	};
	/* clang-format on */

	(void)state;
	netns_apply(link_steps, ARRAY_SIZE(link_steps), NULL);
	netns_apply(additions, 4, NULL);
	netns_apply(steps + 0, 1, NULL);
	netns_apply(&additions[6], 1, NULL);
	netns_apply(steps + 1, 3, NULL);
	netns_assert_state(UP RULES4 RULES6
		"address 101 10.0.1.10/24\n"
		"address 101 10.0.1.11/24 noprefixroute secondary\n"
		"address 101 2001:db8::9/64 noprefixroute\n"
		"route family 2 table 254 10.0.1.0/24 via none dev 101 type 1 proto 2 scope 253 "
		"tos 0 metric 0\n"
		"route family 2 table 100 10.0.1.0/24 via none dev 101 type 1 proto 77 scope 253 "
		"tos 0 metric 0\n"
		"route family 2 table 100 0.0.0.0/0 via 10.0.1.2 dev 101 type 1 proto 77 scope 0 "
		"tos 0 metric 0\n"
		"route family 10 table 300 2001:db8::/64 via none dev 101 type 1 proto 77 scope 0 "
		"tos 0 metric 1024\n"
		"route family 10 table 300 ::/0 via 2001:db8::2 dev 101 type 1 proto 77 scope 0 "
		"tos 0 metric 1024\n");
}

/* Routes and rules like ours, but of protocol 4 (static): our deletions do not touch them. */
static void test_deletions_spare_other_objects(void **state)
{
	_cleanup_(strbuf_done) struct strbuf before, after;
	struct step others[ARRAY_SIZE(additions)];
	struct step deletions[ARRAY_SIZE(additions)];
	int nothing[ARRAY_SIZE(additions)];

	(void)state;
	make_deletions(deletions);
	memcpy(others, additions, sizeof(others));
	for (size_t i = 0; i < ARRAY_SIZE(additions); i++) {
		nothing[i] = deletions[i].kind == STEP_RULE_DELETE ? -ENOENT : -ESRCH;
		if (others[i].kind == STEP_ROUTE_ADD)
			others[i].route.protocol = RTPROT_STATIC;
		if (others[i].kind == STEP_RULE_ADD)
			others[i].rule.protocol = RTPROT_STATIC;
	}
	netns_apply(link_steps, ARRAY_SIZE(link_steps), NULL);
	netns_apply(others, ARRAY_SIZE(others), NULL);
	netns_read(&before);
	netns_apply(deletions, ARRAY_SIZE(deletions) - 3, nothing);
	netns_read(&after);
	assert_string_equal(strbuf_text(&after), strbuf_text(&before));
}

/* Ours and theirs side by side, as far as the kernel lets them differ: ours alone goes. */
static void test_deletion_takes_ours(void **state)
{
	/* clang-format off */
	static const struct step theirs[] = {
		{.kind = STEP_ROUTE_ADD, .route = {.family = AF_INET, .type = RTN_UNICAST,
			.protocol = RTPROT_STATIC, .scope = RT_SCOPE_LINK, .table = 100,
			.metric = 5, .destination = PREFIX4(0, 24), .link = NETNS_ETH1}},
		{.kind = STEP_ROUTE_ADD, .route = {.family = AF_INET, .type = RTN_UNICAST,
			.protocol = RTPROT_STATIC, .scope = RT_SCOPE_LINK, .tos = 16,
			.table = 100, .destination = PREFIX4(0, 24), .link = NETNS_ETH1}},
		{.kind = STEP_ROUTE_ADD, .route = {.family = AF_INET6, .type = RTN_UNICAST,
			.protocol = RTPROT_STATIC, .table = 300, .metric = 512,
			.destination = PREFIX6(0, 64), .link = NETNS_ETH1}},
		{.kind = STEP_RULE_ADD, .rule = {.family = AF_INET, .protocol = RTPROT_STATIC,
			.action = FR_ACT_TO_TBL, .priority = 100, .table = 300,
			.source = PREFIX4(0, 24), .destination = ANY4}},
		{.kind = STEP_RULE_ADD, .rule = {.family = AF_INET, .protocol = RTPROT_STATIC,
			.action = FR_ACT_TO_TBL, .priority = 100, .table = 100,
			.source = PREFIX4(0, 24), .destination = PREFIX4(0, 24)}},
		{.kind = STEP_RULE_ADD, .rule = {.family = AF_INET, .protocol = RTPROT_STATIC,
			.action = FR_ACT_TO_TBL, .priority = 101, .table = 100,
			.source = PREFIX4(0, 24), .destination = ANY4}},
		{.kind = STEP_RULE_ADD, .rule = {.family = AF_INET6, .protocol = RTPROT_STATIC,
			.action = FR_ACT_TO_TBL, .priority = 100, .table = 300,
			.source = PREFIX6(8, 128), .destination = ANY6}},
	};
	/* clang-format on */
	_cleanup_(strbuf_done) struct strbuf before, after;
	struct step deletions[ARRAY_SIZE(additions)];

	(void)state;
	make_deletions(deletions);
	netns_apply(link_steps, ARRAY_SIZE(link_steps), NULL);
	netns_apply(additions, 3, NULL);
	netns_apply(theirs, ARRAY_SIZE(theirs), NULL);
	netns_read(&before);
	netns_apply(additions + 3, ARRAY_SIZE(additions) - 3, NULL);
	netns_apply(deletions, ARRAY_SIZE(deletions) - 3, NULL);
	netns_read(&after);
	assert_string_equal(strbuf_text(&after), strbuf_text(&before));
}

/* Kernels before 4.20 do not filter. */
static void test_without_strict_checking(void **state)
{
	int off = 0;

	(void)state;
	set_up_all();
	mnl_socket_setsockopt(netns_rtnl.mnl, NETLINK_GET_STRICT_CHK, &off, sizeof(off));
	netns_rtnl.has_dump_filter = false;
	netns_assert_state(complete);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_NETNS(test_steps_are_read_back),
		IN_NETNS(test_steps_are_taken_back),
		IN_NETNS(test_second_addition),
		IN_NETNS(test_replacement),
		IN_NETNS(test_deletions_spare_other_objects),
		IN_NETNS(test_deletion_takes_ours),
		IN_NETNS(test_without_strict_checking),
	};

	if (geteuid() != 0) {
		print_message("needs root: skipped\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
