/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/errors.h"

#include "ec2/values.h"

#include <string.h>

#define ANY EC2_ACTION_COUNT_

struct code_rule {
	const char *code;
	enum ec2_advice advice;
	const char *message; /* substring of the message, ignoring case; NULL: any message */
	enum ec2_action action; /* ANY: every action */
};

/* The first match counts. A code without a rule is permanent, or transient if the status is 5xx. */
static const struct code_rule rules[] = {
	/* An object that was just created may not be known everywhere yet. */
	{"InvalidAttachmentID.NotFound", EC2_DONE_ALREADY, NULL, EC2_DETACH_NETWORK_INTERFACE},
	{"InvalidAttachmentID.NotFound", EC2_NOT_FOUND_MAYBE_NEW, NULL, ANY},
	{"InvalidNetworkInterfaceID.NotFound", EC2_NOT_FOUND_MAYBE_NEW, NULL, ANY},
	{"InvalidRouteTableID.NotFound", EC2_NOT_FOUND_MAYBE_NEW, NULL, ANY},
	{"InvalidInstanceID.NotFound", EC2_NOT_FOUND_MAYBE_NEW, NULL, ANY},

	/* EC2 accepts a detach before it is complete. */
	{"InvalidNetworkInterface.InUse", EC2_NOT_YET, NULL, ANY},
	{"InvalidParameterValue", EC2_NOT_YET, "is currently in use", ANY},
	{"IncorrectState", EC2_NOT_YET, NULL, ANY},
	{"IncorrectInstanceState", EC2_NOT_YET, NULL, ANY},

	{"InvalidParameterValue", EC2_USE_OTHER_INDEX,
		"already has an interface attached at device index", ANY},
	{"RouteAlreadyExists", EC2_USE_REPLACE, NULL, ANY},
	{"InvalidParameterValue", EC2_USE_CREATE, "there is no route defined for", ANY},
	{"InvalidRoute.NotFound", EC2_DONE_ALREADY, NULL, EC2_DELETE_ROUTE},
	{"InvalidRoute.NotFound", EC2_USE_CREATE, NULL, ANY},

	{"DryRunOperation", EC2_WOULD_BE_ALLOWED, NULL, ANY},
	{"UnauthorizedOperation", EC2_DENIED, NULL, ANY},
	{"AccessDenied", EC2_DENIED, NULL, ANY}, /* STS's code */
	{"AccessDeniedException", EC2_DENIED, NULL, ANY},

	{"RequestExpired", EC2_CLOCK_SKEW, NULL, ANY},
	{"RequestTimeTooSkewed", EC2_CLOCK_SKEW, NULL, ANY},
	{"RequestInTheFuture", EC2_CLOCK_SKEW, NULL, ANY},
	{"SignatureDoesNotMatch", EC2_CLOCK_SKEW, "signature expired", ANY},
	{"SignatureDoesNotMatch", EC2_CLOCK_SKEW, "signature not yet current", ANY},
	{"SignatureDoesNotMatch", EC2_REFRESH_CREDENTIALS, NULL, ANY},
	{"AuthFailure", EC2_REFRESH_CREDENTIALS, NULL, ANY},
	{"InvalidClientTokenId", EC2_REFRESH_CREDENTIALS, NULL, ANY},
	{"UnrecognizedClientException", EC2_REFRESH_CREDENTIALS, NULL, ANY},
	{"ExpiredToken", EC2_REFRESH_CREDENTIALS, NULL, ANY},
	{"ExpiredTokenException", EC2_REFRESH_CREDENTIALS, NULL, ANY},

	{"RequestLimitExceeded", EC2_THROTTLED, NULL, ANY},
	{"Throttling", EC2_THROTTLED, NULL, ANY},
	{"ThrottlingException", EC2_THROTTLED, NULL, ANY},
	{"EC2ThrottledException", EC2_THROTTLED, NULL, ANY},
	{"SlowDown", EC2_THROTTLED, NULL, ANY},
	{"TooManyRequestsException", EC2_THROTTLED, NULL, ANY},

	{"InternalError", EC2_TRANSIENT, NULL, ANY},
	{"InternalFailure", EC2_TRANSIENT, NULL, ANY},
	{"ServiceUnavailable", EC2_TRANSIENT, NULL, ANY},
	{"Unavailable", EC2_TRANSIENT, NULL, ANY},
};

/* For responses without a code, maybe from a proxy. So 403 is not here: IAM's denial has a code. */
static const struct {
	long status;
	enum ec2_advice advice;
} statuses[] = {
	{401, EC2_REFRESH_CREDENTIALS},
	{408, EC2_TRANSIENT},
	{425, EC2_TRANSIENT},
	{429, EC2_THROTTLED},
	{501, EC2_PERMANENT},
	{505, EC2_PERMANENT},
};

static bool rule_matches(
	const struct code_rule *rule, enum ec2_action action, const struct ec2_fault *fault)
{
	return strcmp(rule->code, fault->code) == 0 &&
	       (rule->action == ANY || rule->action == action) &&
	       (!rule->message || (fault->message && strcasestr(fault->message, rule->message)));
}

enum ec2_advice ec2_fault_advice(enum ec2_action action, const struct ec2_fault *fault)
{
	if (fault->code) {
		for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
			if (rule_matches(&rules[i], action, fault))
				return rules[i].advice;
	} else { /* maybe a proxy's response: only the HTTP status is known */
		for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
			if (statuses[i].status == fault->status)
				return statuses[i].advice;
	}
	return fault->status >= 500 ? EC2_TRANSIENT : EC2_PERMANENT;
}

bool ec2_fault_is_explicit_deny(const struct ec2_fault *fault)
{
	return fault->message && strstr(fault->message, "explicit deny");
}

void ec2_fault_done(struct ec2_fault *fault)
{
	if (!fault)
		return;
	value_text.done(&fault->code);
	value_text.done(&fault->message);
	fault->status = 0;
}
