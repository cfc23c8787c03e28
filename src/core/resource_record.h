/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a cluster's resource remembers under /run/myha from its start to its stop, so that stopping
 * needs nothing from elsewhere. Like /run itself it does not outlive a reboot.
 *
 * resource-NAME.KIND has a short text. NAME is what the resource calls its thing.
 */
#pragma once

#include "base/strbuf.h"
#include "core/operation.h"

#define RESOURCE_RECORD_SIZE_MAX 64

/* Each 0 or -errno with words; -EINVAL where the name cannot be a file's. */
int resource_record_store(const struct operation *operation, const char *name, const char *kind,
	const char *text, struct error *error);

/* "" where nothing is remembered. */
int resource_record_load(const struct operation *operation, const char *name, const char *kind,
	struct strbuf *ret_text, struct error *error);

int resource_record_remove(
	const struct operation *operation, const char *name, const char *kind, struct error *error);
