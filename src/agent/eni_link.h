/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the link of this host that a service ENI is. Only a link that a start or an attach recorded under
 * /run/myha counts, and never the instance's primary ENI: a stop takes the addresses off the link found.
 */
#pragma once

#include "eni/eni.h"

/*
 * By the record of the resource's start; without one, by the records of attached interfaces: the one that has
 * the address, or whose id the metadata service returns. "" where there is none, also if the metadata service
 * does not respond. 0 or -errno with words.
 */
int eni_link_find(const struct operation *operation, const struct eni_name *name,
	char ret_interface[IFNAMSIZ], struct error *error);

/*
 * -EINVAL with OUTCOME_USAGE for an address of this host's primary ENI or loopback link, as far as the kernel
 * and the metadata service tell.
 */
int eni_link_check(
	const struct operation *operation, const struct eni_name *name, struct error *error);
