/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the partition, region, account and VPC for ARNs. The sources, in this order: the given
 * values (of the command line, or of `myha check`), the AWS tools' settings (for the region), this
 * instance's metadata.
 */
#pragma once

#include "core/operation.h"
#include "iam/document.h"

/* The given values; NULL: not given. All borrowed. */
struct iam_location_options {
	const char *partition, *region, *account, *vpc;
	const char *role; /* the document is for this role, whose ARN gives partition and account */
};

/*
 * Sends no query if the region and the account (or role) are given. A VPC that is not given is only
 * known if account and region are this instance's own. Returns 0; -EINVAL with OUTCOME_USAGE for a
 * malformed value; or -errno if the metadata service is needed and does not respond: `error` then
 * names the options.
 */
int iam_location_find(const struct operation *operation, const struct iam_location_options *given,
	struct iam_location *ret_location, struct error *error);
