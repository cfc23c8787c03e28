/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every boot does for the overlays of the policy, each by its at-boot: an address comes back
 * where every route leads here, goes away where they lead elsewhere, and stays as it is where one
 * cannot tell. Source/destination checks of ENIs that carry overlays are put right.
 *
 * No route is ever changed here: who is active is not decided by who boots.
 */
#pragma once

#include "app/overlay.h"

/*
 * ret_results has a result for every overlay, to be freed with overlay_result_cleanup_all(); a dry run
 * fills in what would be done. Returns 0, or -errno with words where nothing could be tried at all.
 */
int overlay_boot(const struct deed *deed, struct overlay_result **ret_results, size_t *ret_count,
	struct error *error);
