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

#define PUT_60 PUT_FOR("60")
#define GET_ID GET("meta-data/instance-id")
#define GET_WITHOUT "GET /latest/meta-data/instance-id\n"

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
	{{RESPONDS(200, "T1"), RESPONDS(200, "i-0a1b2c3d")}, IMDS_WORKS, "", PUT_60 GET_ID},
	{{RESPONDS(403, "no")}, IMDS_OFF, "HTTP 403", PUT_60},
	{{RESPONDS(200, "T1"), RESPONDS(403, "no")}, IMDS_OFF, "HTTP 403", PUT_60 GET_ID},
	{{RESPONDS(404, "no")}, IMDS_NOT_V2, "HTTP 404", PUT_60},
	{{RESPONDS(302, "")}, IMDS_NOT_V2, "HTTP 302", PUT_60},
	{{RESPONDS(200, "<h1>Sign in</h1>")}, IMDS_NOT_V2, "HTTP 200", PUT_60},
	{{RESPONDS(200, "")}, IMDS_NOT_V2, "HTTP 200", PUT_60},
	{{RESPONDS(200, "T1"), RESPONDS(401, "no")}, IMDS_NOT_V2, "HTTP 401", PUT_60 GET_ID},
	{{RESPONDS(200, "T1"), RESPONDS(404, "no")}, IMDS_NOT_V2, "HTTP 404", PUT_60 GET_ID},
	{{RESPONDS(503, "no")}, IMDS_BUSY, "HTTP 503", PUT_60},
	{{RESPONDS(200, "T1"), RESPONDS(429, "no")}, IMDS_BUSY, "HTTP 429", PUT_60 GET_ID},
	/* Only the response with the token is lost on the way. */
	{{SILENT, RESPONDS(401, "no")}, IMDS_HOP_LIMIT, "no complete response in 1.5 s",
		PUT_60 GET_WITHOUT},
	{{SILENT, RESPONDS(200, "i-0a1b2c3d")}, IMDS_HOP_LIMIT, "no complete response in 1.5 s",
		PUT_60 GET_WITHOUT},
	{{SILENT}, IMDS_UNREACHABLE, "no complete response in 1.5 s", PUT_60 GET_WITHOUT},
	{{{CLOSE, 200, NULL, NULL}}, IMDS_UNREACHABLE,
		"the connection was closed without a response", PUT_60},
	{{{RAW, 200, "SSH-2.0-x\r\n", NULL}}, IMDS_UNREACHABLE, "the response is not HTTP", PUT_60},
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
static void test_no_server(void **state)
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
		cmocka_unit_test(test_no_server),
		cmocka_unit_test(test_bad_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
