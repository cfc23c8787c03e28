/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves a secondary private IPv4 address to an ENI of this host: places it on the link first, then
 * requests EC2 to reassign it.
 */
#pragma once

#include "overlay/result.h"

/* It must not be copied: it contains pointers into itself. */
struct address_result {
	/* The address on this host. Its state, error and preview are the whole operation's. */
	struct overlay_result local;
	/* The ENI that had the address before, and the instance of that ENI; "": none. */
	char before[EC2_ID_SIZE], before_instance[EC2_ID_SIZE];
};

/*
 * `text` is the address as it was typed; `interface` is "primary" or a link's name. If the address
 * certainly stays with another ENI, this run removes from the link what it has added. Fills in the
 * result, which the caller frees with overlay_result_done(&result->local). Returns 0 or -errno; the
 * message is in the result.
 */
int address_move(const struct operation *operation, const char *text, const char *interface,
	struct address_result *result);
