/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The region where nobody has said one: this instance's own.
 */
#pragma once

#include "aws/aws_settings.h"
#include "aws/imds.h"
#include "base/deadline.h"

/*
 * Asks the metadata service if the settings have no region yet. `imds` may be NULL, then `no_imds`
 * says why. Returns 0; -ENODATA with OUTCOME_USAGE (nobody knows); or as
 * imds_get().
 */
int aws_region_complete(struct aws_settings *settings, struct imds *imds, const char *no_imds,
	const struct deadline *deadline, struct error *error);
