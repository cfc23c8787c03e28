/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/ini.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse(const char *text, struct ini *ini, struct error *error)
{
	struct strbuf bytes = {0};
	int err;

	strbuf_add_string(&bytes, text);
	err = ini_parse("f", &bytes, ini, error);
	assert_null(bytes.data);
	return err;
}

/* "[SECTION@LINE] PARENT.NAME@LINE=VALUE;…", a '|' for each line end. */
static void dump(const struct ini *ini, struct strbuf *out)
{
	for (size_t i = 0; i < ini->count; i++) {
		strbuf_printf(out, "[%s@%u]", ini->sections[i].name, ini->sections[i].line);
		for (size_t j = 0; j < ini->sections[i].count; j++) {
			const struct ini_key *key = &ini->sections[i].keys[j];

			strbuf_printf(out, "%s%s%s@%u=%s;", key->parent ? key->parent : "",
				key->parent ? "." : "", key->name, key->line,
				key->value ? key->value : "{}");
		}
	}
	for (char *at = out->data; at && *at; at++)
		if (*at == '\n')
			*at = '|';
}

static void test_well_formed(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"", ""},
		{"\n# nothing\n  ; more\n\n", ""},
		{"\357\273\277", ""},
		{"\357\273\277[default]\r\nregion = a\r\n", "[default@1]region@2=a;"},
		{"[default]\nregion = eu-central-1\n", "[default@1]region@2=eu-central-1;"},
		{"[default]\r\nRegion=a\r\n\r\n[profile x]\r\nb : 2",
			"[default@1]region@2=a;[profile x@4]b@5=2;"},
		{"[a]\rb=1\r[c]\r", "[a@1]b@2=1;[c@3]"},
		{" [ a ] # b\n  c\t=\td e \n", "[ a @1]c@2=d e;"},
		{"[a]\nb = c # d ; e\n", "[a@1]b@2=c # d ; e;"},
		{"[a]\nb = c = d : e\nf:g=h\n", "[a@1]b@2=c = d : e;f@3=g=h;"},
		{"[a]\nb =\nc =   \n", "[a@1]b@2=;c@3=;"},
		{"[a]\nb = c\n  d\n# e\n\n   f\ng = h\n", "[a@1]b@2=c|d||f;g@7=h;"},
		{"[a]\nb = c\n\n\n", "[a@1]b@2=c;"},
		{"[a]\n  b = c\n  d = e\n f = g\n", "[a@1]b@2=c;d@3=e;f@4=g;"},
		{"[services s]\nec2 =\n  endpoint_url = https://a\n  Other=1\nsts "
		 "=\n\tendpoint_url=b",
			"[services "
			"s@1]ec2@2={};ec2.endpoint_url@2=https://a;ec2.Other@2=1;sts@5={};"
			"sts.endpoint_url@5=b;"},
		{"[a]\ns3 =\n  x = 1\n  x = 2\nx = 3\n", "[a@1]s3@2={};s3.x@2=2;x@5=3;"},
		{"[a]\ns3 =\n  x = 1", "[a@1]s3@2={};s3.x@2=1;"},
		{"[a]\nb=1\n[a b]\nb=2\n", "[a@1]b@2=1;[a b@3]b@4=2;"},
		{"[a]]\n", "[a]@1]"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(ini_done) struct ini ini = {0};
		_cleanup_(strbuf_done) struct strbuf out = {0};
		struct error error = {0};

		assert_int_equal(parse(cases[i].text, &ini, &error), 0);
		dump(&ini, &out);
		assert_string_equal(strbuf_text(&out), cases[i].wanted);
		assert_string_equal(error.text, "");
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"a = b\n", "f:1: a [section] must come before the first key"},
		{"\n\n  [\n", "f:3: a [section] must come before the first key"},
		{"[a]\nAKIASECRET\n", "f:2: neither a [section] nor NAME = VALUE"},
		{"[a]\n= b\n", "f:2: neither a [section] nor NAME = VALUE"},
		{"[a]\n[]\n", "f:2: neither a [section] nor NAME = VALUE"},
		{"[a]\n\n[b]\n[a]\n", "f:4: duplicate section [a], first in line 1"},
		{"[a]\nb = 1\nc = 2\nB = 3\n", "f:4: duplicate key \"b\", first in line 2"},
		{"[a]\ncredential_process =\n  /bin/x\n",
			"f:2: indented lines under \"credential_process\" must be NAME = VALUE"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ini ini = {0};
		struct error error = {0};

		assert_int_equal(parse(cases[i].text, &ini, &error), -EINVAL);
		assert_string_equal(error.text, cases[i].wanted);
		assert_int_equal(error.outcome, OUTCOME_USAGE);
		assert_null(ini.sections);
	}
}

static void test_binary(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *wanted;
	} texts[] = {
		{"[a]\nb=\0c\n", 9, "f: not a text file"},
		{"\377\376[\0a\0]\0", 8, "f: the text is UTF-16: save it as UTF-8"},
		{"\376\377\0[\0a\0]", 8, "f: the text is UTF-16: save it as UTF-8"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct strbuf bytes = {0};
		struct ini ini = {0};
		struct error error = {0};

		strbuf_add(&bytes, texts[i].text, texts[i].length);
		assert_int_equal(ini_parse("f", &bytes, &ini, &error), -EINVAL);
		assert_string_equal(error.text, texts[i].wanted);
	}
}

static void check_many(const char *format, unsigned count, const char *wanted)
{
	_cleanup_(ini_done) struct ini ini = {0};
	struct strbuf bytes = {0};
	struct error error = {0};
	int err;

	strbuf_add_string(&bytes, "[a]\n");
	for (unsigned i = 0; i < count; i++) {
		char line[32];

		snprintf(line, sizeof(line), format[0] == '[' ? "[%u]\n" : "k%u = 1\n", i);
		strbuf_add_string(&bytes, line);
	}
	err = ini_parse("f", &bytes, &ini, &error);
	assert_int_equal(err, *wanted ? -EINVAL : 0);
	assert_string_equal(error.text, wanted);
}

static void test_many(void **state)
{
	(void)state;
	check_many("k", 1024, "");
	check_many("k", 1025, "f:1026: more than 1024 keys in [a]");
	check_many("[", 4095, "");
	check_many("[", 4096, "f:4097: more than 4096 sections");
}

static void test_find(void **state)
{
	_cleanup_(ini_done) struct ini ini = {0};
	const struct ini_section *section;

	(void)state;
	assert_int_equal(parse("[a]\nx = 1\n[b]\ny =\n x = 2\nx = 3\n", &ini, NULL), 0);
	assert_null(ini_find_section(&ini, "c"));
	section = ini_find_section(&ini, "b");
	assert_non_null(section);
	assert_string_equal(ini_find_key(section, NULL, "x")->value, "3");
	assert_string_equal(ini_find_key(section, "y", "x")->value, "2");
	assert_null(ini_find_key(section, NULL, "y")->value);
	assert_null(ini_find_key(section, "x", "y"));
	ini_done(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_well_formed),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_binary),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
