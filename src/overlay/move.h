/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves an overlay's routes to this host or to another node. The first read must permit the change.
 * Then the address is placed on this host, all tables are changed at once, and the routes are read
 * back. The source/destination check of the ENI is handled last.
 *
 * Two nodes that move the same overlay at the same time must not end with some tables each. The
 * node whose ENI is the target in the first table, in the order of ids, gets all tables.
 */
#pragma once

#include "overlay/result.h"

struct overlay_move_options {
	const char *to; /* id of an ENI or instance, also this host's; NULL: this host; borrowed */
	bool may_create, may_replace; /* create missing routes; replace routes to another target */
};

/*
 * Fills in the result and logs the changes. If no route was changed, what was added to this host is
 * removed again. The address is also removed if all routes lead elsewhere at the end because
 * another node was faster. Returns 0 or -EIO; the message is in result->error.
 */
int overlay_move(const struct operation *operation, const struct overlay_move_options *options,
	struct overlay_result *result);
