/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/query.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_escapes(void **state)
{
	static const struct {
		const char *value;
		const char *body;
	} cases[] = {
		{"", "Action=A&Version=1&V="},
		{"azAZ09-_.~", "Action=A&Version=1&V=azAZ09-_.~"},
		{"a b", "Action=A&Version=1&V=a%20b"},
		{"a+b", "Action=A&Version=1&V=a%2Bb"},
		{"192.168.10.16/32", "Action=A&Version=1&V=192.168.10.16%2F32"},
		{"fd00::1", "Action=A&Version=1&V=fd00%3A%3A1"},
		{"&=%*'()!\"", "Action=A&Version=1&V=%26%3D%25%2A%27%28%29%21%22"},
		{"\n\r\t\177", "Action=A&Version=1&V=%0A%0D%09%7F"},
		{"\303\266\377", "Action=A&Version=1&V=%C3%B6%FF"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(query_done) struct query query;
		_cleanup_(strbuf_done) struct strbuf body = {0};

		query_begin(&query, "A", "1");
		query_add(&query, cases[i].value, "V");
		assert_int_equal(query_end(&query, &body), 0);
		assert_string_equal(strbuf_text(&body), cases[i].body);
	}
}

static void test_names(void **state)
{
	_cleanup_(query_done) struct query query;
	_cleanup_(strbuf_done) struct strbuf body = {0};

	(void)state;
	query_begin(&query, "DescribeRouteTables", "2016-11-15");
	query_add(&query, "vpc-id", "Filter.%d.Name", 1);
	query_add(&query, "vpc-1", "Filter.%d.Value.%d", 1, 2);
	assert_int_equal(query_end(&query, &body), 0);
	assert_string_equal(strbuf_text(&body),
		"Action=DescribeRouteTables&Version=2016-11-15&Filter.1.Name=vpc-id"
		"&Filter.1.Value.2=vpc-1");
}

static void test_too_long(void **state)
{
	static char value[QUERY_MAX + 1];
	static char name[200];
	_cleanup_(query_done) struct query query;
	_cleanup_(strbuf_done) struct strbuf body = {0};

	(void)state;
	memset(value, 'x', QUERY_MAX);
	memset(name, 'x', sizeof(name) - 1);
	query_begin(&query, "A", "1");
	query_add(&query, value, "V");
	query_add(&query, "later", "W");
	assert_int_equal(query_end(&query, &body), -E2BIG);
	query_done(&query);

	query_begin(&query, "A", "1");
	query_add(&query, "value", "%s", name);
	query_add(&query, "later", "W");
	assert_int_equal(query_end(&query, &body), -E2BIG);
	assert_string_equal(strbuf_text(&body), "");
	query_done(&query);
	query_done(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
