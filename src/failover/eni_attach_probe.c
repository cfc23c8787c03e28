/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_attach_probe.h"

/* An arbitrary index: IAM policies cannot refer to the index that the attachment will use. */
#define PROBE_DEVICE_INDEX 1

int eni_attach_probe_add(struct eni_attach_probe *probe, const char *eni, const char *instance,
	struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_ATTACH_NETWORK_INTERFACE,
		.parameters = {.dry_run = true,
			.eni = eni,
			.instance = instance,
			.device_index = PROBE_DEVICE_INDEX},
		.tag = ENI_PROBE_TAG};

	probe->is_sent = true;
	return flow_batch_add(batch, &call);
}

/* Only a denial counts. The reason of another refusal may be gone when the ENI is attached. */
void eni_attach_probe_handle_response(
	struct eni_attach_probe *probe, const char *eni, const struct flow_response *response)
{
	const enum ec2_action action = EC2_ATTACH_NETWORK_INTERFACE;
	const struct ec2_response *body = &response->response;

	if (!response->err && body->is_fault &&
		ec2_fault_advice(action, &body->fault) == EC2_DENIED)
		flow_explain_fault(action, eni, &body->fault, &probe->denied);
}
