/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places an overlay's address on a link of this host, finds the link that holds it, and removes it.
 * Only one run at a time works on an address; a release is the exception, since it does not wait.
 * Uses the kernel and the records in /run/myha; only overlay_host_find_link() queries the metadata
 * service, for the MAC address of the primary ENI.
 *
 * Each function that takes an error returns 0 or -errno with a message.
 */
#pragma once

#include "core/cloud.h"
#include "core/lock.h"
#include "kernel/rtnl_socket.h"
#include "overlay/placement.h"
#include "overlay/result.h"

struct overlay_host {
	const struct operation *operation;
	struct lock lock; /* the address lock, held for the whole run */
	struct placement placement;
	bool is_release; /* opened by overlay_host_open_release() */
	/*
	 * The reason to place or remove the address ("is being taken over"); borrowed. NULL:
	 * overlay_host_place() derives it from the policy and the routes.
	 */
	const char *reason;
	struct rtnl_socket rtnl;
};

/*
 * Takes the address lock. Waits until the deadline for another run that works on the same address.
 * Borrows `operation`. The caller closes the host in any case.
 */
int overlay_host_open(const struct operation *operation, const struct overlay_subject *subject,
	struct overlay_host *host, struct error *error);
void overlay_host_close(struct overlay_host *host);

/*
 * Opens the host to remove the address, without waiting for such a run. That run then learns of the
 * release from overlay_host_check_released(). overlay_host_lock() takes the address lock later.
 */
int overlay_host_open_release(const struct operation *operation,
	const struct overlay_subject *subject, struct overlay_host *host, struct error *error);
int overlay_host_lock(
	struct overlay_host *host, const struct overlay_subject *subject, struct error *error);

/* -ECANCELED: another run has released the address since overlay_host_open(). */
int overlay_host_check_released(const struct overlay_host *host, struct error *error);

/*
 * Finds the link that is to hold the address. -ENODEV: there is no such link, with OUTCOME_USAGE if
 * the policy or the user named it.
 */
int overlay_host_find_link(struct overlay_host *host, struct cloud *cloud,
	const struct overlay_subject *subject, struct net_link *ret_link, struct error *error);

/*
 * Finds the name of the link that has the address now. "": no link has it as an overlay, or the
 * address is one of this host's own.
 */
int overlay_host_find_holder(struct overlay_host *host, const struct overlay_subject *subject,
	char ret_name[IFNAMSIZ], struct error *error);

/*
 * Finds the same name, and checks that the address may be an overlay. To be called before the
 * address is placed or its routes are deleted. -EINVAL with OUTCOME_USAGE: the address is one of
 * this host's own, or is in the subnet of an ENI. The second check does not apply if the policy
 * lists the address or this host already holds it as an overlay.
 */
int overlay_host_check_address(struct overlay_host *host, const struct overlay_subject *subject,
	char ret_name[IFNAMSIZ], struct error *error);

/*
 * -ENETDOWN: the link is down or has no carrier, so clients cannot reach the host through it. The
 * second function returns 0 if no link has that name.
 */
int overlay_host_check_link(const struct net_link *link, struct error *error);
int overlay_host_check_named_link(struct overlay_host *host, const char *name, struct error *error);

/*
 * Records in /run/myha that the routes were moved to this host now. A read of the routes that may
 * be older than this move must not cause the address to be removed.
 */
int overlay_host_record_move(
	struct overlay_host *host, const struct overlay_subject *subject, struct error *error);

/*
 * Whether a read that was sent at `read_at` (clock_now(), milliseconds) may be older than the
 * recorded move, and so show the earlier routes. False if no move is recorded.
 */
int overlay_host_is_moved_since(struct overlay_host *host, const struct overlay_subject *subject,
	uint64_t read_at, bool *ret_moved, struct error *error);

/*
 * Places the address on the link, or removes it from this host, and reads the result back from the
 * kernel. Adds the steps to the plan of result->host; a dry run puts there the steps that it would
 * do. -ECANCELED: another run released the address meanwhile, and it is not placed. -EINVAL with
 * OUTCOME_USAGE: the address is one of this host's own.
 */
int overlay_host_place(struct overlay_host *host, const struct net_link *link,
	struct overlay_result *result, struct error *error);
int overlay_host_remove(
	struct overlay_host *host, struct overlay_result *result, struct error *error);
