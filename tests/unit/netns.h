/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Creates a network namespace for tests against the real kernel, with a veth pair: eth1 (index 101)
 * and peer1 (index 102, up). The kernel adds nothing by itself: there are no link-local addresses,
 * and rp_filter is 1. Requires root. Each function fails the test on an error.
 */
#pragma once

#include "kernel/rtnl_socket.h"
#include "model/plan.h"

#define NETNS_ETH1 101
#define NETNS_PEER1 102

#define IN_NETNS(test) cmocka_unit_test_setup_teardown(test, netns_enter, netns_leave)

extern struct rtnl_socket netns_rtnl; /* open inside the namespace */

/* A test's set-up and tear-down. */
int netns_enter(void **state);
int netns_leave(void **state);

struct deadline netns_deadline(void); /* a fresh one that is long enough */
void netns_read_setting(const char *path, char value[16]);

/*
 * Formats the result of snapshot_take(): links lo, eth1 and peer1, all addresses and rules, and the
 * routes of tables main, 100 and 300.
 */
void netns_read(struct strbuf *ret_text);
void netns_assert_state(const char *wanted); /* in any order */

/* Applies the steps as one plan; `wanted` (NULL: all 0) are their results. */
void netns_apply(const struct step *steps, size_t count, const int *wanted);
