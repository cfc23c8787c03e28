/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/endpoint.h"
#include "aws/url.h"
#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

static void test_urls(void **state)
{
	static const struct {
		const char *text;
		bool tls;
		const char *authority, *rest;
		bool loopback;
	} cases[] = {
		{"https://ec2.eu-central-1.amazonaws.com", true, "ec2.eu-central-1.amazonaws.com",
			"", false},
		{"HTTPS://Host.Example/", true, "host.example", "/", false},
		{"https://host:443/a?b=c%20d", true, "host", "/a?b=c%20d", false},
		{"https://host:80", true, "host:80", "", false},
		{"http://host:80?x", false, "host", "?x", false},
		{"http://host:443", false, "host:443", "", false},
		{"http://localhost:4566", false, "localhost:4566", "", true},
		{"http://127.1.2.3", false, "127.1.2.3", "", true},
		{"http://[::1]:1", false, "[::1]:1", "", true},
		{"http://[FD00:EC2::23]/v1", false, "[fd00:ec2::23]", "/v1", false},
		{"http://128.0.0.1", false, "128.0.0.1", "", false},
		{"http://localhost.example", false, "localhost.example", "", false},
		{"http://127.0.0.1.example", false, "127.0.0.1.example", "", false},
		{"http://under_score:1", false, "under_score:1", "", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char authority[URL_AUTHORITY_SIZE];
		struct url url;

		assert_int_equal(url_parse(cases[i].text, &url), 0);
		assert_int_equal(url.tls, cases[i].tls);
		assert_string_equal(url_format_authority(&url, authority), cases[i].authority);
		assert_string_equal(url.rest, cases[i].rest);
		assert_int_equal(url_is_loopback(&url), cases[i].loopback);
	}
}

static void test_bad_urls(void **state)
{
	static const char *const cases[] = {"", "host", "ftp://host", "https:/host", "https://",
		"https:///", "https://user@host", "https://a:b@host", "https://host#f",
		"https://host/#f", "https://host:", "https://host:0", "https://host:65536",
		"https://host:000080", "https://host:1x", "https://host/a b",
		"https://host\r\nX: 1", "https://host/\x7f", "https://h\xc3\xb6st", "https://[::1",
		"https://[]", "https://[::1]x", "https://[127.0.0.1]", "https://[fe80::1%25eth0]",
		"https://[::1]@evil", "https://a\\b", " https://host", "https://host "};
	struct url url;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(url_parse(cases[i], &url), -EINVAL);
}

static void test_long_url(void **state)
{
	char text[300] = "http://";
	struct url url;

	(void)state;
	memset(text + 7, 'a', URL_HOST_SIZE - 1);
	assert_int_equal(url_parse(text, &url), 0);
	memset(text + 7, 'a', URL_HOST_SIZE);
	assert_int_equal(url_parse(text, &url), -EINVAL);
}

static void test_addresses(void **state)
{
	struct url url;

	(void)state;
	assert_int_equal(url_parse("http://[FD00:0ec2:0::23]/", &url), 0);
	assert_true(url_is_address(&url, "fd00:ec2::23"));
	assert_false(url_is_address(&url, "fd00:ec2::24"));
	assert_int_equal(url_parse("http://169.254.170.2", &url), 0);
	assert_true(url_is_address(&url, "169.254.170.2"));
	assert_int_equal(url_parse("http://169.254.170.2.example", &url), 0);
	assert_false(url_is_address(&url, "169.254.170.2"));
}

/* Every partition; compare-botocore has every region. */
static void test_hosts(void **state)
{
	static const struct {
		const char *region, *partition;
		const char *hosts[4]; /* plain, FIPS, dual stack, both */
	} cases[] = {
		{"eu-central-1", "aws",
			{"ec2.eu-central-1.amazonaws.com", "ec2-fips.eu-central-1.amazonaws.com",
				"ec2.eu-central-1.api.aws", "ec2-fips.eu-central-1.api.aws"}},
		{"cn-north-1", "aws-cn",
			{"ec2.cn-north-1.amazonaws.com.cn", "ec2-fips.cn-north-1.amazonaws.com.cn",
				"ec2.cn-north-1.api.amazonwebservices.com.cn",
				"ec2-fips.cn-north-1.api.amazonwebservices.com.cn"}},
		{"us-gov-west-1", "aws-us-gov",
			{"ec2.us-gov-west-1.amazonaws.com", "ec2.us-gov-west-1.amazonaws.com",
				"ec2.us-gov-west-1.api.aws", "ec2-fips.us-gov-west-1.api.aws"}},
		{"eusc-de-east-1", "aws-eusc",
			{"ec2.eusc-de-east-1.amazonaws.eu", "ec2-fips.eusc-de-east-1.amazonaws.eu",
				"ec2.eusc-de-east-1.api.amazonwebservices.eu",
				"ec2-fips.eusc-de-east-1.api.amazonwebservices.eu"}},
		{"us-iso-east-1", "aws-iso",
			{"ec2.us-iso-east-1.c2s.ic.gov", "ec2-fips.us-iso-east-1.c2s.ic.gov",
				"ec2.us-iso-east-1.api.aws.ic.gov",
				"ec2-fips.us-iso-east-1.api.aws.ic.gov"}},
		{"us-isob-east-1", "aws-iso-b",
			{"ec2.us-isob-east-1.sc2s.sgov.gov",
				"ec2-fips.us-isob-east-1.sc2s.sgov.gov",
				"ec2.us-isob-east-1.api.aws.scloud",
				"ec2-fips.us-isob-east-1.api.aws.scloud"}},
		{"eu-isoe-west-1", "aws-iso-e",
			{"ec2.eu-isoe-west-1.cloud.adc-e.uk",
				"ec2-fips.eu-isoe-west-1.cloud.adc-e.uk",
				"ec2.eu-isoe-west-1.api.cloud-aws.adc-e.uk",
				"ec2-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk"}},
		{"us-isof-south-1", "aws-iso-f",
			{"ec2.us-isof-south-1.csp.hci.ic.gov",
				"ec2-fips.us-isof-south-1.csp.hci.ic.gov",
				"ec2.us-isof-south-1.api.aws.hci.ic.gov",
				"ec2-fips.us-isof-south-1.api.aws.hci.ic.gov"}},
		{"xx-nowhere-1", "aws",
			{"ec2.xx-nowhere-1.amazonaws.com", "ec2-fips.xx-nowhere-1.amazonaws.com",
				"ec2.xx-nowhere-1.api.aws", "ec2-fips.xx-nowhere-1.api.aws"}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_string_equal(endpoint_partition(cases[i].region), cases[i].partition);
		for (unsigned j = 0; j < 4; j++) {
			const struct endpoint_options options = {
				.region = cases[i].region, .fips = j & 1, .dualstack = j & 2};
			char url[512] = "https://";
			struct endpoint endpoint;

			strcat(strcat(url, cases[i].hosts[j]), "/");
			assert_int_equal(endpoint_build(&options, &endpoint, NULL), 0);
			assert_string_equal(endpoint.host, cases[i].hosts[j]);
			assert_string_equal(endpoint.url, url);
			assert_string_equal(endpoint.region, cases[i].region);
			assert_string_equal(endpoint.service, "ec2");
		}
	}
}

static void test_sts(void **state)
{
	const struct endpoint_options options = {
		.service = AWS_SERVICE_STS, .region = "eu-west-3", .fips = true};
	struct endpoint endpoint;

	(void)state;
	assert_int_equal(endpoint_build(&options, &endpoint, NULL), 0);
	assert_string_equal(endpoint.url, "https://sts-fips.eu-west-3.amazonaws.com/");
	assert_string_equal(endpoint.service, "sts");
}

static void test_custom(void **state)
{
	static const struct {
		const char *custom;
		bool is_explicit, fips, dualstack;
		const char *url, *host, *text; /* URL, or what is wrong */
	} cases[] = {
		{"https://LAB.example:8443/", false, false, false, "https://lab.example:8443/",
			"lab.example:8443", ""},
		{"https://lab:443", false, false, false, "https://lab/", "lab", ""},
		{"http://127.0.0.1:4566", false, false, false, "http://127.0.0.1:4566/",
			"127.0.0.1:4566", ""},
		{"http://[::1]:80", false, false, false, "http://[::1]/", "[::1]", ""},
		{"http://10.0.0.1", true, false, false, "http://10.0.0.1/", "10.0.0.1", ""},
		{"http://10.0.0.1", false, false, false, NULL, NULL,
			"FROM is \"http://10.0.0.1\", which is neither encrypted nor on this host: use https://, or set this endpoint only for ec2"},
		{"https://lab/path", true, false, false, NULL, NULL,
			"FROM is \"https://lab/path\", but must be https://HOST or "
			"https://HOST:PORT"},
		{"lab", true, false, false, NULL, NULL,
			"FROM is \"lab\", but must be https://HOST or https://HOST:PORT"},
		{"https://lab", true, true, false, NULL, NULL,
			"FROM sets an endpoint, so a FIPS endpoint cannot be selected: remove one of the two settings"},
		{"https://lab", true, false, true, NULL, NULL,
			"FROM sets an endpoint, so a dual stack endpoint cannot be selected: remove one of the two settings"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct endpoint_options options = {
			.region = "eu-central-1",
			.fips = cases[i].fips,
			.dualstack = cases[i].dualstack,
			.custom = cases[i].custom,
			.custom_from = "FROM",
			.custom_is_explicit = cases[i].is_explicit,
		};
		struct endpoint endpoint = {0};
		struct error error = {0};

		assert_int_equal(
			endpoint_build(&options, &endpoint, &error), cases[i].url ? 0 : -EINVAL);
		assert_string_equal(error.text, cases[i].text);
		assert_int_equal(error.outcome, cases[i].url ? OUTCOME_DONE : OUTCOME_USAGE);
		assert_string_equal(endpoint.url, cases[i].url ? cases[i].url : "");
		assert_string_equal(endpoint.host, cases[i].host ? cases[i].host : "");
	}
}

static void test_bad_regions(void **state)
{
	static const char *const cases[] = {"", "-a", "a-", "EU-central-1", "eu.central", "a/b",
		"a b", "a\n", "eu_central_1",
		"a234567890123456789012345678901234567890123456789012345678901234"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct endpoint_options options = {.region = cases[i]};
		struct endpoint endpoint;

		assert_int_equal(endpoint_build(&options, &endpoint, NULL), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_bad_urls),
		cmocka_unit_test(test_long_url),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_sts),
		cmocka_unit_test(test_custom),
		cmocka_unit_test(test_bad_regions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
