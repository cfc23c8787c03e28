/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An overlay's address on this host: one run at a time, looked up, put where it belongs, taken away.
 * Needs nothing but the kernel, except to know which link the primary ENI is.
 */
#pragma once

#include "app/cloud.h"
#include "app/lock.h"
#include "app/overlay.h"
#include "kernel/rtnl_socket.h"

struct overlay_host {
	const struct deed *deed;
	struct lock lock;
	struct rtnl_socket rtnl;
};

/* Waits for another run that works on the same address, until the deadline. */
int overlay_host_open(const struct deed *deed, const struct overlay_subject *subject,
	struct overlay_host *ret_host, struct error *error);
void overlay_host_close(struct overlay_host *host);

/* The link that is to have the address. -ENODEV with OUTCOME_USAGE where the host has no such. */
int overlay_host_link(struct overlay_host *host, struct cloud *cloud,
	const struct overlay_subject *subject, struct net_link *ret_link, struct error *error);

/*
 * The name of the link that has the address now; "" where none has. -EINVAL with OUTCOME_USAGE for an
 * address that the policy has not, and that is in a subnet of this host: it is an ENI's.
 */
int overlay_host_where(struct overlay_host *host, const struct overlay_subject *subject,
	char ret_name[IFNAMSIZ], struct error *error);

/*
 * Writes down in /run/myha that the routes were moved here just now: a read of them that may be older says
 * nothing. 0 or -errno with words.
 */
int overlay_host_note_move(
	struct overlay_host *host, const struct overlay_subject *subject, struct error *error);

/* Whether that was after this time of clock_now(). 0 or -errno with words. */
int overlay_host_is_moved_after(struct overlay_host *host, const struct overlay_subject *subject,
	uint64_t time, bool *ret_moved, struct error *error);

/*
 * Puts the address on the link, or (NULL) takes it off the host, until that is read back. What was
 * done is added to result->host, or in a dry run what would be.
 */
int overlay_host_carry(struct overlay_host *host, const struct net_link *link,
	struct overlay_result *result, struct error *error);
