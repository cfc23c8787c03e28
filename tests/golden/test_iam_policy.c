/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IAM documents: a folder each below tests/golden/iam/ with
 *
 *   policy.yaml   the policy file
 *   given         "for WORD", "for-role ARN", "vpc ID", "account ID", "region REGION" or "partition
 *                 PARTITION" a line; without the last three: 123456789012 in eu-central-1, aws
 *   document      what has to come out, and whether it holds for every VPC; or the error
 */
#include "golden/golden_cases.h"

#include "iam/document.h"
#include "policy/policy_yaml.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

struct given {
	struct iam_location place;
	unsigned uses; /* 0: as the policy says */
	char role[128]; /* "": the host's own */
};

static void take(struct given *given, const char *name, const char *value)
{
	const struct {
		const char *name;
		char *target;
		size_t size;
	} texts[] = {
		{"for-role", given->role, sizeof(given->role)},
		{"vpc", given->place.vpc, sizeof(given->place.vpc)},
		{"account", given->place.account, sizeof(given->place.account)},
		{"region", given->place.region, sizeof(given->place.region)},
		{"partition", given->place.partition, sizeof(given->place.partition)},
	};
	struct error error = {0};
	enum iam_use use;

	if (strcmp(name, "for") == 0) {
		if (iam_use_parse(value, &use, &error))
			fail_msg("%s", error.text);
		given->uses |= IAM_USE_BIT(use);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcmp(texts[i].name, name) == 0) {
			snprintf(texts[i].target, texts[i].size, "%s", value);
			return;
		}
	}
	fail_msg("\"%s %s\" is not known here", name, value);
}

static void read_given(const char *directory, struct given *given)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char *save = NULL;

	golden_read(directory, "given", true, &text);
	for (char *line = text.data ? strtok_r(text.data, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save)) {
		char *blank = strchr(line, ' ');
		assert_non_null(blank);
		*blank = '\0';
		take(given, line, blank + 1);
	}
}

static void print(const struct iam_document *document, struct strbuf *out)
{
	char *text = document->root ? json_dumps(document->root, JSON_INDENT(2)) : NULL;

	strbuf_printf(out, "%s\n", text ? text : "nothing to allow");
	if (document->any_vpc)
		strbuf_add_string(out, "holds for every VPC\n");
	free(text);
}

/* IAM refuses these: an empty list, and a Sid that is not unique or not of letters and digits. */
static void check_grammar(const struct iam_document *document)
{
	const json_t *array = json_object_get(document->root, "Statement");
	json_t *sids = json_object();
	size_t index;
	const json_t *statement;

	json_array_foreach (array, index, statement) {
		const char *sid = json_string_value(json_object_get(statement, "Sid"));
		assert_int_equal(
			strspn(sid, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
			strlen(sid));
		assert_null(json_object_get(sids, sid));
		json_object_set_new(sids, sid, json_true());
		assert_true(json_array_size(json_object_get(statement, "Action")) > 0);
		assert_true(json_array_size(json_object_get(statement, "Resource")) > 0);
	}
	json_decref(sids);
}

static void run_case(void **state)
{
	const char *directory = *state;
	_cleanup_(strbuf_done) struct strbuf text = {0}, out = {0};
	_cleanup_(iam_document_done) struct iam_document document = {0};
	struct given given = {.place = {"aws", "eu-central-1", "123456789012", ""}};
	struct table_names names = {0};
	struct policy_errors errors = {0};
	struct policy policy;
	struct error error = {0};

	golden_read(directory, "policy.yaml", true, &text);
	if (policy_parse("policy.yaml", strbuf_text(&text), text.length, &names, &policy, &errors))
		fail_msg("%s/%s", directory, errors.items[0].text);
	read_given(directory, &given);
	if (iam_document_build(&policy, given.uses ? given.uses : iam_find_uses(&policy),
		    &given.place, given.role[0] ? given.role : NULL, &document, &error)) {
		strbuf_printf(&out, "error: %s\n", error.text);
	} else {
		print(&document, &out);
		check_grammar(&document);
	}
	golden_compare(directory, "document", &out);
	policy_done(&policy);
}

int main(void)
{
	return golden_run("iam", run_case);
}
