/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the link of a service ENI on this host. Only a link that a start or an attach has recorded
 * in /run/myha counts, and never that of the instance's primary ENI: a stop removes the addresses
 * from the link that is found.
 *
 * Both functions return 0 or -errno with a message.
 */
#pragma once

#include "eni/eni.h"

/*
 * Uses the record of the resource's start. If it gives no link, uses the records of attached
 * interfaces: finds the link that has the address, or whose ENI id the metadata service returns.
 * "": no link was found, or the metadata service does not respond.
 */
int eni_link_find(const struct operation *operation, const struct eni_name *name,
	char ret_interface[IFNAMSIZ], struct error *error);

/*
 * Checks that the name can be a service ENI. -EINVAL with OUTCOME_USAGE: it is an address of this
 * host's loopback link, or of the link that is the primary ENI according to the metadata service.
 */
int eni_link_check(
	const struct operation *operation, const struct eni_name *name, struct error *error);
