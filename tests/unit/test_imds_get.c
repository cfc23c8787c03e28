/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/aws_region.h"
#include "base/clock.h"
#include "imds_server.h"

#include <errno.h>
#include <string.h>

#define REGION_AT "metadata service: GET @/latest/meta-data/placement/region: "
#define REMEDY "): set AWS_REGION, or aws.region in the policy file"

static void start(const struct reply script[SERVER_MAX_REPLIES], struct server *server,
	struct imds *ret_imds, struct deadline *ret_deadline)
{
	struct imds_options options = {0};

	assert_int_equal(server_start(server, script), 0);
	options.endpoint = server->url;
	assert_int_equal(imds_open(&options, ret_imds, NULL), 0);
	*ret_deadline = deadline_after(clock_now(), 5000);
}

static void test_region(void **state)
{
	static const struct {
		struct reply script[SERVER_MAX_REPLIES];
		int err;
		const char *text;
	} cases[] = {
		{{OK("T1"), OK("eu-central-1")}, 0, "eu-central-1 (the metadata service)"},
		{{OK("T1"), OK("<html> x")}, -EBADMSG,
			"no region is known (" REGION_AT
			"the response is not a single word" REMEDY},
		{{OK("T1"), OK("<html>")}, -EINVAL,
			"the metadata service reports \"<html>\", which is not a region"},
		{{OK("T1"), NOT_FOUND}, -ENOENT,
			"no region is known (" REGION_AT "there is no such key" REMEDY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(aws_settings_done) struct aws_settings settings = {0};
		_cleanup_(strbuf_done) struct strbuf wanted = {0}, got = {0};
		struct error error = {0};
		struct server server;
		struct deadline deadline;
		struct imds imds;

		start(cases[i].script, &server, &imds, &deadline);
		assert_int_equal(
			aws_region_ensure(&settings, &imds, NULL, &deadline, &error), cases[i].err);
		server_expand(&server, cases[i].text, &wanted);
		if (cases[i].err)
			strbuf_add_string(&got, error.text);
		else
			strbuf_printf(&got, "%s (%s)", settings.region.value, settings.region.from);
		assert_string_equal(strbuf_text(&got), strbuf_text(&wanted));
		imds_close(&imds);
		server_done(&server);
	}
}

/* Known already, or without a metadata service. */
static void test_known_region(void **state)
{
	struct aws_settings settings = {0};
	struct error error = {0};

	(void)state;
	assert_int_equal(aws_region_ensure(&settings, NULL, "off", NULL, &error), -ENODATA);
	assert_string_equal(error.text,
		"no region is known (off): set AWS_REGION, or aws.region in the policy file");
	assert_int_equal(aws_settings_set_region(&settings, "r-1", "x", NULL), 0);
	assert_int_equal(aws_region_ensure(&settings, NULL, "off", NULL, NULL), 0);
	aws_settings_done(&settings);
}

static void test_keys(void **state)
{
	static const struct mac mac = {{0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f}};
	static const struct reply script[SERVER_MAX_REPLIES] = {
		OK("T1"), OK("10.0.0.0/16\n10.1.0.0/16"), OK("123456789"), OK("i-1\n")};
	struct strbuf value = {.max = 24};
	char long_key[300] = "";
	struct server server;
	struct deadline deadline;
	struct imds imds;

	(void)state;
	start(script, &server, &imds, &deadline);
	assert_int_equal(imds_get_for_interface(
				 &imds, &mac, "vpc-ipv4-cidr-blocks", &deadline, &value, NULL),
		0);
	assert_string_equal(strbuf_text(&value), "10.0.0.0/16\n10.1.0.0/16");
	assert_int_equal(imds.body.length, 0);
	value.max = 8;
	assert_int_equal(imds_get(&imds, "a", &deadline, &value, NULL), -EBADMSG);
	assert_int_equal(value.length, 0);
	assert_int_equal(imds_get_word(&imds, IMDS_INSTANCE_ID, &deadline, &value, NULL), -EBADMSG);
	assert_int_equal(value.length, 0);
	memset(long_key, 'x', sizeof(long_key) - 1);
	assert_int_equal(imds_get(&imds, long_key, &deadline, &value, NULL), -EINVAL);
	server_stop(&server);
	assert_string_equal(server.notes->requests_text,
		PUT GET("meta-data/network/interfaces/macs/0a:1b:2c:3d:4e:5f/vpc-ipv4-cidr-blocks")
			GET("a") GET("meta-data/instance-id"));
	strbuf_done(&value);
	imds_close(&imds);
	server_done(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_region),
		cmocka_unit_test(test_known_region),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
