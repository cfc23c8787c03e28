/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes an overlay's address from this host, and deletes its routes from the route tables. Both
 * functions fill in the result and return 0 or -errno; the message is in result->error.
 */
#pragma once

#include "overlay/result.h"

enum overlay_release_mode { OVERLAY_KEEP_ROUTES, OVERLAY_DELETE_ROUTES };

/*
 * Removes the address from this host. That uses only the kernel and /run/myha, and does not wait
 * for a move that is running. Then, with OVERLAY_DELETE_ROUTES, waits for such a move and deletes
 * the routes that still lead here.
 */
int overlay_release(const struct operation *operation, enum overlay_release_mode mode,
	struct overlay_result *result);

/*
 * Deletes the routes that lead to this host (`force`: to any target). When all are deleted, removes
 * the address from this host. Without `force`, a route that leads elsewhere is an error that names
 * its target.
 */
int overlay_delete_routes(
	const struct operation *operation, bool force, struct overlay_result *result);
