/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of a document for IAM, as iam_policy.h makes it: the statements of one permission, and the
 * principal that they are to be given to. Pure.
 */
#pragma once

#include "base/strbuf.h"

#include <jansson.h>

#define IAM_NAME_SIZE 65 /* IAM allows 64 characters */

bool iam_statement_has(const json_t *statement, const char *permission);

/*
 * A document of its own, in one line, that allows this permission as the whole one does; the caller's
 * to free(). NULL where memory ran out.
 */
char *iam_part_print(const json_t *document, const char *permission);

/* "MyhaEniMove, MyhaEniMoveInstance": the statements that allow it. 0 or -ENOMEM. */
int iam_part_list_sids(const json_t *document, const char *permission, struct strbuf *out);

/*
 * From the ARN of a role, a user or a role's session: "role" or "user", and the name that IAM's
 * commands take. "" for any other.
 */
const char *iam_principal_kind(const char *arn, char ret_name[IAM_NAME_SIZE]);
