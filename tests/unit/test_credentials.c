/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/container_endpoint.h"
#include "aws/credentials.h"
#include "aws/credentials_json.h"
#include "credentials_times.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#define LATER_SECONDS (NOW + 6 * 3600)

#define PAIR "\"AccessKeyId\":\"AKIA\",\"SecretAccessKey\":\"s3cr3t/+=\""
#define WHOLE "{" PAIR ",\"Token\":\"t0k3n\",\"Expiration\":\"" LATER "\"}"

static void test_responses(void **state)
{
	static const struct {
		enum credentials_dialect dialect;
		const char *json;
		const char *token;
		uint64_t expires;
	} cases[] = {
		{CREDENTIALS_OF_INSTANCE,
			"{\"Code\":\"Success\",\"LastUpdated\":\"x\",\"Type\":\"AWS-HMAC\"," PAIR
			",\"Token\":\"t0k3n\",\"Expiration\":\"" LATER "\"}",
			"t0k3n", LATER_SECONDS},
		{CREDENTIALS_OF_INSTANCE, WHOLE, "t0k3n", LATER_SECONDS},
		{CREDENTIALS_OF_INSTANCE,
			"{" PAIR ",\"Token\":\"t\",\"Expiration\":\"2026-01-31T11:00:00Z\"}", "t",
			NOW - 3600},
		{CREDENTIALS_OF_CONTAINER, " \n" WHOLE "\n", "t0k3n", LATER_SECONDS},
		{CREDENTIALS_OF_PROCESS, "{\"Version\":1," PAIR "}", NULL, CREDENTIALS_NEVER},
		{CREDENTIALS_OF_PROCESS,
			"{\"Version\":1," PAIR ",\"SessionToken\":null,\"Expiration\":null}", NULL,
			CREDENTIALS_NEVER},
		{CREDENTIALS_OF_PROCESS,
			"{\"Version\":1," PAIR ",\"SessionToken\":\"t\",\"Expiration\":"
			"\"2026-01-31T20:00:00+02:00\",\"Other\":[1]}",
			"t", LATER_SECONDS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(credentials_done) struct credentials credentials = {0};
		struct error error = {0};

		assert_int_equal(credentials_json_parse(cases[i].dialect, cases[i].json,
					 strlen(cases[i].json), NOW, &credentials, &error),
			0);
		assert_string_equal(credentials.access_key, "AKIA");
		assert_string_equal(credentials.secret_key, "s3cr3t/+=");
		if (cases[i].token)
			assert_string_equal(credentials.session_token, cases[i].token);
		else
			assert_null(credentials.session_token);
		assert_int_equal(credentials.expires, cases[i].expires);
		assert_string_equal(error.text, "");
	}
}

static void test_refused_responses(void **state)
{
	static const struct {
		enum credentials_dialect dialect;
		const char *json;
		int err;
		const char *text;
	} cases[] = {
		{CREDENTIALS_OF_INSTANCE, "", -EBADMSG, "not a JSON object"},
		{CREDENTIALS_OF_INSTANCE, "<html>", -EBADMSG, "not a JSON object"},
		{CREDENTIALS_OF_INSTANCE, "[]", -EBADMSG, "not a JSON object"},
		{CREDENTIALS_OF_INSTANCE, WHOLE "x", -EBADMSG, "not a JSON object"},
		{CREDENTIALS_OF_INSTANCE, "{" PAIR "," PAIR "}", -EBADMSG, "not a JSON object"},
		{CREDENTIALS_OF_INSTANCE,
			"{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 cannot "
			"assume "
			"the\\nrole\"}",
			-EBADMSG,
			"the response reports AssumeRoleUnauthorizedAccess: EC2 cannot assume the?role"},
		{CREDENTIALS_OF_CONTAINER, "{\"Code\":\"Failed\"}", -EBADMSG,
			"the response reports Failed"},
		{CREDENTIALS_OF_INSTANCE, "{}", -EBADMSG, "AccessKeyId is missing or not a string"},
		{CREDENTIALS_OF_INSTANCE, "{\"AccessKeyId\":1}", -EBADMSG,
			"AccessKeyId is missing or not a string"},
		{CREDENTIALS_OF_INSTANCE, "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":null}",
			-EBADMSG, "SecretAccessKey is missing or not a string"},
		{CREDENTIALS_OF_INSTANCE, "{" PAIR "}", -EBADMSG,
			"Token is missing or not a string"},
		{CREDENTIALS_OF_CONTAINER, "{" PAIR ",\"Token\":\"t\"}", -EBADMSG,
			"Expiration is missing or not a string"},
		{CREDENTIALS_OF_INSTANCE, "{" PAIR ",\"Token\":\"t\",\"Expiration\":\"soon\"}",
			-EBADMSG, "Expiration is not an ISO 8601 time"},
		{CREDENTIALS_OF_CONTAINER,
			"{" PAIR ",\"Token\":\"t\",\"Expiration\":\"2026-01-31T12:00:00Z\"}",
			-EKEYEXPIRED,
			"the credentials expired at 2026-01-31T12:00:00Z: renew them, or correct this host's clock if it is fast"},
		{CREDENTIALS_OF_PROCESS, "{" PAIR "}", -EBADMSG, "Version is not 1"},
		{CREDENTIALS_OF_PROCESS, "{\"Version\":\"1\"," PAIR "}", -EBADMSG,
			"Version is not 1"},
		{CREDENTIALS_OF_PROCESS, "{\"Version\":2," PAIR "}", -EBADMSG, "Version is not 1"},
		{CREDENTIALS_OF_PROCESS, "{\"Version\":1," PAIR ",\"SessionToken\":7}", -EBADMSG,
			"SessionToken is missing or not a string"},
		{CREDENTIALS_OF_PROCESS, "{\"Version\":1," PAIR ",\"SessionToken\":\"a\\r\\nb\"}",
			-EBADMSG, "a key or token is empty or contains invalid characters"},
		{CREDENTIALS_OF_PROCESS,
			"{\"Version\":1,\"AccessKeyId\":\"\",\"SecretAccessKey\":\"s\"}", -EBADMSG,
			"a key or token is empty or contains invalid characters"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct credentials credentials = {0};
		struct error error = {0};

		assert_int_equal(credentials_json_parse(cases[i].dialect, cases[i].json,
					 strlen(cases[i].json), NOW, &credentials, &error),
			cases[i].err);
		assert_string_equal(error.text, cases[i].text);
		assert_int_equal(error.outcome, OUTCOME_FAILED);
		assert_null(credentials.access_key);
	}
}

/* Other uses of jansson do not use this allocator. */
static void test_json_memory(void **state)
{
	json_malloc_t allocate, allocate_after;
	json_free_t release, release_after;

	(void)state;
	json_get_alloc_funcs(&allocate, &release);
	credentials_json_parse(CREDENTIALS_OF_PROCESS, "{", 1, NOW, NULL, NULL);
	json_get_alloc_funcs(&allocate_after, &release_after);
	assert_ptr_equal(allocate, allocate_after);
	assert_ptr_equal(release, release_after);
}

static void test_age(void **state)
{
	static const struct {
		uint64_t expires;
		enum credentials_age age;
	} cases[] = {
		{CREDENTIALS_NEVER, CREDENTIALS_FRESH},
		{NOW + 901, CREDENTIALS_FRESH},
		{NOW + 900, CREDENTIALS_DUE},
		{NOW + 601, CREDENTIALS_DUE},
		{NOW + 600, CREDENTIALS_STALE},
		{NOW, CREDENTIALS_STALE},
		{NOW - 1, CREDENTIALS_STALE},
		{UINT64_MAX, CREDENTIALS_FRESH},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct credentials credentials = {.expires = cases[i].expires};

		assert_int_equal(credentials_age(&credentials, NOW), cases[i].age);
	}
}

static void test_values(void **state)
{
	struct credentials_plan plan = {0};
	struct credentials credentials = {0};

	(void)state;
	credentials_done(NULL);
	credentials_done(&credentials);
	assert_false(credentials_are_valid(&credentials));
	assert_int_equal(credentials_set(&credentials, "a", "b", NULL), 0);
	assert_true(credentials_are_valid(&credentials));
	plan.base = credentials;
	for (int i = 0; i < CREDENTIALS_ROLES_MAX; i++)
		assert_int_equal(
			credentials_plan_append_role(&plan, "arn", "s", i ? "e" : NULL, 900), 0);
	assert_int_equal(credentials_plan_append_role(&plan, "arn", NULL, NULL, 0), -E2BIG);
	assert_string_equal(plan.roles[7].external_id, "e");
	assert_null(plan.roles[0].external_id);
	credentials_plan_done(&plan);
	credentials_plan_done(&plan);
	credentials_plan_done(NULL);
	assert_int_equal(plan.count, 0);
	assert_null(plan.base.secret_key);
}

#define FULL_URI "AWS_CONTAINER_CREDENTIALS_FULL_URI is "
#define RELATIVE "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is "
#define NOT_HERE                                                                                   \
	", but a URL without https:// must be on this host or at one of 169.254.170.2, "           \
	"169.254.170.23, fd00:ec2::23"

static void test_container_endpoints(void **state)
{
	static const struct {
		const char *relative, *full;
		int err;
		const char *wanted; /* URL or words */
		bool tls;
	} cases[] = {
		{NULL, NULL, -ENODATA,
			"no AWS_CONTAINER_CREDENTIALS_FULL_URI or ..._RELATIVE_URI is set", false},
		{"/v2/x?y", "https://other", 0, "http://169.254.170.2/v2/x?y", false},
		{NULL, "https://other.example/x", 0, "https://other.example/x", true},
		{NULL, "http://127.8.9.1:80/x", 0, "http://127.8.9.1:80/x", false},
		{NULL, "http://localhost:1338/x", 0, "http://localhost:1338/x", false},
		{NULL, "http://[::1]/", 0, "http://[::1]/", false},
		{NULL, "http://169.254.170.2/x", 0, "http://169.254.170.2/x", false},
		{NULL, "http://169.254.170.23/v1/credentials", 0,
			"http://169.254.170.23/v1/credentials", false},
		{NULL, "http://[fd00:ec2::23]/v1", 0, "http://[fd00:ec2::23]/v1", false},
		{NULL, "http://169.254.170.3/", -EINVAL,
			FULL_URI "\"http://169.254.170.3/\"" NOT_HERE, false},
		{NULL, "http://localhost.example/", -EINVAL,
			FULL_URI "\"http://localhost.example/\"" NOT_HERE, false},
		{NULL, "http://169.254.170.2@evil/", -EINVAL,
			FULL_URI "\"http://***@evil/\", but must be a URL", false},
		{NULL, "/path", -EINVAL, FULL_URI "\"/path\", but must be a URL", false},
		{"@evil/", NULL, -EINVAL,
			RELATIVE "\"@evil/\", but must be a path that begins with /", false},
		{"/a b", NULL, -EINVAL, RELATIVE "\"/a b\", but must be a path that begins with /",
			false},
		{"/a\r\nX: y", NULL, -EINVAL,
			RELATIVE "\"/a?\?X: y\", but must be a path that begins with /", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf url = {0};
		struct error error = {0};
		bool tls = false;

		assert_int_equal(container_endpoint_choose(
					 cases[i].relative, cases[i].full, &url, &tls, &error),
			cases[i].err);
		assert_string_equal(cases[i].err ? error.text : strbuf_text(&url), cases[i].wanted);
		assert_int_equal(tls, cases[i].tls);
	}
	assert_true(container_token_is_valid("Basic abc", 9));
	assert_false(container_token_is_valid("", 0));
	assert_false(container_token_is_valid("a\r", 2));
	assert_false(container_token_is_valid("a\n", 2));
	assert_false(container_token_is_valid("a\0b", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_refused_responses),
		cmocka_unit_test(test_json_memory),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_container_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
