/* SPDX-License-Identifier: Apache-2.0 */
#include "model/plan.h"

#include "netlink_bytes.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* clang-format off */
#define V4(...) {AF_INET, {__VA_ARGS__}}
#define V6(...) {AF_INET6, {0x20, 0x01, 0x0d, 0xb8, __VA_ARGS__}}
/* clang-format on */
#define BY_MYHA .protocol = NET_PROTOCOL_MYHA, .table = 100
#define OUR_ROUTE4 .family = AF_INET, .type = RTN_UNICAST, BY_MYHA
#define OUR_ROUTE6 .family = AF_INET6, .type = RTN_UNICAST, BY_MYHA
#define THROW4 .family = AF_INET, .type = RTN_THROW, BY_MYHA
#define OUR_THROW6 .family = AF_INET6, .type = RTN_THROW, BY_MYHA
#define PLAIN_RULE .action = FR_ACT_TO_TBL, .priority = 100, BY_MYHA

struct plan_case {
	struct step step;
	const char *text;
};

/* In an order in which ip(8) can run them one after the other on an eth1 that is down. */
static const struct plan_case cases[] = {
	{{STEP_LINK_UP, .link = {.up = true}}, "ip link set dev eth1 up"},
	{{STEP_LINK_MTU, .link = {.mtu = 9001}}, "ip link set dev eth1 mtu 9001"},
	{{STEP_LINK_RP_FILTER, .link = {.rp_filter = 2}},
		"sysctl -w net.ipv4.conf.eth1.rp_filter=2"},
	{{STEP_LINK_PROMOTE_SECONDARIES, .link = {.promote_secondaries = 1}},
		"sysctl -w net.ipv4.conf.eth1.promote_secondaries=1"},
	{{STEP_ADDRESS_ADD, .address = {.prefix = {V4(10, 0, 1, 10), 24}}},
		"ip address add 10.0.1.10/24 dev eth1"},
	{{STEP_ADDRESS_ADD, .address = {.prefix = {V4(10, 0, 1, 11), 32}, .no_prefix_route = true}},
		"ip address add 10.0.1.11/32 dev eth1 noprefixroute"},
	{{STEP_ADDRESS_ADD, .address = {.prefix = {V6([15] = 1), 128}, .no_prefix_route = true}},
		"ip -6 address add 2001:db8::1/128 dev eth1 nodad noprefixroute"},
	{{STEP_ADDRESS_ADD, .address = {.prefix = {V6([15] = 2), 64}}},
		"ip -6 address add 2001:db8::2/64 dev eth1 nodad"},
	{{STEP_ADDRESS_REPLACE, .address = {.prefix = {V4(10, 0, 1, 10), 24}}},
		"ip address replace 10.0.1.10/24 dev eth1 valid_lft forever preferred_lft forever"},
	{{STEP_ADDRESS_REPLACE,
		 .address = {.prefix = {V6([15] = 1), 128}, .no_prefix_route = true}},
		"ip -6 address replace 2001:db8::1/128 dev eth1 nodad noprefixroute"
		" valid_lft forever preferred_lft forever"},
	{{STEP_ROUTE_ADD, .route = {THROW4, .destination = {V4(172, 17), 16}}},
		"ip route add throw 172.17.0.0/16 table MYHA proto 77"},
	{{STEP_ROUTE_ADD, .route = {OUR_ROUTE4, .destination = {V4(10, 0, 1), 24}, .link = 3,
				  .scope = RT_SCOPE_LINK}},
		"ip route add 10.0.1.0/24 dev eth1 table MYHA proto 77 scope link"},
	{{STEP_ROUTE_ADD,
		 .route = {OUR_ROUTE4, .destination = ANY4, .gateway = V4(10, 0, 1, 1), .link = 3}},
		"ip route add default via 10.0.1.1 dev eth1 table MYHA proto 77"},
	{{STEP_ROUTE_REPLACE, .route = {OUR_ROUTE4, .destination = ANY4, .gateway = V4(10, 0, 2, 1),
				      .link = 3, .onlink = true}},
		"ip route replace default via 10.0.2.1 dev eth1 table MYHA proto 77 onlink"},
	{{STEP_ROUTE_ADD, .route = {OUR_ROUTE4, .destination = ANY4, .gateway = V4(10, 0, 1, 1),
				  .link = 3, .metric = 512}},
		"ip route add default via 10.0.1.1 dev eth1 table MYHA proto 77 metric 512"},
	{{STEP_ROUTE_ADD,
		 .route = {OUR_ROUTE4, .destination = {V4(10, 9, 9, 9), 32}, .link = 3, .tos = 8}},
		"ip route add 10.9.9.9 tos 0x08 dev eth1 table MYHA proto 77 scope global"},
	{{STEP_ROUTE_ADD, .route = {OUR_THROW6, .destination = {V6(0, 1), 48}, .metric = 1024}},
		"ip -6 route add throw 2001:db8:1::/48 table MYHA proto 77"},
	{{STEP_ROUTE_ADD,
		 .route = {OUR_ROUTE6, .destination = {V6(0), 64}, .link = 3, .metric = 1024}},
		"ip -6 route add 2001:db8::/64 dev eth1 table MYHA proto 77"},
	{{STEP_ROUTE_ADD, .route = {OUR_ROUTE6, .destination = ANY6, .link = 3, .metric = 1024,
				  .gateway = {AF_INET6, {0xfe, 0x80, [15] = 1}}}},
		"ip -6 route add default via fe80::1 dev eth1 table MYHA proto 77"},
	{{STEP_ROUTE_ADD, .route = {OUR_ROUTE6, .destination = ANY6, .link = 3, .metric = 2048,
				  .onlink = true, .gateway = V6(0, 9, [15] = 1)}},
		"ip -6 route add default via 2001:db8:9::1 dev eth1 table MYHA proto 77 "
		"metric 2048 onlink"},
	{{STEP_RULE_ADD, .rule = {PLAIN_RULE, .family = AF_INET, .source = {V4(10, 0, 1), 24},
				 .destination = ANY4}},
		"ip rule add from 10.0.1.0/24 lookup MYHA priority 100 protocol 77"},
	{{STEP_RULE_ADD, .rule = {PLAIN_RULE, .family = AF_INET, .source = {V4(10, 0, 1, 11), 32},
				 .destination = {V4(10, 1), 16}}},
		"ip rule add from 10.0.1.11 to 10.1.0.0/16 lookup MYHA priority 100 protocol 77"},
	{{STEP_RULE_ADD, .rule = {PLAIN_RULE, .family = AF_INET6, .source = {V6(0), 64},
				 .destination = ANY6}},
		"ip -6 rule add from 2001:db8::/64 lookup MYHA priority 100 protocol 77"},
	{{STEP_RULE_ADD, .rule = {PLAIN_RULE, .family = AF_INET6, .source = {V6([15] = 1), 128},
				 .destination = {V6([15] = 2), 128}}},
		"ip -6 rule add from 2001:db8::1 to 2001:db8::2 lookup MYHA priority 100 "
		"protocol 77"},

	{{STEP_RULE_DELETE, .rule = {PLAIN_RULE, .family = AF_INET, .source = {V4(10, 0, 1), 24},
				    .destination = ANY4}},
		"ip rule delete from 10.0.1.0/24 lookup MYHA priority 100 protocol 77"},
	{{STEP_RULE_DELETE, .rule = {PLAIN_RULE, .family = AF_INET6, .source = {V6(0), 64},
				    .destination = ANY6}},
		"ip -6 rule delete from 2001:db8::/64 lookup MYHA priority 100 protocol 77"},
	{{STEP_ROUTE_DELETE, .route = {THROW4, .destination = {V4(172, 17), 16}}},
		"ip route delete throw 172.17.0.0/16 table MYHA proto 77"},
	{{STEP_ROUTE_DELETE, .route = {OUR_ROUTE4, .destination = ANY4, .gateway = V4(10, 0, 2, 1),
				     .link = 3, .onlink = true}},
		"ip route delete default via 10.0.2.1 dev eth1 table MYHA proto 77 onlink"},
	{{STEP_ROUTE_DELETE, .route = {OUR_ROUTE4, .destination = ANY4, .gateway = V4(10, 0, 1, 1),
				     .link = 3, .metric = 512}},
		"ip route delete default via 10.0.1.1 dev eth1 table MYHA proto 77 metric 512"},
	{{STEP_ROUTE_DELETE, .route = {OUR_ROUTE4, .destination = {V4(10, 0, 1), 24}, .link = 3,
				     .scope = RT_SCOPE_LINK}},
		"ip route delete 10.0.1.0/24 dev eth1 table MYHA proto 77 scope link"},
	{{STEP_ROUTE_DELETE, .route = {OUR_THROW6, .destination = {V6(0, 1), 48}, .metric = 1024}},
		"ip -6 route delete throw 2001:db8:1::/48 table MYHA proto 77"},
	{{STEP_ROUTE_DELETE, .route = {OUR_ROUTE6, .destination = ANY6, .link = 3, .metric = 1024,
				     .gateway = {AF_INET6, {0xfe, 0x80, [15] = 1}}}},
		"ip -6 route delete default via fe80::1 dev eth1 table MYHA proto 77"},
	{{STEP_ADDRESS_DELETE,
		 .address = {.prefix = {V4(10, 0, 1, 11), 32}, .no_prefix_route = true}},
		"ip address delete 10.0.1.11/32 dev eth1"},
	{{STEP_ADDRESS_DELETE, .address = {.prefix = {V6([15] = 1), 128}, .no_prefix_route = true}},
		"ip -6 address delete 2001:db8::1/128 dev eth1"},
};

static void test_print(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf out = {0};
		struct step step = cases[i].step;

		memcpy(step.interface, "eth1", sizeof("eth1"));
		assert_int_equal(step_print(&step, NULL, &out), 0);
		assert_string_equal(strbuf_text(&out), cases[i].text);
	}
}

static void test_print_odd(void **state)
{
	static const struct plan_case odd[] = {
		{{STEP_RULE_ADD, .rule = {PLAIN_RULE, .family = AF_INET, .source = ANY4,
					 .destination = ANY4}},
			"ip rule add from all lookup MYHA priority 100 protocol 77"},
		{{STEP_RULE_DELETE, .rule = {PLAIN_RULE, .family = AF_INET, .source = ANY4,
					    .destination = ANY4}},
			"ip rule delete from all lookup MYHA priority 100 protocol 77"},
		/* Rules of other programs, with all attributes. */
		{{STEP_RULE_DELETE, .rule = {PLAIN_RULE, .family = AF_INET, .source = ANY4,
					    .destination = ANY4,
					    .selectors = {.inverted = true,
						    .mark = 51820,
						    .mark_mask = UINT32_MAX}}},
			"ip rule delete not from all fwmark 0xca6c lookup MYHA priority 100 "
			"protocol 77"},
		{{STEP_RULE_DELETE, .rule = {PLAIN_RULE, .family = AF_INET, .source = ANY4,
					    .destination = ANY4,
					    .selectors = {.tos = 16,
						    .mark = 1,
						    .mark_mask = 0xff,
						    .input = "lo",
						    .output = "eth0",
						    .has_users = true,
						    .users = {0, 999},
						    .ip_protocol = 6,
						    .source_ports = {80, 80},
						    .destination_ports = {1, 9},
						    .suppresses = true,
						    .suppress_length = 0}}},
			"ip rule delete from all tos 0x10 fwmark 0x1/0xff iif lo oif eth0 uidrange "
			"0-999 ipproto 6 sport 80 dport 1-9 lookup MYHA suppress_prefixlength 0 "
			"priority 100 protocol 77"},
		{{STEP_RULE_ADD, .rule = {.family = AF_INET6,
					 .action = FR_ACT_PROHIBIT,
					 .priority = 5,
					 .protocol = 3}},
			"ip -6 rule add from all prohibit priority 5 protocol 3"},
		{{STEP_RULE_ADD, .rule = {.family = AF_INET,
					 .action = FR_ACT_GOTO,
					 .priority = 5,
					 .protocol = 3,
					 .selectors = {.go_to = 99}}},
			"ip rule add from all goto 99 priority 5 protocol 3"},
		{{STEP_LINK_RP_FILTER, .link = {.rp_filter = 0}, .interface = "eth1.100"},
			"sysctl -w net.ipv4.conf.eth1/100.rp_filter=0"},
		{{STEP_ROUTE_ADD, .interface = "eth1",
			 .route = {.family = AF_INET,
				 .type = RTN_BLACKHOLE,
				 .destination = ANY4,
				 .table = 4242,
				 .protocol = RTPROT_STATIC}},
			"ip route add blackhole default table 4242 proto 4"},
		{{STEP_ROUTE_ADD, .interface = "eth1",
			 .route = {.family = AF_INET,
				 .type = RTN_LOCAL,
				 .link = 3,
				 .destination = {V4(10, 0, 1, 10), 32},
				 .table = RT_TABLE_LOCAL,
				 .protocol = RTPROT_KERNEL,
				 .scope = RT_SCOPE_HOST}},
			"ip route add local 10.0.1.10 dev eth1 table local proto 2 scope host"},
		{{STEP_ROUTE_ADD, .interface = "eth1",
			 .route = {.family = AF_INET,
				 .type = 200,
				 .scope = 150,
				 .table = 1,
				 .destination = {V4(10), 8}}},
			"ip route add 200 10.0.0.0/8 table 1 proto 0 scope 150"},
		{{STEP_ROUTE_ADD, .interface = "eth1",
			 .route = {OUR_ROUTE4, .destination = ANY4, .link = 3,
				 .gateway = {AF_INET6, {0xfe, 0x80, [15] = 1}}}},
			"ip route add default via inet6 fe80::1 dev eth1 table MYHA proto 77"},
	};
	_cleanup_(strbuf_done) struct strbuf small = {.max = 10};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		_cleanup_(strbuf_done) struct strbuf out = {0};

		assert_int_equal(step_print(&odd[i].step, NULL, &out), 0);
		assert_string_equal(strbuf_text(&out), odd[i].text);
	}
	assert_int_equal(step_print(&odd[0].step, NULL, &small), -ENOMEM);
}

/* The kernel allows such names; a shell must take each for the one word that it is. */
static void test_print_quotes_names(void **state)
{
	static const struct plan_case named[] = {
		{{STEP_LINK_UP, .interface = "a;reboot"}, "ip link set dev 'a;reboot' up"},
		{{STEP_LINK_MTU, .interface = "$(id)", .link = {.mtu = 9001}},
			"ip link set dev '$(id)' mtu 9001"},
		{{STEP_LINK_RP_FILTER, .interface = "a.b&", .link = {.rp_filter = 2}},
			"sysctl -w net.ipv4.conf.'a/b&'.rp_filter=2"},
		{{STEP_ADDRESS_ADD, .interface = "\033[2J",
			 .address = {.prefix = {V4(10, 0, 1, 10), 24}, .label = "a:&"}},
			"ip address add 10.0.1.10/24 dev \"$(printf '\\033[2J')\" label 'a:&'"},
		{{STEP_ROUTE_ADD, .interface = "`id`",
			 .route = {OUR_ROUTE4, .destination = ANY4, .link = 3}},
			"ip route add default dev '`id`' table MYHA proto 77 scope global"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		_cleanup_(strbuf_done) struct strbuf out = {0};

		assert_int_equal(step_print(&named[i].step, NULL, &out), 0);
		assert_string_equal(strbuf_text(&out), named[i].text);
	}
}

static void test_table_names(void **state)
{
	_cleanup_(table_names_done) struct table_names names = {0};
	static const char file[] = "100 service\n101 a;b\n";

	(void)state;
	assert_int_equal(table_names_parse(&names, file, sizeof(file) - 1), 0);
	const struct step step = {STEP_RULE_DELETE,
		.rule = {PLAIN_RULE, .family = AF_INET, .source = ANY4, .destination = ANY4}};
	_cleanup_(strbuf_done) struct strbuf out = {0};
	assert_int_equal(step_print(&step, &names, &out), 0);
	assert_string_equal(strbuf_text(&out),
		"ip rule delete from all lookup service priority 100 protocol 77");
	struct step odd = step;
	odd.rule.table = 101;
	strbuf_clear(&out);
	assert_int_equal(step_print(&odd, &names, &out), 0);
	assert_string_equal(
		strbuf_text(&out), "ip rule delete from all lookup 'a;b' priority 100 protocol 77");
}

static void test_objects(void **state)
{
	static const struct plan_case added[] = {
		{{STEP_ADDRESS_ADD, .interface = "eth1",
			 .address = {.prefix = {V4(10, 0, 1, 10), 24}}},
			"10.0.1.10/24 dev eth1"},
		{{STEP_ROUTE_ADD, .interface = "eth1",
			 .route = {OUR_ROUTE4, .destination = ANY4, .link = 3}},
			"default dev eth1 table MYHA proto 77 scope global"},
		{{STEP_RULE_ADD, .rule = {PLAIN_RULE, .family = AF_INET, .source = ANY4,
					 .destination = ANY4}},
			"from all lookup MYHA priority 100 protocol 77"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(added); i++) {
		_cleanup_(strbuf_done) struct strbuf out = {0};

		assert_int_equal(step_print_object(&added[i].step, NULL, &out), 0);
		assert_string_equal(strbuf_text(&out), added[i].text);
	}
}

static void test_list(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(plan_add(&plan, &cases[i].step), 0);
	assert_int_equal(plan.count, ARRAY_SIZE(cases));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_memory_equal(&plan.steps[i], &cases[i].step, sizeof(cases[i].step));
	plan_done(&plan);
	assert_int_equal(plan.count, 0);
	assert_null(plan.steps);
	plan_done(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_print_odd),
		cmocka_unit_test(test_print_quotes_names),
		cmocka_unit_test(test_table_names),
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
