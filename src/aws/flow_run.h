/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives flows to their ends: what they want sent goes out at once, over one pool of connections,
 * the answers go back in, and what they wait for is waited for, inside the deadline.
 */
#pragma once

#include "aws/api.h"
#include "failover/flow.h"

/*
 * All flows together, so that one that is slow to answer holds up the others only until the next
 * batch. Returns 0 when each has ended: how is in the flows. -ETIME where the deadline came while
 * one was waiting; -errno where nothing could be sent (no credentials); both with words, and then
 * what was done before is still in the flows.
 */
int flow_run(struct api *api, const struct flow *flows, size_t count,
	const struct deadline *deadline, struct error *error);
