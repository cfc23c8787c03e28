/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the ENI that an overlay's routes are to point to, on this host or on another node. Each
 * function returns 0 or -errno with a message.
 */
#pragma once

#include "overlay/host.h"

/*
 * Finds this host's target: the link that is to hold the address, and the ENI that receives its
 * traffic. For the loopback link that is the primary ENI. ret_link is set as soon as the link is
 * known, even if the function then fails to find the ENI.
 */
int overlay_target_find_local(struct overlay_host *host, struct cloud *cloud,
	const struct overlay_subject *subject, struct net_link *ret_link, char ret_eni[EC2_ID_SIZE],
	struct error *error);

/*
 * Finds the target that the user named. `to` is the id of an ENI, or of an instance, which stands
 * for its primary ENI. -EINVAL with OUTCOME_USAGE: neither of them.
 */
int overlay_target_find_named(
	struct cloud *cloud, const char *to, char ret_eni[EC2_ID_SIZE], struct error *error);

/*
 * Returns the VPC that the tables must belong to: this host's. If the metadata service is switched
 * off, returns "" when the subject names its tables, else an error.
 */
int overlay_target_find_vpc(struct cloud *cloud, const struct overlay_subject *subject,
	char ret_vpc[EC2_ID_SIZE], struct error *error);
