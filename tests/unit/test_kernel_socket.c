/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the socket and the monitor against the real kernel: many changes at once, lost replies,
 * interrupted dumps and lost events. Requires root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/apply.h"
#include "kernel/monitor.h"
#include "kernel/snapshot.h"
#include "netlink_bytes.h"
#include "netns.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#define MANY 3200 /* addresses of 64 interfaces with 50 each */

/* Addresses 10.1.X.Y/32, in one plan. */
static void make_many(enum step_kind kind, struct plan *ret_plan)
{
	*ret_plan = (struct plan){0};
	for (unsigned i = 0; i < MANY; i++) {
		struct step step = {.kind = kind, .address = {.link = NETNS_ETH1}};
		const unsigned char bytes[] = {
			10, 1, (unsigned char)(i >> 8), (unsigned char)(i & 0xff)};

		ip_address_from_bytes(AF_INET, bytes, sizeof(bytes), &step.address.prefix.address);
		step.address.prefix.length = 32;
		assert_int_equal(plan_add(ret_plan, &step), 0);
	}
}

static size_t count_addresses(void)
{
	_cleanup_(netstate_done) struct netstate found = {0};
	struct deadline deadline = netns_deadline();
	struct error error = {0};

	assert_int_equal(snapshot_take(&netns_rtnl, NULL, 0, &deadline, &found, &error), 0);
	assert_int_equal(found.n_routes, 0);
	return found.n_addresses;
}

/* Also with room for only a few replies, as in an unprivileged receive buffer. */
static void test_many_addresses(void **state)
{
	static const size_t batches[] = {0, 7};
	static int errors[MANY];
	struct error error = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(batches); i++) {
		_cleanup_(plan_done) struct plan plan, undo;
		struct deadline deadline = netns_deadline();

		if (batches[i])
			netns_rtnl.batch_max_count = batches[i];
		make_many(STEP_ADDRESS_ADD, &plan);
		make_many(STEP_ADDRESS_DELETE, &undo);
		assert_int_equal(apply_plan(&netns_rtnl, &plan, &deadline, errors, &error), 0);
		for (size_t j = 0; j < MANY; j++)
			assert_int_equal(errors[j], 0);
		assert_int_equal(count_addresses(), MANY);
		assert_int_equal(apply_plan(&netns_rtnl, &plan, &deadline, errors, &error), 0);
		for (size_t j = 0; j < MANY; j++)
			assert_int_equal(errors[j], -EEXIST);
		assert_int_equal(apply_plan(&netns_rtnl, &undo, &deadline, errors, &error), 0);
		for (size_t j = 0; j < MANY; j++)
			assert_int_equal(errors[j], 0);
		assert_int_equal(count_addresses(), 0);
	}
}

/* If the receive buffer overruns, steps without a reply are distinguished from those with one. */
static void test_lost_responses(void **state)
{
	_cleanup_(plan_done) struct plan plan;
	static int errors[MANY];
	struct deadline deadline = netns_deadline();
	struct error error = {0};
	size_t n_without_reply = 0;
	int small = 4096;

	(void)state;
	make_many(STEP_ADDRESS_ADD, &plan);
	assert_int_equal(setsockopt(mnl_socket_get_fd(netns_rtnl.mnl), SOL_SOCKET, SO_RCVBUF,
				 &small, sizeof(small)),
		0);
	netns_rtnl.batch_max_count = 1000;
	assert_int_equal(apply_plan(&netns_rtnl, &plan, &deadline, errors, &error), -ENOBUFS);
	assert_string_equal(error.text,
		"the kernel did not respond to all 3200 changes: No buffer space available");
	for (size_t i = 0; i < MANY; i++) {
		assert_true(errors[i] == 0 || errors[i] == -EINPROGRESS);
		n_without_reply += errors[i] == -EINPROGRESS;
	}
	assert_in_range(n_without_reply, 2200, MANY - 1);
}

struct torn_dump {
	struct rtnl_socket other; /* changes things in the middle of the dump */
	unsigned changes; /* how often it is still to do so */
	unsigned restarts;
	size_t count; /* objects since then */
};

static int change_meanwhile(const struct nlmsghdr *message, void *data)
{
	struct torn_dump *torn = data;
	struct step step = {.kind = STEP_ADDRESS_DELETE,
		.address = {.link = NETNS_ETH1,
			.prefix = {.address = {AF_INET, {10, 1, 0, (unsigned char)torn->changes}},
				.length = 32}}};
	struct plan plan = {.steps = &step, .count = 1};
	struct deadline deadline = netns_deadline();
	int result;

	assert_int_equal(message->nlmsg_type, RTM_NEWADDR);
	if (torn->count++ > 0 || torn->changes == 0)
		return 0;
	torn->changes--;
	return apply_plan(&torn->other, &plan, &deadline, &result, NULL);
}

static void count_restart(void *data)
{
	struct torn_dump *torn = data;

	torn->restarts++;
	torn->count = 0;
}

static void test_torn_dump(void **state)
{
	_cleanup_(plan_done) struct plan plan;
	static int errors[MANY];
	struct torn_dump torn = {.changes = 3};
	struct deadline deadline = netns_deadline();
	uint32_t buffer[16] = {0};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	(void)state;
	make_many(STEP_ADDRESS_ADD, &plan);
	assert_int_equal(apply_plan(&netns_rtnl, &plan, &deadline, errors, NULL), 0);
	assert_int_equal(rtnl_socket_open(&torn.other, NULL), 0);
	request->nlmsg_type = RTM_GETADDR;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(request, 8);
	assert_int_equal(
		rtnl_dump(&netns_rtnl, request, change_meanwhile, count_restart, &torn, &deadline),
		0);
	assert_int_equal(torn.restarts, 3);
	assert_int_equal(torn.count, MANY - 3);

	/* Torn again each time, with no time left: not taken for the truth. */
	torn = (struct torn_dump){.other = torn.other, .changes = 20};
	deadline.at = 0;
	assert_int_equal(
		rtnl_dump(&netns_rtnl, request, change_meanwhile, count_restart, &torn, &deadline),
		-ETIME);
	rtnl_socket_close(&torn.other);
}

static int refuse(const struct nlmsghdr *message, void *data)
{
	(void)message;
	++*(unsigned *)data;
	return -EBADMSG;
}

/* A callback's failure ends the dump, and the socket is good for the next. */
static void test_failing_callback(void **state)
{
	_cleanup_(strbuf_done) struct strbuf before, after;
	struct deadline deadline = netns_deadline();
	uint32_t buffer[16] = {0};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	unsigned calls = 0;

	(void)state;
	netns_read(&before);
	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	assert_int_equal(
		rtnl_dump(&netns_rtnl, request, refuse, NULL, &calls, &deadline), -EBADMSG);
	assert_int_equal(calls, 1);
	netns_read(&after);
	assert_string_equal(strbuf_text(&after), strbuf_text(&before));
}

static void test_not_requests(void **state)
{
	struct deadline deadline = netns_deadline();
	uint32_t bytes[8] = {0};
	int errors[2];

	(void)state;
	assert_int_equal(rtnl_send_changes(&netns_rtnl, bytes, sizeof(bytes), 2, &deadline, errors),
		-EINVAL);
	assert_int_equal(errors[0], -EINPROGRESS);
	assert_int_equal(errors[1], -EINPROGRESS);
}

/* clang-format off */
/* One for each group that the monitor is in. */
static const struct step changes[] = {
	{.kind = STEP_LINK_UP, .link = {.index = NETNS_ETH1}},
	{.kind = STEP_ADDRESS_ADD, .address = {.link = NETNS_ETH1, .prefix = PREFIX4(10, 24)}},
	{.kind = STEP_ADDRESS_ADD, .address = {.link = NETNS_ETH1, .prefix = PREFIX6(9, 64)}},
	{.kind = STEP_ROUTE_ADD, .route = {.family = AF_INET, .type = RTN_THROW, .protocol = 77,
		.table = 100, .destination = PREFIX4(0, 24)}},
	{.kind = STEP_ROUTE_ADD, .route = {.family = AF_INET6, .type = RTN_THROW, .protocol = 77,
		.table = 100, .metric = 1024, .destination = PREFIX6(0, 64)}},
	{.kind = STEP_RULE_ADD, .rule = {.family = AF_INET, .protocol = 77,
		.action = FR_ACT_TO_TBL, .priority = 100, .table = 100}},
	{.kind = STEP_RULE_ADD, .rule = {.family = AF_INET6, .protocol = 77,
		.action = FR_ACT_TO_TBL, .priority = 100, .table = 100}},
};
/* clang-format on */

static void test_monitor(void **state)
{
	_cleanup_(plan_done) struct plan plan;
	static int errors[MANY];
	struct deadline deadline = netns_deadline();
	struct monitor monitor = {.fd = -1};

	(void)state;
	assert_int_equal(monitor_open(&monitor, NULL), 0);
	assert_int_equal(monitor_wait(&monitor, 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		monitor_wait(&monitor, 0);
		netns_apply(&changes[i], 1, NULL);
		assert_int_equal(monitor_wait(&monitor, 1000), 1);
	}
	while (monitor_wait(&monitor, 20) == 1)
		; /* events that the links send for some time after they came up */
	assert_int_equal(monitor_wait(&monitor, 0), 0);

	/* More than its buffer holds. */
	make_many(STEP_ADDRESS_ADD, &plan);
	assert_int_equal(apply_plan(&netns_rtnl, &plan, &deadline, errors, NULL), 0);
	assert_int_equal(monitor_wait(&monitor, 1000), 1);
	assert_int_equal(monitor_wait(&monitor, 0), 0);
	monitor_close(&monitor);
	assert_int_equal(monitor.fd, -1);
	monitor_close(&monitor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_NETNS(test_many_addresses),
		IN_NETNS(test_lost_responses),
		IN_NETNS(test_torn_dump),
		IN_NETNS(test_failing_callback),
		IN_NETNS(test_not_requests),
		IN_NETNS(test_monitor),
	};

	if (geteuid() != 0) {
		print_message("needs root: skipped\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
