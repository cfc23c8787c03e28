/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/source_check.h"

#include "base/log.h"
#include "core/dry_run.h"

#include <errno.h>

static void log_verdict(const struct overlay_result *result)
{
	const char *name = result->subject.name;

	switch (result->check) {
	case SOURCE_CHECK_FIXED:
		log_overlay(LOG_INFO, name,
			"disabled the source/destination check of %s (while enabled, EC2 drops traffic to overlay addresses)",
			result->eni);
		break;
	case SOURCE_CHECK_ON:
		log_overlay(LOG_WARNING, name, "%s", result->check_error.text);
		break;
	case SOURCE_CHECK_FAILED:
		log_overlay(LOG_ERR, name, "%s", result->check_error.text);
		break;
	case SOURCE_CHECK_PENDING:
	case SOURCE_CHECK_OFF:
		break;
	}
}

/* Adds the request that disables the check, and that a dry run does not send. */
static void preview_fix(struct overlay_result *result)
{
	const struct ec2_parameters parameters = {
		.eni = result->eni,
		.source_dest_check = EC2_FLAG_FALSE,
	};
	struct error error = {0};
	int err = preview_add_request(
		&result->preview, EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE, &parameters, &error);

	/* The state becomes RESULT_DIFFERS, unless the result has failed or differs anyway. */
	if (err || result->state == RESULT_UNCHANGED)
		overlay_result_set_state(
			result, err, &error, true /* changed */, true /* dry run */);
}

/* Runs the flow, and puts its verdict into the result. An error of the run is a verdict, too. */
static void run_check(struct cloud *cloud, enum source_check_mode mode, enum ec2_flag known,
	struct overlay_result *result)
{
	const struct source_check_goal goal = {.eni = result->eni, .mode = mode, .known = known};
	struct source_check check;
	struct error error = {0};
	int err;

	source_check_init(&check, &goal);
	err = cloud_run_flow(cloud, NULL /* no role */, source_check_flow(&check), &error);
	if (err == -ETIME)
		error_set(&error, OUTCOME_TIMEOUT, ETIME, "timed out: %s",
			source_check_describe_state(&check));
	if (err) {
		check.verdict = SOURCE_CHECK_FAILED;
		check.error = error;
		error_ensure_text(&check.error, err);
		error_prefix(&check.error, "source/destination check of %s", result->eni);
	}
	result->check = check.verdict;
	result->check_error = check.error;
}

void overlay_source_check_read(struct cloud *cloud, struct overlay_result *result)
{
	run_check(cloud, SOURCE_CHECK_REPORT, EC2_FLAG_UNKNOWN, result);
}

void overlay_source_check_apply(
	struct cloud *cloud, enum ec2_flag known, struct overlay_result *result)
{
	enum policy_check configured = cloud->operation->policy->source_dest_check;
	bool may_fix = configured == POLICY_CHECK_FIX && !cloud->operation->dry_run;

	if (configured == POLICY_CHECK_IGNORE)
		return;
	run_check(cloud, may_fix ? SOURCE_CHECK_FIX : SOURCE_CHECK_REPORT, known, result);
	if (result->check == SOURCE_CHECK_ON && configured == POLICY_CHECK_FIX) {
		/* The error requests a change that this command makes without --dry-run. */
		result->check_error = (struct error){0};
		preview_fix(result);
		return;
	}
	log_verdict(result);
}

void overlay_source_guard_prepare(
	struct cloud *cloud, const struct overlay_result *result, struct source_guard *ret_guard)
{
	enum policy_check configured = cloud->operation->policy->source_dest_check;
	struct error error = {0};

	if (configured == POLICY_CHECK_IGNORE)
		return;
	source_guard_init(ret_guard, result->eni, configured == POLICY_CHECK_FIX);
	/* Under a role the flow of the routes cannot read the check: see the header. */
	if (!result->subject.role_arn)
		return;
	/* overlay_source_check_apply() reports this failure later. */
	if (cloud_run_flow(cloud, NULL /* no role */, source_guard_probe_flow(ret_guard), &error))
		*ret_guard = (struct source_guard){0};
}
