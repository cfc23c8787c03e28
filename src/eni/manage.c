/* SPDX-License-Identifier: Apache-2.0 */
#include "eni/manage.h"

#include "base/clock.h"
#include "base/log.h"
#include "core/dry_run.h"
#include "eni/recheck.h"
#include "failover/eni_create.h"
#include "failover/eni_detach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TOKEN_SIZE sizeof("myha-00000000000000000000000000000000")

/* Makes a random client token: if the request is repeated, EC2 creates only one ENI for it. */
static const char *make_token(char token[TOKEN_SIZE])
{
	snprintf(token, TOKEN_SIZE, "myha-%08x%08x%08x%08x", clock_random(), clock_random(),
		clock_random(), clock_random());
	return token;
}

/* Runs the flow, and moves the new ENI into the result; a dry run fills in the preview instead. */
static int run_create(struct cloud *cloud, const struct eni_create_goal *goal,
	struct eni_result *result, struct error *error)
{
	struct eni_create flow;
	char state[ENI_CREATE_STATE_SIZE];
	int err;

	eni_create_init(&flow, goal);
	err = preview_or_run_flow(cloud, NULL, eni_create_flow(&flow), &result->preview, error);
	if (err == -ETIME)
		error_set(error, OUTCOME_TIMEOUT, ETIME, "timed out: %s",
			eni_create_format_state(&flow, state));
	if (flow.verdict == ENI_CREATE_FAILED) {
		*error = flow.error;
		err = -EIO;
	}
	result->eni = TAKE_STRUCT(flow.eni);
	eni_create_done(&flow);
	return err;
}

int eni_create(const struct operation *operation, const struct eni_create_options *options,
	struct eni_result *result)
{
	_cleanup_(cloud_close) struct cloud cloud = {0};
	char token[TOKEN_SIZE];
	const struct eni_create_goal goal = {
		.name = options->subnet, /* for messages: the ENI has no id yet */
		.subnet = options->subnet,
		.addresses = options->addresses,
		.security_groups = options->security_groups,
		.description = options->description,
		.tags = options->tags,
		.token = options->client_token ? options->client_token : make_token(token),
	};
	struct error error = {0};
	int err = cloud_open(operation, &cloud, &error);

	if (!err)
		err = run_create(&cloud, &goal, result, &error);
	if (!err && !result->preview.length)
		log_eni(LOG_INFO, result->eni.id, "created in %s", options->subnet);
	return eni_result_set_state(result, err, &error, true /* has_changed */);
}

/*
 * Repeats the flow as long as EC2 shows no attachment, but this host still has the link: then EC2's
 * response is stale. ret_detached: this run has detached the ENI.
 */
static int run_detach(struct cloud *cloud, const struct eni_detach_goal *goal,
	struct eni_result *result, bool *ret_detached, struct error *error)
{
	struct eni_recheck recheck = {0};
	struct eni_detach flow = {0};
	char state[ENI_STATE_SIZE];
	int err;

	log_progress("%s: detaching", goal->name);
	do {
		eni_detach_done(&flow);
		eni_detach_init(&flow, goal);
		err = preview_or_run_flow(
			cloud, NULL, eni_detach_flow(&flow), &result->preview, error);
		log_progress_clear();
	} while (!err && flow.verdict == ENI_DETACH_IN_PLACE &&
		 eni_recheck_pause_if_due(&recheck, cloud->operation, &flow.before.mac,
			 false /* not attached here */));
	if (err == -ETIME)
		error_set(error, OUTCOME_TIMEOUT, ETIME, "%s: timed out: %s", goal->name,
			eni_detach_format_state(&flow, state));
	if (flow.verdict == ENI_DETACH_FAILED) {
		*error = flow.error;
		err = -EIO;
	}
	result->before = TAKE_STRUCT(flow.before);
	result->forced = flow.forced;
	*ret_detached = flow.verdict != ENI_DETACH_IN_PLACE && !result->preview.length;
	eni_detach_done(&flow);
	return err;
}

int eni_detach(const struct operation *operation, const struct eni_detach_options *options,
	struct eni_result *result)
{
	_cleanup_(cloud_close) struct cloud cloud = {0};
	char instance[EC2_ID_SIZE] = "", vpc[EC2_ID_SIZE] = "";
	struct eni_detach_goal goal = {
		.name = options->name.text,
		.eni = options->name.id,
		.address = options->name.address,
		.vpc = vpc,
		.instance = options->from_any ? NULL : instance,
		.force = options->force,
		.force_after = options->force_after,
	};
	struct error error = {0};
	bool is_detached = false;
	int err = cloud_open(operation, &cloud, &error);

	if (!err && !options->from_any)
		err = cloud_get_instance(&cloud, instance, &error);
	if (!err && !goal.eni) /* another VPC may have the same address */
		err = cloud_get_vpc(&cloud, vpc, &error);
	if (!err)
		err = run_detach(&cloud, &goal, result, &is_detached, &error);
	if (!err && is_detached)
		log_eni(LOG_INFO, result->before.id, "detached from %s%s",
			result->before.attachment.instance, result->forced ? ", by force" : "");
	return eni_result_set_state(result, err, &error, is_detached);
}
