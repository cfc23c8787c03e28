/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/sigv4.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Of AWS's published test suite, "post-x-www-form-urlencoded". */
static const struct sigv4_credentials credentials = {
	.access_key = "AKIDEXAMPLE",
	.secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
static const struct sigv4_request request = {
	.region = "us-east-1",
	.service = "service",
	.host = "example.amazonaws.com",
	.content_type = "application/x-www-form-urlencoded",
	.body = "Param1=value1",
	.length = sizeof("Param1=value1") - 1,
	.time = 1440938160,
};

static void test_published(void **state)
{
	_cleanup_(sigv4_headers_done) struct sigv4_headers headers = {0};

	(void)state;
	assert_int_equal(sigv4_sign(&credentials, &request, &headers), 0);
	assert_string_equal(strbuf_text(&headers.authorization),
		"Authorization: AWS4-HMAC-SHA256 "
		"Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
		"SignedHeaders=content-type;host;x-amz-date, "
		"Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
	assert_string_equal(strbuf_text(&headers.date), "X-Amz-Date: 20150830T123600Z");
	assert_string_equal(strbuf_text(&headers.token), "");
}

static void test_token(void **state)
{
	struct sigv4_credentials with_token = credentials;
	_cleanup_(sigv4_headers_done) struct sigv4_headers headers = {0};

	(void)state;
	with_token.session_token = "IQoJb3JpZ2luX2VjEA==";
	assert_int_equal(sigv4_sign(&with_token, &request, &headers), 0);
	assert_string_equal(
		strbuf_text(&headers.token), "X-Amz-Security-Token: IQoJb3JpZ2luX2VjEA==");
	assert_string_equal(strbuf_text(&headers.authorization),
		"Authorization: AWS4-HMAC-SHA256 "
		"Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
		"SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "
		"Signature=5412bd0caab156ef32fad59514f476d8c9d7464e858451c0f33625e4dc96994d");
	sigv4_headers_done(&headers);
	assert_null(headers.token.data);
	sigv4_headers_done(NULL);
}

static void test_refused(void **state)
{
	static const struct {
		const char *access_key, *secret_key, *token, *region, *host, *type;
		uint64_t time;
		int err;
	} cases[] = {
		{"", "s", NULL, "r", "h", "t", 0, -EINVAL},
		{"A B", "s", NULL, "r", "h", "t", 0, -EINVAL},
		{"A\nX-Evil: 1", "s", NULL, "r", "h", "t", 0, -EINVAL},
		{"A", "", NULL, "r", "h", "t", 0, -EINVAL},
		{"A", "s", "", "r", "h", "t", 0, -EINVAL},
		{"A", "s", "t\r\nX-Evil: 1", "r", "h", "t", 0, -EINVAL},
		{"A", "s", "t\303\266", "r", "h", "t", 0, -EINVAL},
		{"A", "s", NULL, "", "h", "t", 0, -EINVAL},
		{"A", "s", NULL, "r\n", "h", "t", 0, -EINVAL},
		{"A", "s", NULL, "r", "", "t", 0, -EINVAL},
		{"A", "s", NULL, "r", "h h", "t", 0, -EINVAL},
		{"A", "s", NULL, "r", "h", "t\n", 0, -EINVAL},
		{"A", "s", NULL, "r", "h", "t", UINT64_MAX, -ERANGE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sigv4_credentials given = {
			cases[i].access_key, cases[i].secret_key, cases[i].token};
		struct sigv4_headers headers = {0};
		struct sigv4_request changed = request;

		changed.region = cases[i].region;
		changed.host = cases[i].host;
		changed.content_type = cases[i].type;
		changed.time = cases[i].time;
		assert_int_equal(sigv4_sign(&given, &changed, &headers), cases[i].err);
		assert_null(headers.authorization.data);
	}
}

static void test_too_long(void **state)
{
	static char token[80 << 10];
	struct sigv4_credentials with_token = credentials;
	struct sigv4_headers headers = {0};

	(void)state;
	memset(token, 'x', sizeof(token) - 1);
	with_token.session_token = token;
	assert_int_equal(sigv4_sign(&with_token, &request, &headers), -E2BIG);
	assert_null(headers.authorization.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
