/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a response of STS: the first one chooses the action and the size of the pieces that
 * it comes in, the second one the status.
 */
#include "ec2/response.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* The credentials for signatures must be complete. */
static void check_reply(enum ec2_action action, const struct ec2_reply *reply)
{
	if (action == STS_ASSUME_ROLE) {
		require(reply->credentials.access_key && *reply->credentials.access_key);
		require(reply->credentials.secret_key && *reply->credentials.secret_key);
		require(reply->credentials.session_token && *reply->credentials.session_token);
	} else {
		require(reply->identity.account && *reply->identity.account);
		require(reply->identity.arn && *reply->identity.arn);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	_cleanup_(ec2_response_reader_cleanup) struct ec2_response_reader *reader = NULL;
	_cleanup_(ec2_response_done) struct ec2_response response = {0};
	struct error error = {0};

	if (length < 2)
		return 0;
	enum ec2_action action = bytes[0] % 2 ? STS_GET_CALLER_IDENTITY : STS_ASSUME_ROLE;
	long status = bytes[1] % 2 ? 403 : 200;
	size_t piece = 1 + bytes[0] / 2;
	require(ec2_response_reader_new(action, NULL, &reader) == 0);
	for (size_t at = 2; at < length; at += piece)
		ec2_response_reader_feed(reader, (const char *)bytes + at,
			length - at < piece ? length - at : piece);
	int err = ec2_response_reader_end(reader, status, &response, &error);
	if (err) {
		require(status == 200 && err != -ENOMEM && strlen(error.text) > 0);
		return 0;
	}
	if (response.is_fault)
		ec2_fault_advice(action, &response.fault);
	else
		check_reply(action, &response.reply);
	return 0;
}
