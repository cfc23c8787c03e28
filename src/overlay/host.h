/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An overlay's address on this host: one run at a time, looked up, put where it belongs, taken away.
 * Needs nothing but the kernel, except to know which link the primary ENI is.
 */
#pragma once

#include "core/cloud.h"
#include "core/lock.h"
#include "kernel/rtnl_socket.h"
#include "overlay/placement.h"
#include "overlay/result.h"

struct overlay_host {
	const struct operation *operation;
	struct lock lock; /* of the whole run */
	struct placement placement;
	bool is_release;
	struct rtnl_socket rtnl;
};

/* Waits for another run that works on the same address, until the deadline. */
int overlay_host_open(const struct operation *operation, const struct overlay_subject *subject,
	struct overlay_host *ret_host, struct error *error);
void overlay_host_close(struct overlay_host *host);

/*
 * To take the address off without waiting for such a run, which overlay_host_check_released() then
 * tells. overlay_host_wait() waits for it after all.
 */
int overlay_host_open_release(const struct operation *operation,
	const struct overlay_subject *subject, struct overlay_host *ret_host, struct error *error);
int overlay_host_wait(
	struct overlay_host *host, const struct overlay_subject *subject, struct error *error);

/* -ECANCELED with words where another run has released the address since this one was opened. */
int overlay_host_check_released(const struct overlay_host *host, struct error *error);

/* The link that is to have the address. -ENODEV with OUTCOME_USAGE where the host has no such. */
int overlay_host_link(struct overlay_host *host, struct cloud *cloud,
	const struct overlay_subject *subject, struct net_link *ret_link, struct error *error);

/* The name of the link that has the address now; "" where none has, or it is this host's own. */
int overlay_host_where(struct overlay_host *host, const struct overlay_subject *subject,
	char ret_name[IFNAMSIZ], struct error *error);

/*
 * The same before the address is placed, or its routes are deleted: -EINVAL with OUTCOME_USAGE for one of
 * this host's own, and for one that the policy does not list and that is in the subnet of an ENI, unless
 * this host carries it as an overlay.
 */
int overlay_host_check(struct overlay_host *host, const struct overlay_subject *subject,
	char ret_name[IFNAMSIZ], struct error *error);

/* -ENETDOWN with words: the link is down or has no carrier, so that clients would not reach it. */
int overlay_host_check_link(const struct net_link *link, struct error *error);
int overlay_host_check_named_link(struct overlay_host *host, const char *name, struct error *error);

/*
 * Writes down in /run/myha that the routes were moved here just now: a read of them that may be older says
 * nothing. 0 or -errno with words.
 */
int overlay_host_note_move(
	struct overlay_host *host, const struct overlay_subject *subject, struct error *error);

/*
 * Whether a read that was sent at this time of clock_now() may be older than that, and show what was before.
 * 0 or -errno with words.
 */
int overlay_host_is_moved_since(struct overlay_host *host, const struct overlay_subject *subject,
	uint64_t read_at, bool *ret_moved, struct error *error);

/*
 * Puts the address on the link, or (NULL) takes it off the host, until that is read back. What was
 * done is added to result->host, or in a dry run what would be. -ECANCELED where it is not put on, since
 * it was released meanwhile; -EINVAL where one of this host's own would be taken off.
 */
int overlay_host_place(struct overlay_host *host, const struct net_link *link,
	struct overlay_result *result, struct error *error);
