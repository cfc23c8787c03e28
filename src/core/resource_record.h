/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores short texts about a started resource under /run/myha, so that stop works without the
 * policy or EC2. /run is empty after a reboot.
 *
 * The file resource-NAME.KIND has one text of at most RESOURCE_RECORD_SIZE_MAX bytes. NAME is the
 * overlay, address or ENI that the resource manages; KIND says what the text is.
 */
#pragma once

#include "core/operation.h"

#define RESOURCE_RECORD_SIZE_MAX 64

/* Each function returns 0 or -errno with a message; -EINVAL: `name` has a slash or is too long. */
int resource_record_store(const struct operation *operation, const char *name, const char *kind,
	const char *text, struct error *error);

/* Returns 0 and an empty *ret_text if there is no record. */
int resource_record_load(const struct operation *operation, const char *name, const char *kind,
	struct strbuf *ret_text, struct error *error);

int resource_record_remove(
	const struct operation *operation, const char *name, const char *kind, struct error *error);
