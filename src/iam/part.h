/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extracts the statements of one permission from an IAM document as iam/document.h builds it, and
 * parses the ARN of the principal that needs the permission. Pure.
 */
#pragma once

#include "base/strbuf.h"

#include <jansson.h>

#define IAM_NAME_SIZE 65 /* IAM allows 64 characters */

/* Returns true if the statement allows the permission. */
bool iam_statement_allows(const json_t *statement, const char *permission);

/*
 * Prints, in one line, a document that allows only this permission, with the resources and
 * conditions of the full document. The caller must free() it. Returns NULL if memory runs out.
 */
char *iam_document_print_permission(const json_t *document, const char *permission);

/* Appends the Sids of the statements that allow it: "MyhaEniMove, …". Returns 0 or -ENOMEM. */
int iam_document_list_sids(const json_t *document, const char *permission, struct strbuf *out);

/*
 * Parses the ARN of a role, a user or a role's session. Returns "role" or "user", and in ret_name
 * the name that IAM's commands accept. Returns "" for any other ARN; ret_name is then not set.
 */
const char *iam_principal_parse(const char *arn, char ret_name[IAM_NAME_SIZE]);
