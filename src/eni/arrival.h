/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits on the kernel's events for the link of an ENI that EC2 has attached to this instance. If
 * another instance attaches the ENI meanwhile, the link never arrives. So EC2 is queried as well,
 * for the first time after FLOW_STALE_MSEC; the pause doubles each time.
 */
#pragma once

#include "core/cloud.h"

/* All members are borrowed. */
struct eni_arrival {
	const char *name; /* the ENI as the user named it */
	const struct ec2_eni *eni; /* its state when it was attached to this instance */
	const char *instance; /* this instance */
	struct cloud *cloud;
};

/*
 * Returns 0 as soon as the link exists, or -errno with a message. -EBUSY: another instance has the
 * ENI, or no instance has it. -ETIME: the deadline has passed.
 */
int eni_arrival_wait(
	const struct eni_arrival *arrival, struct net_link *ret_link, struct error *error);
