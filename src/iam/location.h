/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partition, region, account and VPC of this host, for ARNs: what is given on the command line,
 * then what the AWS tools' settings say of the region, then this instance's own.
 */
#pragma once

#include "core/operation.h"
#include "iam/document.h"

/* What is given; NULL: not. All borrowed. */
struct iam_place_given {
	const char *partition, *region, *account, *vpc;
	const char *role; /* the document is this role's: its ARN says partition and account */
};

/*
 * With region and account (or role) given nobody is asked. The VPC, unless given, is known only where account
 * and region are this instance's own. Returns 0; -EINVAL with OUTCOME_USAGE for a value that is not
 * of its form; or -errno where the metadata service would have to be asked and has no answer: the
 * words name the options.
 */
int iam_place_find(const struct operation *operation, const struct iam_place_given *given,
	struct iam_place *ret_place, struct error *error);
