/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/imds_response.h"

#include "base/cleanup.h"
#include "base/utf8.h"

#include <errno.h>

#define ON_PUT (1u << IMDS_PUT_TOKEN)
#define ON_GET (1u << IMDS_GET_KEY)
#define ON_BOTH (ON_PUT | ON_GET)

/* The first row that matches counts. */
static const struct {
	unsigned requests;
	long first, last; /* HTTP statuses */
	struct imds_response response;
} statuses[] = {
	{ON_BOTH, 200, 200, {IMDS_OK, 0, NULL}},
	{ON_BOTH, 300, 399, {IMDS_GIVE_UP, EBADMSG, "redirects are not followed"}},
	{ON_PUT, 400, 400, {IMDS_GIVE_UP, EBADMSG, "the request for a token was refused"}},
	{ON_GET, 401, 401, {IMDS_RENEW_TOKEN, EACCES, "the new token was refused"}},
	{ON_BOTH, 403, 403,
		{IMDS_GIVE_UP, EACCES,
			"instance metadata is disabled or forbidden: enable it with aws ec2 modify-instance-metadata-options --instance-id ID --http-endpoint enabled"}},
	{ON_PUT, 404, 405, {IMDS_GIVE_UP, EBADMSG, "the endpoint does not support IMDSv2"}},
	{ON_GET, 404, 404, {IMDS_ABSENT, 0, NULL}},
	{ON_BOTH, 429, 429, {IMDS_RETRY, 0, NULL}},
	{ON_BOTH, 500, 599, {IMDS_RETRY, 0, NULL}},
};

static const struct imds_response unexpected = {
	IMDS_GIVE_UP, EBADMSG, "unexpected status of a metadata service"};

static const struct {
	int err;
	struct imds_response response;
} failures[] = {
	{ETIME, {IMDS_RETRY, 0, NULL}},
	{ECONNREFUSED, {IMDS_RETRY, 0, NULL}},
	{ECONNRESET, {IMDS_RETRY, 0, NULL}},
	{EMSGSIZE, {IMDS_GIVE_UP, EBADMSG, NULL}},
	{EPROTO, {IMDS_GIVE_UP, EBADMSG, NULL}},
};

struct imds_response imds_classify_status(enum imds_request request, long status)
{
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].requests & (1u << request) && status >= statuses[i].first &&
			status <= statuses[i].last)
			return statuses[i].response;
	return unexpected;
}

struct imds_response imds_classify_failure(int err)
{
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++)
		if (failures[i].err == -err)
			return failures[i].response;
	return (struct imds_response){IMDS_GIVE_UP, -err, NULL};
}

bool imds_word_is_valid(const char *bytes, size_t length)
{
	return length <= IMDS_TOKEN_MAX && ascii_is_printable(bytes, length, '!');
}

/*
 * The service is one hop away and responds in a millisecond, so a short first timeout makes a lost
 * packet cheap. A host under load gets longer timeouts in later rounds.
 */
struct imds_timeouts imds_get_timeouts(unsigned round)
{
	static const struct imds_timeouts rounds[] = {{500, 2000}, {1000, 4000}, {2000, 5000}};
	size_t last = ARRAY_SIZE(rounds) - 1;

	return rounds[round < last ? round : last];
}
