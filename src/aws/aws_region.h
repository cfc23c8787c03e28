/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the region to that of this instance if the settings have none. */
#pragma once

#include "aws/aws_settings.h"
#include "aws/imds.h"
#include "base/deadline.h"

/*
 * Fetches it from the metadata service. `imds` may be NULL; then `imds_error` has the reason.
 * Returns 0; -ENODATA with OUTCOME_USAGE if `imds` is needed and NULL; or an error of
 * imds_get_word() or aws_settings_set_region().
 */
int aws_region_ensure(struct aws_settings *settings, struct imds *imds, const char *imds_error,
	const struct deadline *deadline, struct error *error);
