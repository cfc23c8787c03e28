/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_attach_probe.h"

/* IAM's statements know no device index: that of the trial need not be the one that is used. */
#define TRIAL_INDEX 1

int eni_attach_probe_add(struct eni_attach_probe *probe, const char *eni, const char *instance,
	struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_ATTACH_NETWORK_INTERFACE,
		.parameters = {.dry_run = true,
			.eni = eni,
			.instance = instance,
			.device_index = TRIAL_INDEX},
		.tag = ENI_TRIAL_TAG};

	probe->is_sent = true;
	return flow_batch_add(batch, &call);
}

/* Only a denial tells anything: EC2 may refuse for what has changed when its turn comes. */
void eni_attach_probe_take(
	struct eni_attach_probe *probe, const char *eni, const struct flow_response *response)
{
	const enum ec2_action action = EC2_ATTACH_NETWORK_INTERFACE;
	const struct ec2_response *said = &response->response;

	if (!response->err && said->is_fault &&
		ec2_fault_advice(action, &said->fault) == EC2_DENIED)
		flow_explain_fault(action, eni, &said->fault, &probe->denied);
}
