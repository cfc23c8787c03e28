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
		struct sigv4_request asked = request;

		asked.region = cases[i].region;
		asked.host = cases[i].host;
		asked.content_type = cases[i].type;
		asked.time = cases[i].time;
		assert_int_equal(sigv4_sign(&given, &asked, &headers), cases[i].err);
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

static void test_host(void **state)
{
	static const struct {
		const char *endpoint;
		const char *host; /* NULL: refused */
	} cases[] = {
		{"https://ec2.eu-central-1.amazonaws.com", "ec2.eu-central-1.amazonaws.com"},
		{"https://ec2.eu-central-1.amazonaws.com/", "ec2.eu-central-1.amazonaws.com"},
		{"https://EC2.EU-Central-1.AmazonAWS.com:443", "ec2.eu-central-1.amazonaws.com"},
		{"https://ec2.test:80", "ec2.test:80"},
		{"http://ec2.test:80/", "ec2.test"},
		{"http://ec2.test:443", "ec2.test:443"},
		{"https://127.0.0.1:8443/", "127.0.0.1:8443"},
		{"https://[fd00:EC2::254]", "[fd00:ec2::254]"},
		{"https://[::1]:443/", "[::1]"},
		{"https://[::1]:65535/", "[::1]:65535"},
		{"", NULL},
		{"ec2.test", NULL},
		{"ftp://ec2.test", NULL},
		{"HTTPS://ec2.test", NULL},
		{"https://", NULL},
		{"https:///", NULL},
		{"https://ec2.test/path", NULL},
		{"https://ec2.test?query", NULL},
		{"https://ec2.test#fragment", NULL},
		{"https://user@ec2.test", NULL},
		{"https://user:password@ec2.test", NULL},
		{"https://ec2.test:", NULL},
		{"https://ec2.test:0", NULL},
		{"https://ec2.test:080", NULL},
		{"https://ec2.test:65536", NULL},
		{"https://ec2.test:655350", NULL},
		{"https://ec2 .test", NULL},
		{"https://ec2.test\r\nX-Evil: 1", NULL},
		{"https://::1/", NULL},
		{"https://[::1", NULL},
		{"https://[127.0.0.1]", NULL},
		{"https://[fe80::1%eth0]", NULL},
		{"https://[]", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf host = {0};

		if (cases[i].host)
			assert_int_equal(sigv4_host(cases[i].endpoint, &host), 0);
		else
			assert_int_equal(sigv4_host(cases[i].endpoint, &host), -EINVAL);
		assert_string_equal(strbuf_text(&host), cases[i].host ? cases[i].host : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
