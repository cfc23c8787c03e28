/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every boot does for the overlays of the policy, each by its at-boot: an address comes back
 * where every route leads here, goes away where they lead elsewhere, and stays as it is where one
 * cannot tell. Source/destination checks of ENIs that carry overlays are put right. Where the link that
 * is to carry an overlay is not there, nothing fails: the same is done once more when it comes.
 *
 * No route is ever changed here: who is active is not decided by who boots.
 *
 * EC2's reads may be old. An address is put on by the first one, since a host that is active must not wait;
 * whatever else follows from it, and what was put on, is read again once a read can no longer be older than
 * this boot: only then does an address go away.
 */
#pragma once

#include "overlay/result.h"

/* What is to be told once the addresses are on, where nothing has failed until then. */
struct overlay_boot_listener {
	void (*ready)(void *data);
	void *data;
};

/*
 * For all overlays, or (`interface` not NULL) those that it is to carry; `listener` may be NULL. ret_results has a result for
 * each, to be freed with overlay_result_cleanup_all(); a dry run fills in what would be done, and also
 * how those stand that a boot leaves alone. Returns 0, or -errno with words where nothing could be
 * tried at all.
 */
int overlay_boot(const struct operation *operation, const char *interface,
	const struct overlay_boot_listener *listener, struct overlay_result **ret_results,
	size_t *ret_count, struct error *error);
