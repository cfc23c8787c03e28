/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which ENI an overlay's routes lead to, on this host or another one, and what the routes say now.
 */
#pragma once

#include "overlay/host.h"

/*
 * This host's: the link that is to carry the address, and the ENI that it is reached by. The link is
 * set also where EC2 did not tell which ENI that is.
 */
int overlay_target_here(struct overlay_host *host, struct cloud *cloud,
	const struct overlay_subject *subject, struct net_link *ret_link, char ret_eni[EC2_ID_SIZE],
	struct error *error);

/* `to` is an ENI's id, or an instance's, whose primary ENI it then is. */
int overlay_target_of(
	struct cloud *cloud, const char *to, char ret_eni[EC2_ID_SIZE], struct error *error);

/*
 * The VPC that the tables must be of: this host's. Where metadata are switched off, "" for tables that
 * are named, and an error else.
 */
int overlay_target_vpc(struct cloud *cloud, const struct overlay_subject *subject,
	char ret_vpc[EC2_ID_SIZE], struct error *error);

/* Looks at the tables, once. The look, which the caller has made, is whole on 0. */
int overlay_target_read(struct cloud *cloud, const struct overlay_subject *subject,
	struct overlay_read *read, struct error *error);
