/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "iam/part.h"

#include <stdlib.h>

static const char document_text[] =
	"{\"Version\": \"2012-10-17\", \"Statement\": ["
	"{\"Sid\": \"MyhaLook\", \"Effect\": \"Allow\","
	" \"Action\": [\"ec2:DescribeInstances\", \"ec2:DescribeRouteTables\"],"
	" \"Resource\": [\"*\"]},"
	"{\"Sid\": \"MyhaEniMove\", \"Effect\": \"Allow\","
	" \"Action\": [\"ec2:AttachNetworkInterface\", \"ec2:DetachNetworkInterface\"],"
	" \"Resource\": [\"arn:e\"], \"Condition\": {\"ArnLike\": {\"ec2:Vpc\": \"arn:v\"}}},"
	"{\"Sid\": \"MyhaEniMoveInstance\", \"Effect\": \"Allow\","
	" \"Action\": [\"ec2:AttachNetworkInterface\"], \"Resource\": [\"arn:i\"]}]}";

static void test_parts(void **state)
{
	static const struct {
		const char *permission, *sids, *part;
	} cases[] = {
		{"ec2:DescribeRouteTables", "MyhaLook",
			"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"MyhaLook\","
			"\"Effect\":\"Allow\",\"Action\":[\"ec2:DescribeRouteTables\"],"
			"\"Resource\":[\"*\"]}]}"},
		{"ec2:AttachNetworkInterface", "MyhaEniMove, MyhaEniMoveInstance",
			"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"MyhaEniMove\","
			"\"Effect\":\"Allow\",\"Action\":[\"ec2:AttachNetworkInterface\"],"
			"\"Resource\":[\"arn:e\"],\"Condition\":{\"ArnLike\":{\"ec2:Vpc\":"
			"\"arn:v\"}}},{\"Sid\":\"MyhaEniMoveInstance\",\"Effect\":\"Allow\","
			"\"Action\":[\"ec2:AttachNetworkInterface\"],\"Resource\":[\"arn:i\"]}]}"},
		{"ec2:Attach", "", "{\"Version\":\"2012-10-17\",\"Statement\":[]}"},
	};
	json_t *document = json_loads(document_text, 0, NULL);

	(void)state;
	assert_non_null(document);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf sids = {0};
		_cleanup_(cleanup_free) char *part = iam_document_print_permission(
			document, cases[i].permission);
		assert_string_equal(part, cases[i].part);
		assert_int_equal(iam_document_list_sids(document, cases[i].permission, &sids), 0);
		assert_string_equal(strbuf_text(&sids), cases[i].sids);
	}
	json_decref(document);
}

static void test_principals(void **state)
{
	static const struct {
		const char *arn, *kind, *name;
	} cases[] = {
		{"arn:aws:sts::123456789012:assumed-role/myha-node/i-0a1b2c3d", "role",
			"myha-node"},
		{"arn:aws-cn:iam::123456789012:role/myha-node", "role", "myha-node"},
		{"arn:aws:iam::123456789012:role/sap/prod/myha-node", "role", "myha-node"},
		{"arn:aws:iam::123456789012:user/ops/ann", "user", "ann"},
		{"arn:aws:iam::123456789012:root", "", ""},
		{"arn:aws:sts::123456789012:federated-user/ann", "", ""},
		{"", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char name[IAM_NAME_SIZE] = "";
		assert_string_equal(iam_principal_parse(cases[i].arn, name), cases[i].kind);
		assert_string_equal(name, cases[i].name);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_principals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
