/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netns.h"

#include "base/clock.h"
#include "kernel/apply.h"
#include "kernel/snapshot.h"
#include "netstate_text.h"

#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One that does not exist, and one twice. */
static const uint32_t tables[] = {RT_TABLE_MAIN, 100, 300, 999, 100};

struct rtnl_socket netns_rtnl;

struct deadline netns_deadline(void)
{
	return deadline_after(clock_now(), 10000);
}

static void write_setting(const char *path, const char *value)
{
	_cleanup_(cleanup_close) int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, value, strlen(value)), strlen(value));
}

void netns_read_setting(const char *path, char value[16])
{
	_cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	assert_true(fd >= 0);
	length = read(fd, value, 15);
	assert_true(length > 0);
	value[length] = '\0';
}

static void change(struct nlmsghdr *request)
{
	struct deadline deadline = netns_deadline();
	int error;

	assert_int_equal(
		rtnl_send_changes(&netns_rtnl, request, request->nlmsg_len, 1, &deadline, &error),
		0);
	assert_int_equal(error, 0);
}

static void put_name_and_mac(struct nlmsghdr *request, const char *name, unsigned char last)
{
	const unsigned char mac[6] = {2, 0, 0, 0, 0, last};

	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	mnl_attr_put(request, IFLA_ADDRESS, sizeof(mac), mac);
}

static void make_veth(void)
{
	uint32_t buffer[128] = {0};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	struct ifinfomsg peer = {.ifi_index = NETNS_PEER1};
	struct nlattr *linkinfo, *data, *nested;

	request->nlmsg_type = RTM_NEWLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	info->ifi_index = NETNS_ETH1;
	put_name_and_mac(request, "eth1", 1);
	linkinfo = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	nested = mnl_attr_nest_start(request, VETH_INFO_PEER);
	memcpy(mnl_nlmsg_get_payload_tail(request), &peer, sizeof(peer));
	request->nlmsg_len += sizeof(peer);
	put_name_and_mac(request, "peer1", 2);
	mnl_attr_nest_end(request, nested);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, linkinfo);
	change(request);
}

static void set_up_link(unsigned index)
{
	uint32_t buffer[16] = {0};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

	request->nlmsg_type = RTM_SETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	info->ifi_index = (int)index;
	info->ifi_flags = IFF_UP;
	info->ifi_change = IFF_UP;
	change(request);
}

int netns_enter(void **state)
{
	struct error error = {0};

	(void)state;
	if (unshare(CLONE_NEWNET) < 0 || rtnl_socket_open(&netns_rtnl, &error) < 0)
		return -1;
	write_setting("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1");
	write_setting("/proc/sys/net/ipv4/conf/default/rp_filter", "1");
	make_veth();
	set_up_link(NETNS_PEER1);
	return 0;
}

int netns_leave(void **state)
{
	(void)state;
	rtnl_socket_close(&netns_rtnl);
	return 0;
}

/* Ignore the devices that modules create in each new namespace (tunl0, sit0, …). */
static void keep_our_links(struct netstate *state)
{
	size_t kept = 0;

	for (size_t i = 0; i < state->n_links; i++)
		if (state->links[i].loopback || state->links[i].index == NETNS_ETH1 ||
			state->links[i].index == NETNS_PEER1)
			state->links[kept++] = state->links[i];
	state->n_links = kept;
}

void netns_read(struct strbuf *ret_text)
{
	_cleanup_(netstate_done) struct netstate state = {0};
	struct deadline deadline = netns_deadline();
	struct error error = {0};
	int err;

	err = snapshot_take(&netns_rtnl, tables, ARRAY_SIZE(tables), &deadline, &state, &error);
	assert_string_equal(error.text, "");
	assert_int_equal(err, 0);
	keep_our_links(&state);
	strbuf_init(ret_text, 0);
	netstate_text(&state, ret_text);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The order of the kernel's dumps is not specified, and has changed between versions. */
static void sort_lines(const char *text, struct strbuf *ret_sorted)
{
	_cleanup_(cleanup_free) char *copy = strdup(text);
	char *lines[128];
	char *rest;
	size_t count = 0;

	assert_non_null(copy);
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		assert_true(count < ARRAY_SIZE(lines));
		lines[count++] = line;
	}
	qsort(lines, count, sizeof(lines[0]), compare_lines);
	strbuf_init(ret_sorted, 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(strbuf_printf(ret_sorted, "%s\n", lines[i]), 0);
}

void netns_assert_state(const char *wanted)
{
	_cleanup_(strbuf_done) struct strbuf found, sorted, sorted_wanted;

	netns_read(&found);
	sort_lines(strbuf_text(&found), &sorted);
	sort_lines(wanted, &sorted_wanted);
	assert_string_equal(strbuf_text(&sorted), strbuf_text(&sorted_wanted));
}

void netns_apply(const struct step *steps, size_t count, const int *wanted)
{
	_cleanup_(plan_done) struct plan plan = {0};
	_cleanup_(cleanup_free) int *errors = calloc(count, sizeof(*errors));
	struct deadline deadline = netns_deadline();
	struct error error = {0};

	assert_non_null(errors);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(plan_add(&plan, &steps[i]), 0);
	assert_int_equal(apply_plan(&netns_rtnl, &plan, &deadline, errors, &error), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(errors[i], wanted ? wanted[i] : 0);
}
