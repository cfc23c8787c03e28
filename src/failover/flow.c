/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/flow.h"

#include "base/cleanup.h"

#include <stdlib.h>

void flow_batch_done(struct flow_batch *batch)
{
	free(batch->calls);
	*batch = (struct flow_batch){0};
}

int flow_batch_add(struct flow_batch *batch, const struct flow_call *call)
{
	int err = array_reserve(
		&batch->calls, &batch->capacity, batch->count, sizeof(*batch->calls));

	if (err)
		return err;
	batch->calls[batch->count++] = *call;
	return 0;
}

void flow_answer_done(struct flow_answer *answer)
{
	ec2_answer_done(&answer->answer);
	*answer = (struct flow_answer){0};
}
