/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restores the overlays of the policy at boot, each according to its at-boot setting. For an
 * overlay that follows its routes: if every route leads to this host, its address is placed; if all
 * routes lead elsewhere, it is removed; otherwise it stays as it is. The source/destination checks
 * of the ENIs are handled as the policy says. A missing link is not an error: the same runs again
 * when the link arrives.
 *
 * A boot never changes a route: the node that boots does not become the active one by booting.
 *
 * Reads from EC2 may be stale. The first read is enough to place an address, since an active host
 * must not wait. Every other consequence, and the placement itself, is confirmed by another read,
 * at a time when a read can no longer be older than this boot. Only that read can cause an address
 * to be removed.
 */
#pragma once

#include "overlay/result.h"

/* Called once the addresses are placed and the checks are done, if nothing has failed. */
struct overlay_boot_callback {
	void (*call)(void *data);
	void *data;
};

/*
 * Handles all overlays or, if `interface` is not NULL, those whose link it is. `on_ready` may be
 * NULL. ret_results gets a result for each overlay; the caller frees them with
 * overlay_result_cleanup_all(). A dry run puts the pending steps into the results, and the state of
 * overlays that a boot does not change. Returns 0, or -errno with a message if no overlay could be
 * handled at all.
 */
int overlay_restore_all(const struct operation *operation, const char *interface,
	const struct overlay_boot_callback *on_ready, struct overlay_result **ret_results,
	size_t *ret_count, struct error *error);
