/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs flows to their ends or to the deadline: sends the requests of all flows at once, passes the
 * responses back to the flows, and waits when a flow requests a delay.
 */
#pragma once

#include "aws/api.h"
#include "failover/flow.h"

/*
 * Runs all flows together: each round sends one batch with the calls of all flows, and ends when
 * all its responses are in. Returns 0 when each flow has ended; the flows hold their results.
 * Returns -ETIME if the deadline comes during a delay, or -errno if nothing can be sent (for
 * example, no credentials); both with words. The flows then keep the results of earlier rounds.
 */
int flow_run(struct api *api, const struct flow *flows, size_t count,
	const struct deadline *deadline, struct error *error);
