/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/rtnl_decode.h"
#include "kernel/rtnl_encode.h"
#include "netlink_bytes.h"
#include "netstate_text.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define CREATE_EXCL (NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
#define CREATE_REPLACE (NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE)
#define PLAIN (NLM_F_REQUEST | NLM_F_ACK)
#define NESTED NLA_F_NESTED

/* The default route of table 300 through the IPv4 router, and that of table 100 for IPv6. */
#define ROUTE4                                                                                     \
	{                                                                                          \
		.family = AF_INET, .type = RTN_UNICAST, .protocol = 77, .table = 300,              \
		.destination = ANY4, .gateway = ADDRESS4(1), .link = 3                             \
	}
#define ROUTE6                                                                                     \
	{                                                                                          \
		.family = AF_INET6, .type = RTN_UNICAST, .protocol = 77, .table = 100,             \
		.metric = 1024, .destination = ANY6, .gateway = ADDRESS6(1), .link = 3,            \
		.onlink = true                                                                     \
	}
#define SUBNET4                                                                                    \
	{                                                                                          \
		.family = AF_INET, .type = RTN_UNICAST, .protocol = 77, .scope = RT_SCOPE_LINK,    \
		.tos = 16, .table = 100, .metric = 7, .destination = PREFIX4(0, 24), .link = 3     \
	}
#define THROW6                                                                                     \
	{                                                                                          \
		.family = AF_INET6, .type = RTN_THROW, .protocol = 77, .table = 100,               \
		.metric = 1024, .destination = PREFIX6(0, 64)                                      \
	}
#define RULE4                                                                                      \
	{                                                                                          \
		.family = AF_INET, .protocol = 77, .action = FR_ACT_TO_TBL, .priority = 100,       \
		.table = 100, .source = PREFIX4(0, 24), .destination = ANY4                        \
	}
#define RULE6                                                                                      \
	{                                                                                          \
		.family = AF_INET6, .protocol = 77, .action = FR_ACT_TO_TBL, .priority = 100,      \
		.table = 300, .source = PREFIX6(9, 128), .destination = PREFIX6(0, 32)             \
	}

/* clang-format off */
static const struct {
	const char *name;
	struct step step;
	unsigned char bytes[128];
} cases[] = {
	{"up", {.kind = STEP_LINK_UP, .link = {.index = 3, .mtu = 9001, .rp_filter = 2}},
		{MESSAGE(32, RTM_SETLINK, PLAIN), AF_UNSPEC, 0, U16(0), U32(3), U32(1), U32(1)}},
	{"mtu", {.kind = STEP_LINK_MTU, .link = {.index = 3, .mtu = 9001, .rp_filter = 2}},
		{MESSAGE(40, RTM_SETLINK, PLAIN), AF_UNSPEC, 0, U16(0), U32(3), U32(0), U32(0),
			ATTRIBUTE(8, 4), U32(9001)}},
	{"rp_filter", {.kind = STEP_LINK_RP_FILTER, .link = {.index = 3, .rp_filter = 2}},
		{MESSAGE(52, RTM_SETLINK, PLAIN), AF_UNSPEC, 0, U16(0), U32(3), U32(0), U32(0),
			ATTRIBUTE(20, NESTED | 26), ATTRIBUTE(16, NESTED | AF_INET),
			ATTRIBUTE(12, NESTED | 1), ATTRIBUTE(8, 8), U32(2)}},
	{"promote_secondaries",
		{.kind = STEP_LINK_PROMOTE_SECONDARIES,
			.link = {.index = 3, .promote_secondaries = 1}},
		{MESSAGE(52, RTM_SETLINK, PLAIN), AF_UNSPEC, 0, U16(0), U32(3), U32(0), U32(0),
			ATTRIBUTE(20, NESTED | 26), ATTRIBUTE(16, NESTED | AF_INET),
			ATTRIBUTE(12, NESTED | 1), ATTRIBUTE(8, 20), U32(1)}},
	{"IPv4 address", {.kind = STEP_ADDRESS_ADD,
			.address = {.link = 3, .prefix = PREFIX4(10, 24)}},
		{MESSAGE(40, RTM_NEWADDR, CREATE_EXCL), AF_INET, 24, 0, 0, U32(3),
			ATTRIBUTE(8, 2), 10, 0, 1, 10, ATTRIBUTE(8, 1), 10, 0, 1, 10}},
	{"IPv4 address without a prefix route", {.kind = STEP_ADDRESS_ADD,
			.address = {.link = 3, .prefix = PREFIX4(11, 24), .no_prefix_route = true}},
		{MESSAGE(48, RTM_NEWADDR, CREATE_EXCL), AF_INET, 24, 0, 0, U32(3),
			ATTRIBUTE(8, 2), 10, 0, 1, 11, ATTRIBUTE(8, 1), 10, 0, 1, 11,
			ATTRIBUTE(8, 8), U32(0x200)}},
	{"IPv6 address, never tentative", {.kind = STEP_ADDRESS_ADD,
			.address = {.link = 3, .prefix = PREFIX6(9, 128), .no_prefix_route = true}},
		{MESSAGE(72, RTM_NEWADDR, CREATE_EXCL), AF_INET6, 128, 2, 0, U32(3),
			ATTRIBUTE(20, 2), IPV6(9), ATTRIBUTE(20, 1), IPV6(9),
			ATTRIBUTE(8, 8), U32(0x202)}},
	{"IPv6 address not preferred", {.kind = STEP_ADDRESS_ADD,
			.address = {.link = 3, .prefix = PREFIX6(9, 128), .not_preferred = true}},
		{MESSAGE(92, RTM_NEWADDR, CREATE_EXCL), AF_INET6, 128, 2, 0, U32(3),
			ATTRIBUTE(20, 2), IPV6(9), ATTRIBUTE(20, 1), IPV6(9),
			ATTRIBUTE(8, 8), U32(2), ATTRIBUTE(20, 6), U32(0), U32(0xffffffff), U32(0),
			U32(0)}},
	{"IPv4 address for ever", {.kind = STEP_ADDRESS_REPLACE,
			.address = {.link = 3, .prefix = PREFIX4(10, 24)}},
		{MESSAGE(40, RTM_NEWADDR, CREATE_REPLACE), AF_INET, 24, 0, 0, U32(3),
			ATTRIBUTE(8, 2), 10, 0, 1, 10, ATTRIBUTE(8, 1), 10, 0, 1, 10}},
	{"IPv4 address away", {.kind = STEP_ADDRESS_DELETE,
			.address = {.link = 3, .prefix = PREFIX4(11, 24), .no_prefix_route = true}},
		{MESSAGE(40, RTM_DELADDR, PLAIN), AF_INET, 24, 0, 0, U32(3),
			ATTRIBUTE(8, 2), 10, 0, 1, 11, ATTRIBUTE(8, 1), 10, 0, 1, 11}},
	{"IPv6 address away", {.kind = STEP_ADDRESS_DELETE,
			.address = {.link = 3, .prefix = PREFIX6(9, 64)}},
		{MESSAGE(64, RTM_DELADDR, PLAIN), AF_INET6, 64, 0, 0, U32(3),
			ATTRIBUTE(20, 2), IPV6(9), ATTRIBUTE(20, 1), IPV6(9)}},
	{"IPv4 default route, table above 255", {.kind = STEP_ROUTE_ADD, .route = ROUTE4},
		{MESSAGE(52, RTM_NEWROUTE, CREATE_EXCL), AF_INET, 0, 0, 0, 0, 77, 0, 1, U32(0),
			ATTRIBUTE(8, 15), U32(300), ATTRIBUTE(8, 5), 10, 0, 1, 1,
			ATTRIBUTE(8, 4), U32(3)}},
	{"IPv6 default route on the link", {.kind = STEP_ROUTE_ADD, .route = ROUTE6},
		{MESSAGE(72, RTM_NEWROUTE, CREATE_EXCL), AF_INET6, 0, 0, 0, 100, 77, 0, 1, U32(4),
			ATTRIBUTE(8, 15), U32(100), ATTRIBUTE(8, 6), U32(1024),
			ATTRIBUTE(20, 5), IPV6(1), ATTRIBUTE(8, 4), U32(3)}},
	{"connected route instead", {.kind = STEP_ROUTE_REPLACE, .route = SUBNET4},
		{MESSAGE(60, RTM_NEWROUTE, CREATE_REPLACE),
			AF_INET, 24, 0, 16, 100, 77, RT_SCOPE_LINK, 1, U32(0),
			ATTRIBUTE(8, 15), U32(100), ATTRIBUTE(8, 1), 10, 0, 1, 0,
			ATTRIBUTE(8, 6), U32(7), ATTRIBUTE(8, 4), U32(3)}},
	{"connected route away", {.kind = STEP_ROUTE_DELETE, .route = SUBNET4},
		{MESSAGE(60, RTM_DELROUTE, PLAIN),
			AF_INET, 24, 0, 16, 100, 77, RT_SCOPE_LINK, 1, U32(0),
			ATTRIBUTE(8, 15), U32(100), ATTRIBUTE(8, 1), 10, 0, 1, 0,
			ATTRIBUTE(8, 6), U32(7), ATTRIBUTE(8, 4), U32(3)}},
	{"IPv6 throw away", {.kind = STEP_ROUTE_DELETE, .route = THROW6},
		{MESSAGE(64, RTM_DELROUTE, PLAIN), AF_INET6, 64, 0, 0, 100, 77, 0, RTN_THROW,
			U32(0), ATTRIBUTE(8, 15), U32(100), ATTRIBUTE(20, 1), IPV6(0),
			ATTRIBUTE(8, 6), U32(1024)}},
	{"IPv4 rule", {.kind = STEP_RULE_ADD, .rule = RULE4},
		{MESSAGE(60, RTM_NEWRULE, CREATE_EXCL), AF_INET, 0, 24, 0, 100, 0, 0, 1, U32(0),
			ATTRIBUTE(8, 6), U32(100), ATTRIBUTE(8, 15), U32(100),
			ATTRIBUTE(5, 21), 77, 0, 0, 0, ATTRIBUTE(8, 2), 10, 0, 1, 0}},
	{"IPv6 rule away, table above 255", {.kind = STEP_RULE_DELETE, .rule = RULE6},
		{MESSAGE(92, RTM_DELRULE, PLAIN), AF_INET6, 32, 128, 0, 0, 0, 0, 1, U32(0),
			ATTRIBUTE(8, 6), U32(100), ATTRIBUTE(8, 15), U32(300),
			ATTRIBUTE(5, 21), 77, 0, 0, 0, ATTRIBUTE(20, 2), IPV6(9),
			ATTRIBUTE(20, 1), IPV6(0)}},
};

static const struct {
	const char *name;
	struct step step;
} refused[] = {
	{"no link", {.kind = STEP_LINK_UP}},
	{"promote_secondaries unknown", {.kind = STEP_LINK_PROMOTE_SECONDARIES,
			.link = {.index = 3, .promote_secondaries = -1}}},
	{"rp_filter not requested", {.kind = STEP_LINK_RP_FILTER,
			.link = {.index = 3, .rp_filter = -1}}},
	{"address of no link", {.kind = STEP_ADDRESS_ADD, .address = {.prefix = PREFIX4(10, 24)}}},
	{"no address", {.kind = STEP_ADDRESS_ADD, .address = {.link = 3}}},
	{"prefix too long", {.kind = STEP_ADDRESS_DELETE,
			.address = {.link = 3, .prefix = PREFIX4(10, 33)}}},
	{"table 0", {.kind = STEP_ROUTE_ADD, .route = {.family = AF_INET, .destination = ANY4}}},
	{"destination of another family", {.kind = STEP_ROUTE_DELETE,
			.route = {.family = AF_INET, .table = 100, .destination = ANY6}}},
	{"gateway of another family", {.kind = STEP_ROUTE_ADD, .route = {.family = AF_INET,
			.table = 100, .destination = ANY4, .gateway = ADDRESS6(1)}}},
	{"several next hops", {.kind = STEP_ROUTE_DELETE, .route = {.family = AF_INET,
			.table = 100, .destination = ANY4, .multipath = true}}},
	{"rule of no family", {.kind = STEP_RULE_ADD, .rule = {.table = 100}}},
	{"source of another family", {.kind = STEP_RULE_ADD,
			.rule = {.family = AF_INET, .table = 100, .source = PREFIX6(9, 128)}}},
	{"other selectors", {.kind = STEP_RULE_DELETE,
			.rule = {.family = AF_INET, .table = 100, .other_selectors = true}}},
};
/* clang-format on */

static void test_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf out;
		uint32_t length;

		memcpy(&length, cases[i].bytes, sizeof(length));
		print_message("  %s\n", cases[i].name);
		strbuf_init(&out, 0);
		assert_int_equal(rtnl_encode_step(&cases[i].step, &out), 0);
		assert_int_equal(out.length, length);
		assert_memory_equal(out.data, cases[i].bytes, length);
	}
}

static void test_one_behind_another(void **state)
{
	_cleanup_(strbuf_done) struct strbuf out;
	size_t at = 0;

	(void)state;
	strbuf_init(&out, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(rtnl_encode_step(&cases[i].step, &out), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t length;

		memcpy(&length, cases[i].bytes, sizeof(length));
		assert_memory_equal(out.data + at, cases[i].bytes, length);
		at += length;
	}
	assert_int_equal(at, out.length);
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		_cleanup_(strbuf_done) struct strbuf out;

		print_message("  %s\n", refused[i].name);
		strbuf_init(&out, 0);
		assert_int_equal(rtnl_encode_step(&refused[i].step, &out), -EINVAL);
		assert_int_equal(out.length, 0);
	}
}

static void test_cap(void **state)
{
	_cleanup_(strbuf_done) struct strbuf out;

	(void)state;
	strbuf_init(&out, 40);
	assert_int_equal(rtnl_encode_step(&cases[0].step, &out), 0);
	assert_int_equal(rtnl_encode_step(&cases[0].step, &out), -E2BIG);
	assert_int_equal(out.length, 32);
}

/* The object in the step and the one that the decoder makes of the step's message, as text. */
static void decode_back(const struct step *step, struct nlmsghdr *message, struct strbuf *wanted,
	struct strbuf *found)
{
	struct net_address address;
	struct net_route route;
	struct net_rule rule;

	switch (step->kind) {
	case STEP_LINK_UP:
	case STEP_LINK_MTU:
	case STEP_LINK_RP_FILTER:
	case STEP_LINK_PROMOTE_SECONDARIES:
		return; /* the kernel's messages about a link differ from the requests */
	case STEP_ADDRESS_ADD:
	case STEP_ADDRESS_REPLACE:
	case STEP_ADDRESS_DELETE:
		message->nlmsg_type = RTM_NEWADDR;
		assert_int_equal(rtnl_decode_address(message, &address), 0);
		if (step->kind == STEP_ADDRESS_DELETE) /* the message does not have the flag */
			address.no_prefix_route = step->address.no_prefix_route;
		address.expires = false; /* only the kernel sets the flag for permanent */
		address_text(&step->address, wanted);
		address_text(&address, found);
		return;
	case STEP_ROUTE_ADD:
	case STEP_ROUTE_REPLACE:
	case STEP_ROUTE_DELETE:
		message->nlmsg_type = RTM_NEWROUTE;
		assert_int_equal(rtnl_decode_route(message, &route), 0);
		route_text(&step->route, wanted);
		route_text(&route, found);
		return;
	case STEP_RULE_ADD:
	case STEP_RULE_DELETE:
		message->nlmsg_type = RTM_NEWRULE;
		assert_int_equal(rtnl_decode_rule(message, &rule), 0);
		rule_text(&step->rule, wanted);
		rule_text(&rule, found);
		return;
	}
}

static void test_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf out, wanted, found;

		strbuf_init(&out, 0);
		strbuf_init(&wanted, 0);
		strbuf_init(&found, 0);
		assert_int_equal(rtnl_encode_step(&cases[i].step, &out), 0);
		decode_back(&cases[i].step, (void *)out.data, &wanted, &found);
		assert_string_equal(strbuf_text(&found), strbuf_text(&wanted));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_one_behind_another),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
