/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ATTACH_ENI EC2_ATTACH_NETWORK_INTERFACE
#define DETACH_ENI EC2_DETACH_NETWORK_INTERFACE
#define REPLACE_ROUTE EC2_REPLACE_ROUTE
#define TABLES EC2_DESCRIBE_ROUTE_TABLES

static const struct {
	enum ec2_action action;
	long status;
	const char *code;
	const char *message;
	enum ec2_advice advice;
} cases[] = {
	{ATTACH_ENI, 400, "InvalidNetworkInterfaceID.NotFound", "", EC2_NOT_FOUND_MAYBE_NEW},
	{REPLACE_ROUTE, 400, "InvalidRouteTableID.NotFound", "", EC2_NOT_FOUND_MAYBE_NEW},
	{ATTACH_ENI, 400, "InvalidInstanceID.NotFound", "", EC2_NOT_FOUND_MAYBE_NEW},
	{DETACH_ENI, 400, "InvalidAttachmentID.NotFound", "", EC2_DONE_ALREADY},
	{ATTACH_ENI, 400, "InvalidAttachmentID.NotFound", "", EC2_NOT_FOUND_MAYBE_NEW},
	{ATTACH_ENI, 400, "InvalidNetworkInterface.InUse", "", EC2_NOT_YET},
	{ATTACH_ENI, 400, "InvalidParameterValue",
		"Network interface 'eni-01234567' is currently in use.", EC2_NOT_YET},
	{ATTACH_ENI, 400, "InvalidParameterValue",
		"Instance 'i-01234567' already has an interface attached at device index '1'.",
		EC2_USE_OTHER_INDEX},
	{ATTACH_ENI, 400, "InvalidParameterValue",
		"INSTANCE 'i-01234567' ALREADY HAS AN INTERFACE ATTACHED AT DEVICE INDEX '1'.",
		EC2_USE_OTHER_INDEX},
	{ATTACH_ENI, 400, "InvalidParameterCombination",
		"You may not attach a network interface to an instance if they are not in the same "
		"availability zone",
		EC2_PERMANENT},
	{ATTACH_ENI, 400, "AttachmentLimitExceeded", "", EC2_PERMANENT},
	{ATTACH_ENI, 400, "IncorrectState", "", EC2_NOT_YET},
	{ATTACH_ENI, 400, "IncorrectInstanceState", "", EC2_NOT_YET},
	{REPLACE_ROUTE, 400, "InvalidInstanceID",
		"There are multiple interfaces attached to instance 'i-01234567'.", EC2_PERMANENT},
	{REPLACE_ROUTE, 400, "InvalidInstanceID", "", EC2_PERMANENT},
	{EC2_CREATE_ROUTE, 400, "RouteAlreadyExists", "", EC2_USE_REPLACE},
	{REPLACE_ROUTE, 400, "InvalidParameterValue",
		"There is no route defined for '192.168.10.16/32' in the route table. "
		"Use CreateRoute instead.",
		EC2_USE_CREATE},
	{EC2_CREATE_ROUTE, 400, "InvalidParameterValue",
		"Route destination doesn't match any subnet CIDR blocks.", EC2_PERMANENT},
	{EC2_CREATE_ROUTE, 400, "InvalidParameterValue", NULL, EC2_PERMANENT},
	{EC2_DELETE_ROUTE, 400, "InvalidRoute.NotFound", "", EC2_DONE_ALREADY},
	{REPLACE_ROUTE, 400, "InvalidRoute.NotFound", "", EC2_USE_CREATE},
	{EC2_CREATE_ROUTE, 400, "RouteLimitExceeded", "", EC2_PERMANENT},
	{EC2_ASSIGN_PRIVATE_IP_ADDRESSES, 400, "PrivateIpAddressLimitExceeded", "", EC2_PERMANENT},
	{EC2_CREATE_NETWORK_INTERFACE, 400, "InsufficientFreeAddressesInSubnet", "", EC2_PERMANENT},
	{EC2_CREATE_NETWORK_INTERFACE, 400, "IdempotentParameterMismatch", "", EC2_PERMANENT},
	{DETACH_ENI, 400, "OperationNotPermitted", "", EC2_PERMANENT},
	{REPLACE_ROUTE, 403, "UnauthorizedOperation", "", EC2_DENIED},
	{STS_ASSUME_ROLE, 403, "AccessDenied", "", EC2_DENIED},
	{STS_ASSUME_ROLE, 403, "AccessDeniedException", "", EC2_DENIED},
	{REPLACE_ROUTE, 412, "DryRunOperation", "", EC2_WOULD_BE_ALLOWED},
	{TABLES, 401, "AuthFailure", "", EC2_REFRESH_CREDENTIALS},
	{TABLES, 400, "RequestExpired", "", EC2_CLOCK_SKEW},
	{TABLES, 403, "RequestTimeTooSkewed", "", EC2_CLOCK_SKEW},
	{TABLES, 400, "RequestInTheFuture", "", EC2_CLOCK_SKEW},
	{STS_ASSUME_ROLE, 403, "SignatureDoesNotMatch",
		"Signature expired: 20150830T123600Z is now earlier than 20150830T143600Z",
		EC2_CLOCK_SKEW},
	{STS_ASSUME_ROLE, 403, "SignatureDoesNotMatch",
		"Signature not yet current: 20150830T163600Z is still later than 20150830T143600Z",
		EC2_CLOCK_SKEW},
	{STS_ASSUME_ROLE, 403, "SignatureDoesNotMatch", "", EC2_REFRESH_CREDENTIALS},
	{STS_ASSUME_ROLE, 403, "InvalidClientTokenId", "", EC2_REFRESH_CREDENTIALS},
	{STS_ASSUME_ROLE, 400, "UnrecognizedClientException", "", EC2_REFRESH_CREDENTIALS},
	{STS_ASSUME_ROLE, 403, "ExpiredToken", "", EC2_REFRESH_CREDENTIALS},
	{STS_ASSUME_ROLE, 400, "ExpiredTokenException", "", EC2_REFRESH_CREDENTIALS},
	{TABLES, 503, "RequestLimitExceeded", "", EC2_THROTTLED},
	{TABLES, 400, "RequestLimitExceeded", "", EC2_THROTTLED},
	{TABLES, 400, "Throttling", "", EC2_THROTTLED},
	{TABLES, 400, "ThrottlingException", "", EC2_THROTTLED},
	{TABLES, 503, "EC2ThrottledException", "", EC2_THROTTLED},
	{TABLES, 503, "SlowDown", "", EC2_THROTTLED},
	{TABLES, 400, "TooManyRequestsException", "", EC2_THROTTLED},
	{TABLES, 500, "InternalError", "", EC2_TRANSIENT},
	{TABLES, 500, "InternalFailure", "", EC2_TRANSIENT},
	{TABLES, 503, "ServiceUnavailable", "", EC2_TRANSIENT},
	{TABLES, 503, "Unavailable", "", EC2_TRANSIENT},

	/* Codes that are not known, and none. */
	{TABLES, 400, "InvalidVpcID.NotFound", "", EC2_PERMANENT},
	{TABLES, 500, "Whatever", "", EC2_TRANSIENT},
	{TABLES, 200, "Whatever", "", EC2_PERMANENT},
	{TABLES, 400, "throttling", "", EC2_PERMANENT},
	{TABLES, 400, NULL, NULL, EC2_PERMANENT},
	{TABLES, 301, NULL, NULL, EC2_PERMANENT},
	{TABLES, 401, NULL, NULL, EC2_REFRESH_CREDENTIALS},
	{TABLES, 403, NULL, NULL, EC2_PERMANENT},
	{TABLES, 404, NULL, NULL, EC2_PERMANENT},
	{TABLES, 408, NULL, NULL, EC2_TRANSIENT},
	{TABLES, 412, NULL, NULL, EC2_PERMANENT},
	{TABLES, 425, NULL, NULL, EC2_TRANSIENT},
	{TABLES, 429, NULL, NULL, EC2_THROTTLED},
	{TABLES, 500, NULL, NULL, EC2_TRANSIENT},
	{TABLES, 501, NULL, NULL, EC2_PERMANENT},
	{TABLES, 502, NULL, NULL, EC2_TRANSIENT},
	{TABLES, 503, NULL, NULL, EC2_TRANSIENT},
	{TABLES, 504, NULL, NULL, EC2_TRANSIENT},
	{TABLES, 505, NULL, NULL, EC2_PERMANENT},
};

static void test_advice(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ec2_fault fault = {
			.status = cases[i].status,
			.code = cases[i].code ? strdup(cases[i].code) : NULL,
			.message = cases[i].message ? strdup(cases[i].message) : NULL,
		};

		assert_int_equal(ec2_fault_advice(cases[i].action, &fault), cases[i].advice);
		ec2_fault_done(&fault);
		assert_null(fault.code);
		assert_null(fault.message);
		assert_int_equal(fault.status, 0);
	}
	ec2_fault_done(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
