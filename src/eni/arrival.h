/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits for the link of an ENI that EC2 has attached to this instance, on the kernel's events. Another instance
 * may take the ENI meanwhile, and then the link never comes: EC2 is queried again after a while, less and less
 * often.
 */
#pragma once

#include "core/cloud.h"

/* All borrowed. */
struct eni_arrival {
	const char *name; /* what the user calls the ENI */
	const struct ec2_eni *eni; /* as it was when it was attached here */
	const char *instance; /* this one */
	struct cloud *cloud;
};

/*
 * 0 as soon as the link is there; -EBUSY with words where another instance has the ENI, or none; -ETIME with
 * words after the deadline.
 */
int eni_arrival_wait(
	const struct eni_arrival *arrival, struct net_link *ret_link, struct error *error);
