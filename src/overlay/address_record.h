/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores in the records of attached interfaces (core/record.h) that a secondary address was placed,
 * assigned or released. Older metadata then cannot undo that change. A link that is not attached
 * has no record and needs none: myha changes its addresses only when a command names them.
 *
 * Each function returns 0 or -errno with a message. A dry run stores nothing.
 */
#pragma once

#include "core/operation.h"

/*
 * To be called before the address is placed on the link. Because the record names the address, myha
 * removes it from the interface when it is no longer wanted.
 */
int address_record_store_placed(const struct operation *operation, const struct net_link *link,
	const struct ip_address *address, struct error *error);

/*
 * To be called when EC2 has confirmed that the link's ENI has the address, and so no other ENI of
 * this host has it. Other interfaces whose record has the address get it recorded as released.
 */
int address_record_store_assigned(const struct operation *operation, const struct net_link *link,
	const struct ip_address *address, struct error *error);

/*
 * To be called when no interface of this host is to have the address. Changes the records that have
 * the address, and the record of `holder`, the link that has the address now ("": none).
 */
int address_record_store_released(const struct operation *operation, const char *holder,
	const struct ip_address *address, struct error *error);

/* Whether a record of an attached interface has the address; skips records that cannot be read. */
int address_record_exists(const struct operation *operation, const struct ip_address *address,
	bool *ret_exists, struct error *error);
