/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/flow.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* What EC2's own words do not say. */
static const struct {
	const char *code;
	const char *remedy;
} remedies[] = {
	{"AttachmentLimitExceeded", ": detach another ENI there, or use a larger instance type"},
	{"PrivateIpAddressLimitExceeded",
		": take an address off this ENI, or use a larger instance type"},
	{"InsufficientFreeAddressesInSubnet", ": free an address there, or use another subnet"},
	{"InvalidIPAddress.InUse", ": \"myha eni show ADDRESS\" tells who has it"},
	{"IdempotentParameterMismatch", ": the token has made another ENI, take a fresh one"},
	{"InvalidNetworkInterfaceID.NotFound", ": \"myha eni list\" tells which there are"},
};

static const char *remedy_of(enum ec2_action action, const struct ec2_fault *fault)
{
	enum ec2_advice advice = ec2_fault_advice(action, fault);

	for (size_t i = 0; fault->code && i < ARRAY_SIZE(remedies); i++)
		if (strcmp(remedies[i].code, fault->code) == 0)
			return remedies[i].remedy;
	if (advice == EC2_REFRESH_CREDENTIALS || advice == EC2_CLOCK_SKEW)
		return ": check the credentials and this host's clock";
	return "";
}

/* Without what is for machines, and long. */
static int length_of_message(const char *message)
{
	const char *encoded = strstr(message, " Encoded authorization failure message");

	return (int)(encoded ? (size_t)(encoded - message) : strlen(message));
}

void flow_explain_fault(enum ec2_action action, const char *resource, const struct ec2_fault *fault,
	struct error *ret_error)
{
	const char *message = fault->message ? fault->message : "";
	const char *colon = fault->message ? ": " : "";
	char code[128];

	if (fault->code)
		snprintf(code, sizeof(code), "%s", fault->code);
	else
		snprintf(code, sizeof(code), "HTTP %ld without an error code", fault->status);
	if (ec2_fault_advice(action, fault) == EC2_DENIED)
		error_set(ret_error, OUTCOME_DENIED, EACCES,
			"IAM does not permit %s:%s on %s (\"myha iam-policy\" prints what is "
			"needed): %s%s%.*s",
			ec2_action_service(action), ec2_action_name(action), resource, code, colon,
			length_of_message(message), message);
	else
		error_set(ret_error, OUTCOME_FAILED, EREMOTEIO, "%s: %s%s%s%s",
			ec2_action_name(action), code, colon, message, remedy_of(action, fault));
}

int flow_check_answer(enum ec2_action action, const char *resource,
	const struct flow_answer *answer, struct error *error)
{
	if (answer->err) {
		*error = answer->error;
		if (error->outcome == OUTCOME_DONE) /* no words are no success */
			error_set(error, OUTCOME_FAILED, -answer->err, "%s: no answer",
				ec2_action_name(action));
		return answer->err;
	}
	if (!answer->answer.is_fault)
		return 0;
	flow_explain_fault(action, resource, &answer->answer.fault, error);
	return -EREMOTEIO;
}
