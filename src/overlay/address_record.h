/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes in the records of attached interfaces (core/record.h) what became of a secondary address, so that
 * metadata that are older do not undo it. A link that is not attached has no record, and needs none:
 * nothing is put on it or taken off it but by name.
 */
#pragma once

#include "core/operation.h"

/* Before the address is put on the link: the interface gives it back when it is no longer wanted. */
int address_record_placed(const struct operation *operation, const struct net_link *link,
	const struct ip_address *address, struct error *error);

/* EC2 has confirmed that the link's ENI has it, and so that no other ENI of this host has. */
int address_record_assigned(const struct operation *operation, const struct net_link *link,
	const struct ip_address *address, struct error *error);

/*
 * No interface of this host is to have it: those whose record has it, and the one that carries it now
 * ("": none does).
 */
int address_record_released(const struct operation *operation, const char *holder,
	const struct ip_address *address, struct error *error);

/* Whether an attached interface has it by its record, as far as the records can be read. */
int address_record_exists(const struct operation *operation, const struct ip_address *address,
	bool *ret_exists, struct error *error);
