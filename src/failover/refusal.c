/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/refusal.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Of EC2's words on permissions the first say nothing new, and the last are for machines. */
#define PREAMBLE "You are not authorized to perform this operation."
#define ENCODED " Encoded authorization failure message"

/* What EC2's own words do not say. */
static const struct {
	const char *code;
	const char *remedy;
} remedies[] = {
	{"AttachmentLimitExceeded", "detach another ENI there, or use a larger instance type"},
	{"PrivateIpAddressLimitExceeded",
		"take an address off this ENI, or use a larger instance type"},
	{"InsufficientFreeAddressesInSubnet", "free an address there, or use another subnet"},
	{"InvalidIPAddress.InUse", "\"myha eni show ADDRESS\" tells who has it"},
	{"InvalidNetworkInterfaceID.NotFound", "\"myha eni list\" tells which there are"},
	{"IdempotentParameterMismatch", "try again"},
};

static const char *remedy_of(const char *code)
{
	for (size_t i = 0; code && i < ARRAY_SIZE(remedies); i++)
		if (strcmp(remedies[i].code, code) == 0)
			return remedies[i].remedy;
	return NULL;
}

static int set_denied(struct error *error, enum ec2_action action, const char *thing,
	const struct ec2_fault *fault)
{
	const char *message = fault->message ? fault->message : "";
	const char *end = strstr(message, ENCODED);
	ptrdiff_t length;

	if (strncmp(message, PREAMBLE, sizeof(PREAMBLE) - 1) == 0)
		message += sizeof(PREAMBLE) - 1;
	message += strspn(message, " ");
	length = end ? end - message : (ptrdiff_t)strlen(message);
	if (length < 0)
		length = 0;

	return error_set(error, OUTCOME_DENIED, EACCES,
		"%s:%s of %s is not permitted: allow it in IAM (\"myha iam-policy\" prints what is "
		"needed)%s%.*s",
		ec2_action_service(action), ec2_action_name(action), thing,
		length ? "; EC2 says: " : "", (int)length, message);
}

int refusal_set(struct error *error, enum ec2_action action, const char *thing,
	const struct ec2_fault *fault)
{
	const char *remedy = remedy_of(fault->code);

	if (ec2_fault_advice(action, fault) == EC2_DENIED)
		return set_denied(error, action, thing, fault);
	return error_set(error, OUTCOME_FAILED, EREMOTEIO, "%s of %s: %s%s%s%s%s",
		ec2_action_name(action), thing, fault->code ? fault->code : "no error code",
		fault->message ? ": " : "", fault->message ? fault->message : "",
		remedy ? ": " : "", remedy ? remedy : "");
}
