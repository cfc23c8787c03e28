/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/aws_region.h"

#include <errno.h>

#define REMEDY "set AWS_REGION, or aws.region in the policy file"

/* If no setting gives the region, sets it to this instance's, from the metadata service. */
int aws_region_ensure(struct aws_settings *settings, struct imds *imds, const char *imds_error,
	const struct deadline *deadline, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf region = {.max = ENDPOINT_REGION_SIZE};
	struct error imds_failure = {0};
	int err;

	if (settings->region.value)
		return 0;
	if (!imds)
		return error_set(error, OUTCOME_USAGE, ENODATA, "no region is known (%s): " REMEDY,
			imds_error);
	err = imds_get_word(imds, IMDS_REGION, deadline, &region, &imds_failure);
	if (err)
		return error_set(error, imds_failure.outcome, -err,
			"no region is known (%s): " REMEDY, imds_failure.text);
	return aws_settings_set_region(
		settings, strbuf_text(&region), "the metadata service", error);
}
