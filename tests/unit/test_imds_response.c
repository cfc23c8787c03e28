/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/imds_response.h"
#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

#define REDIRECT "redirects are not followed"
#define OFF                                                                                        \
	"instance metadata is disabled or forbidden: enable it with "                              \
	"aws ec2 modify-instance-metadata-options --instance-id ID --http-endpoint enabled"
#define STRANGE "unexpected status of a metadata service"

static void assert_response(const struct imds_response *found, const struct imds_response *wanted)
{
	assert_int_equal(found->verdict, wanted->verdict);
	assert_int_equal(found->err, wanted->err);
	assert_int_equal(found->words == NULL, wanted->words == NULL);
	if (wanted->words)
		assert_string_equal(found->words, wanted->words);
}

static void test_statuses(void **state)
{
	static const struct {
		long status;
		struct imds_response on_put, on_get;
	} cases[] = {
		{200, {IMDS_OK, 0, NULL}, {IMDS_OK, 0, NULL}},
		{204, {IMDS_GIVE_UP, EBADMSG, STRANGE}, {IMDS_GIVE_UP, EBADMSG, STRANGE}},
		{301, {IMDS_GIVE_UP, EBADMSG, REDIRECT}, {IMDS_GIVE_UP, EBADMSG, REDIRECT}},
		{307, {IMDS_GIVE_UP, EBADMSG, REDIRECT}, {IMDS_GIVE_UP, EBADMSG, REDIRECT}},
		{400, {IMDS_GIVE_UP, EBADMSG, "the request for a token was refused"},
			{IMDS_GIVE_UP, EBADMSG, STRANGE}},
		{401, {IMDS_GIVE_UP, EBADMSG, STRANGE},
			{IMDS_RENEW_TOKEN, EACCES, "the new token was refused"}},
		{403, {IMDS_GIVE_UP, EACCES, OFF}, {IMDS_GIVE_UP, EACCES, OFF}},
		{404, {IMDS_GIVE_UP, EBADMSG, "the endpoint does not support IMDSv2"},
			{IMDS_ABSENT, 0, NULL}},
		{405, {IMDS_GIVE_UP, EBADMSG, "the endpoint does not support IMDSv2"},
			{IMDS_GIVE_UP, EBADMSG, STRANGE}},
		{418, {IMDS_GIVE_UP, EBADMSG, STRANGE}, {IMDS_GIVE_UP, EBADMSG, STRANGE}},
		{429, {IMDS_RETRY, 0, NULL}, {IMDS_RETRY, 0, NULL}},
		{500, {IMDS_RETRY, 0, NULL}, {IMDS_RETRY, 0, NULL}},
		{503, {IMDS_RETRY, 0, NULL}, {IMDS_RETRY, 0, NULL}},
		{599, {IMDS_RETRY, 0, NULL}, {IMDS_RETRY, 0, NULL}},
		{600, {IMDS_GIVE_UP, EBADMSG, STRANGE}, {IMDS_GIVE_UP, EBADMSG, STRANGE}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct imds_response on_put = imds_classify_status(IMDS_PUT_TOKEN, cases[i].status);
		struct imds_response on_get = imds_classify_status(IMDS_GET_KEY, cases[i].status);

		assert_response(&on_put, &cases[i].on_put);
		assert_response(&on_get, &cases[i].on_get);
	}
}

static void test_failures(void **state)
{
	static const struct {
		int err;
		struct imds_response response;
	} cases[] = {
		{-ETIME, {IMDS_RETRY, 0, NULL}},
		{-ECONNREFUSED, {IMDS_RETRY, 0, NULL}},
		{-ECONNRESET, {IMDS_RETRY, 0, NULL}},
		{-EMSGSIZE, {IMDS_GIVE_UP, EBADMSG, NULL}},
		{-EPROTO, {IMDS_GIVE_UP, EBADMSG, NULL}},
		{-ENOMEM, {IMDS_GIVE_UP, ENOMEM, NULL}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct imds_response response = imds_classify_failure(cases[i].err);

		assert_response(&response, &cases[i].response);
	}
}

static void test_tokens(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		bool valid;
	} cases[] = {
		{"AQAEAH5f-_x==", 13, true},
		{"!~", 2, true},
		{"", 0, false},
		{"a b", 3, false},
		{"a\tb", 3, false},
		{"a\n", 2, false},
		{"a\r\nX-Other: 1", 13, false},
		{"a\0b", 3, false},
		{"a\x7f", 2, false},
		{"a\xc3\xa4", 3, false},
	};
	char long_one[IMDS_TOKEN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
			imds_word_is_valid(cases[i].bytes, cases[i].length), cases[i].valid);
	memset(long_one, 'a', sizeof(long_one));
	assert_true(imds_word_is_valid(long_one, IMDS_TOKEN_MAX));
	assert_false(imds_word_is_valid(long_one, IMDS_TOKEN_MAX + 1));
}

static void test_timeouts(void **state)
{
	static const struct imds_timeouts rounds[] = {
		{500, 2000}, {1000, 4000}, {2000, 5000}, {2000, 5000}};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rounds); i++) {
		struct imds_timeouts timeouts = imds_get_timeouts(i);

		assert_int_equal(timeouts.connect_msec, rounds[i].connect_msec);
		assert_int_equal(timeouts.response_msec, rounds[i].response_msec);
	}
	assert_int_equal(imds_get_timeouts(UINT32_MAX).response_msec, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_timeouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
