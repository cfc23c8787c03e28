/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/flow.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARN_SIZE (EC2_ID_SIZE + 48)

/*
 * EC2's messages about missing permissions begin with a preamble that adds nothing to the error
 * code, and end with an encoded message that only machines can read. Both are cut off.
 */
#define DENIED_PREAMBLE "You are not authorized to perform this operation."
#define DENIED_ENCODED "Encoded authorization failure message"

bool flow_read_may_be_older(uint64_t read_at, uint64_t change_at)
{
	return read_at < change_at || read_at - change_at < FLOW_STALE_MSEC;
}

void flow_batch_done(struct flow_batch *batch)
{
	free(batch->calls);
	*batch = (struct flow_batch){0};
}

int flow_batch_add(struct flow_batch *batch, const struct flow_call *call)
{
	return array_add(&batch->calls, &batch->capacity, &batch->count, call, sizeof(*call));
}

bool flow_batch_has_change(const struct flow_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->calls[i].parameters.dry_run &&
			!ec2_action_is_read(batch->calls[i].action))
			return true;
	return false;
}

void flow_response_done(struct flow_response *response)
{
	ec2_response_done(&response->response);
	*response = (struct flow_response){0};
}

/* Remedies for error codes whose messages from EC2 contain none. */
static const struct {
	const char *code;
	const char *remedy;
} remedies[] = {
	{"AttachmentLimitExceeded",
		": detach another ENI from the instance, or use a larger instance type"},
	{"PrivateIpAddressLimitExceeded",
		": remove an address from this ENI, or use a larger instance type"},
	{"InsufficientFreeAddressesInSubnet",
		": free an address in the subnet, or use another subnet"},
	{"InvalidIPAddress.InUse",
		": \"myha eni show ADDRESS\" shows the ENI that has the address"},
	{"IdempotentParameterMismatch",
		": another ENI was created with this token: use a new token"},
	{"InvalidNetworkInterfaceID.NotFound", ": see \"myha eni list\""},
};

/* Returns ": REMEDY", or "" if EC2's message is enough. */
static const char *find_remedy(enum ec2_action action, const struct ec2_fault *fault)
{
	enum ec2_advice advice = ec2_fault_advice(action, fault);

	for (size_t i = 0; fault->code && i < ARRAY_SIZE(remedies); i++)
		if (strcmp(remedies[i].code, fault->code) == 0)
			return remedies[i].remedy;
	if (advice == EC2_REFRESH_CREDENTIALS || advice == EC2_CLOCK_SKEW)
		return ": check the credentials and this host's clock";
	return "";
}

/* Returns the ARN of the resource with this id for an IAM statement; "*" if the type is unknown. */
static const char *format_arn(const char *resource, char buffer[ARN_SIZE])
{
	static const struct {
		const char *prefix, *type;
	} types[] = {
		{"rtb-", "route-table"},
		{"subnet-", "subnet"},
		{"eni-", "network-interface"},
		{"i-", "instance"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strncmp(resource, types[i].prefix, strlen(types[i].prefix)) != 0)
			continue;
		snprintf(buffer, ARN_SIZE, "arn:aws:ec2:*:*:%s/%.*s", types[i].type,
			EC2_ID_SIZE - 1, resource);
		return buffer;
	}
	return "*";
}

/* Names the missing permission, and adds EC2's message without its preamble and encoded part. */
static void explain_denied(enum ec2_action action, const char *resource,
	const struct ec2_fault *fault, struct error *ret_error)
{
	const char *service = ec2_action_service(action), *name = ec2_action_name(action);
	const char *message = fault->message ? fault->message : "";
	const char *end;
	char arn[ARN_SIZE];

	if (strncmp(message, DENIED_PREAMBLE, strlen(DENIED_PREAMBLE)) == 0)
		message += strlen(DENIED_PREAMBLE);
	message += strspn(message, " ");
	end = strstr(message, DENIED_ENCODED);
	if (!end)
		end = message + strlen(message);
	while (end > message && end[-1] == ' ')
		end--;
	error_set(ret_error, OUTCOME_DENIED, EACCES,
		"IAM does not permit %s:%s on %s: allow \"%s:%s\" on \"%s\" (see \"myha iam-policy\"): %s%s%.*s",
		service, name, resource, service, name, format_arn(resource, arn), fault->code,
		end > message ? ": " : "", (int)(end - message), message);
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
		explain_denied(action, resource, fault, ret_error);
	else
		error_set(ret_error, OUTCOME_FAILED, EREMOTEIO, "%s: %s%s%s%s",
			ec2_action_name(action), code, colon, message, find_remedy(action, fault));
}

int flow_check_response(enum ec2_action action, const char *resource,
	const struct flow_response *response, struct error *error)
{
	if (response->err) {
		*error = response->error;
		if (error->outcome == OUTCOME_DONE) /* an error without a text is still an error */
			error_set(error, OUTCOME_FAILED, -response->err, "%s: no response",
				ec2_action_name(action));
		return response->err;
	}
	if (!response->response.is_fault)
		return 0;
	flow_explain_fault(action, resource, &response->response.fault, error);
	return -EREMOTEIO;
}

/* Passes each batch of the inner flow to before_send(), which may empty the batch. */
static int filter_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct flow_filter *filter = state;
	int err = filter->inner.next(filter->inner.state, now, random, ret_batch);

	return err ? err : filter->before_send(filter->state, ret_batch);
}

static int filter_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct flow_filter *filter = state;

	return filter->inner.handle_response(filter->inner.state, tag, response);
}

struct flow flow_filter_flow(struct flow_filter *filter)
{
	return (struct flow){
		.next = filter_next, .handle_response = filter_handle_response, .state = filter};
}
