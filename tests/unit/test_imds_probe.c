/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/imds_probe.h"
#include "base/clock.h"
#include "imds_server.h"

#include <string.h>

#define PUT "PUT /latest/api/token X-aws-ec2-metadata-token-ttl-seconds: 60\n"
#define GET "GET /latest/meta-data/instance-id X-aws-ec2-metadata-token: T1\n"
#define GET_WITHOUT "GET /latest/meta-data/instance-id\n"

#define SAYS(status, body)                                                                         \
	{                                                                                          \
		RESPONSE, status, body, NULL                                                       \
	}
#define SILENT                                                                                     \
	{                                                                                          \
		HANG, 200, NULL, NULL                                                              \
	}

static const struct {
	struct reply script[SERVER_MAX_REPLIES];
	enum imds_state state;
	const char *words;
	const char *requests;
} cases[] = {
	{{SAYS(200, "T1"), SAYS(200, "i-0a1b2c3d")}, IMDS_WORKS, "", PUT GET},
	{{SAYS(403, "no")}, IMDS_OFF, "HTTP 403", PUT},
	{{SAYS(200, "T1"), SAYS(403, "no")}, IMDS_OFF, "HTTP 403", PUT GET},
	{{SAYS(404, "no")}, IMDS_NO_TOKENS, "HTTP 404", PUT},
	{{SAYS(302, "")}, IMDS_NO_TOKENS, "HTTP 302", PUT},
	{{SAYS(200, "<h1>Sign in</h1>")}, IMDS_NO_TOKENS, "HTTP 200", PUT},
	{{SAYS(200, "")}, IMDS_NO_TOKENS, "HTTP 200", PUT},
	{{SAYS(200, "T1"), SAYS(401, "no")}, IMDS_NO_TOKENS, "HTTP 401", PUT GET},
	{{SAYS(200, "T1"), SAYS(404, "no")}, IMDS_NO_TOKENS, "HTTP 404", PUT GET},
	{{SAYS(503, "no")}, IMDS_BUSY, "HTTP 503", PUT},
	{{SAYS(200, "T1"), SAYS(429, "no")}, IMDS_BUSY, "HTTP 429", PUT GET},
	/* The answer with the token is lost on the way, and no other. */
	{{SILENT, SAYS(401, "no")}, IMDS_HOP_LIMIT, "no complete response in 1.5 s",
		PUT GET_WITHOUT},
	{{SILENT, SAYS(200, "i-0a1b2c3d")}, IMDS_HOP_LIMIT, "no complete response in 1.5 s",
		PUT GET_WITHOUT},
	{{SILENT}, IMDS_UNREACHABLE, "no complete response in 1.5 s", PUT GET_WITHOUT},
	{{{CLOSE, 200, NULL, NULL}}, IMDS_UNREACHABLE,
		"the connection was closed without a response", PUT},
	{{{RAW, 200, "SSH-2.0-x\r\n", NULL}}, IMDS_UNREACHABLE, "the response is not HTTP", PUT},
};

static void test_states(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct deadline deadline = deadline_after(clock_now(), 20000);
		struct imds_probe probe;
		struct error error = {0};
		struct server server;

		assert_int_equal(server_start(&server, cases[i].script), 0);
		assert_int_equal(imds_probe(server.url, NULL, &deadline, &probe, &error), 0);
		assert_int_equal(probe.state, cases[i].state);
		assert_string_equal(probe.error.text, cases[i].words);
		assert_string_equal(server.notes->requests_text, cases[i].requests);
		assert_true(probe.msec < 10000);
		server_done(&server);
	}
}

/* Nothing listens on the discard port of loopback. */
static void test_nobody_there(void **state)
{
	struct deadline deadline = deadline_after(clock_now(), 20000);
	struct imds_probe probe;
	struct error error = {0};

	(void)state;
	assert_int_equal(imds_probe("http://127.0.0.1:9", NULL, &deadline, &probe, &error), 0);
	assert_int_equal(probe.state, IMDS_UNREACHABLE);
	assert_string_equal(probe.error.text, "no connection: Connection refused");
}

static void test_bad_interface(void **state)
{
	struct deadline deadline = deadline_after(clock_now(), 20000);
	struct imds_probe probe;
	struct error error = {0};

	(void)state;
	assert_true(imds_probe("http://127.0.0.1:9", "a-name-that-is-too-long", &deadline, &probe,
			    &error) < 0);
	assert_int_equal(error.outcome, OUTCOME_USAGE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_bad_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
