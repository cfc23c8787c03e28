/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares what a read showed of an ENI with this host. EC2 may show for some seconds what was before
 * (FLOW_STALE_MSEC), but the kernel does not: an ENI that is attached here has a link, and one that is
 * not has none.
 */
#pragma once

#include "core/operation.h"

struct eni_recheck {
	uint64_t until; /* clock_now() when no read can be older than the first one; 0: not begun */
};

/*
 * Whether EC2 is to be asked again, since the host disagrees: then a moment has passed. False also when
 * that has gone on for so long that the read must be right.
 */
bool eni_recheck_is_due(struct eni_recheck *recheck, const struct operation *operation,
	const struct mac *mac, bool is_attached_here);
