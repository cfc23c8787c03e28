/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/part.h"

#include "base/json_build.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool iam_statement_allows(const json_t *statement, const char *permission)
{
	const json_t *action;
	size_t index;

	json_array_foreach (json_object_get(statement, "Action"), index, action)
		if (strcmp(json_string_value(action), permission) == 0)
			return true;
	return false;
}

/* Copies the statements that allow the permission, and limits each copy to it. NULL: no memory. */
char *iam_document_print_permission(const json_t *document, const char *permission)
{
	json_t *array = json_array(), *statement, *root;
	_cleanup_(strbuf_done) struct strbuf text = {0};
	size_t i;
	int err;

	json_array_foreach (json_object_get(document, "Statement"), i, statement) {
		json_t *copy;
		if (!iam_statement_allows(statement, permission))
			continue;
		copy = json_copy(statement);
		json_add_member(&copy, "Action", json_pack("[s]", permission));
		json_add_item(&array, copy);
	}
	root = json_pack("{s:s, s:o}", "Version", "2012-10-17", "Statement", array);
	err = json_append(root, JSON_COMPACT, &text);
	json_decref(root);
	return err ? NULL : strdup(strbuf_text(&text));
}

int iam_document_list_sids(const json_t *document, const char *permission, struct strbuf *out)
{
	const json_t *statement;
	size_t i;

	json_array_foreach (json_object_get(document, "Statement"), i, statement)
		if (iam_statement_allows(statement, permission))
			strbuf_printf(out, "%s%s", out->length ? ", " : "",
				json_string_value(json_object_get(statement, "Sid")));
	return out->failed ? -ENOMEM : 0;
}

/* Returns "role" or "user" with the name, or "" if the ARN is of another kind. */
const char *iam_principal_parse(const char *arn, char ret_name[IAM_NAME_SIZE])
{
	static const struct {
		const char *infix, *kind;
		bool is_session; /* the session's name follows the role's name */
	} kinds[] = {
		{":assumed-role/", "role", .is_session = true},
		{":role/", "role"},
		{":user/", "user"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *name = strstr(arn, kinds[i].infix), *slash;
		if (!name)
			continue;
		name += strlen(kinds[i].infix);
		/* ":user/PATH/NAME", but ":assumed-role/NAME/SESSION". */
		slash = kinds[i].is_session ? NULL : strrchr(name, '/');
		if (slash)
			name = slash + 1;
		snprintf(ret_name, IAM_NAME_SIZE, "%.*s", (int)strcspn(name, "/"), name);
		return kinds[i].kind;
	}
	return "";
}
