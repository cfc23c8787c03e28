/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making an overlay's routes lead here, or to another node: the address goes on this host first, once
 * it is known that it may, then all tables are switched at once, then they are read back. The
 * source/destination check of the ENI is seen to last.
 *
 * Two nodes that do this at the same time do not end with some of the tables each: the one that has the
 * first table, by its id, takes them all.
 */
#pragma once

#include "overlay/result.h"

struct overlay_move_options {
	const char *to; /* an ENI or an instance, which may be this host's; NULL: this host */
	bool may_create, may_replace; /* routes */
};

/*
 * Fills the result in and logs what was done. Where no route was switched, what was added to this host
 * is taken off again; so is the address where all routes lead elsewhere in the end, because another
 * node was quicker. Returns 0 or -errno as result->error says.
 */
int overlay_move(const struct operation *operation, const struct overlay_move_options *options,
	struct overlay_result *result);
