/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets the region to that of this instance if the settings have none.
 */
#pragma once

#include "aws/aws_settings.h"
#include "aws/imds.h"
#include "base/deadline.h"

/*
 * Fetches the region from the metadata service if the settings have none. `imds` may be NULL; then
 * `imds_error` is the reason, for messages. Returns 0; -ENODATA with OUTCOME_USAGE if the region is
 * needed and `imds` is NULL; or an error of imds_get_word() or aws_settings_set_region().
 */
int aws_region_complete(struct aws_settings *settings, struct imds *imds, const char *imds_error,
	const struct deadline *deadline, struct error *error);
