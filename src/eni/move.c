/* SPDX-License-Identifier: Apache-2.0 */
#include "eni/move.h"

#include "base/clock.h"
#include "base/log.h"
#include "core/dry_run.h"
#include "core/interface_unit.h"
#include "eni/arrival.h"
#include "eni/link_record.h"
#include "eni/recheck.h"
#include "failover/eni_move.h"
#include "interface/reconcile.h"

#include <errno.h>
#include <string.h>

struct move_run {
	const struct operation *operation;
	const struct eni_move_options *options;
	struct eni_result *result;
	struct cloud cloud;
	char instance[EC2_ID_SIZE], vpc[EC2_ID_SIZE];
	struct strbuf zone;
	struct eni_move_goal goal;
	struct eni_move move;
	enum eni_move_step logged_step; /* the step that was logged last */
	bool has_tried_record; /* store_resource_record() has called link_record_store() */
	struct error record_error; /* why that call failed; OUTCOME_DONE: it did not fail */
};

/* Until the first read has shown the ENI's id, messages use the name that the user typed. */
static const char *get_shown_id(const struct move_run *run)
{
	return run->move.before.id[0] ? run->move.before.id : run->options->name.text;
}

/* Logs a line when a step begins. On a terminal, also shows for how long it has been running. */
static void log_step(struct move_run *run)
{
	enum eni_move_step step = run->move.progress.step;
	const char *holder = run->move.before.attachment.instance;
	const char *from = step == ENI_MOVE_DETACHES || step == ENI_MOVE_FORCES ? holder : "";

	if (step == ENI_MOVE_ENDS) {
		log_progress_clear();
		return;
	}
	if (step != run->logged_step && step != ENI_MOVE_FINDS)
		log_eni(LOG_INFO, get_shown_id(run), "%s%s%s", eni_move_step_texts[step],
			*from ? " from " : "", from);
	run->logged_step = step;
	log_progress("%s: %s, for %.1f s", get_shown_id(run), eni_move_step_texts[step],
		(double)(clock_now() - run->move.progress.since) / 1000);
}

/* Before the first change, so that a start that is killed later leaves a record for the stop. */
static int store_resource_record(struct move_run *run)
{
	const char *resource = run->options->resource;
	const struct mac *mac = &run->move.before.mac;

	if (run->has_tried_record || !resource || !mac_is_set(mac) ||
		run->move.verdict == ENI_MOVE_FAILED)
		return 0;
	run->has_tried_record = true;
	return link_record_store(run->operation, resource, mac, &run->record_error);
}

/* The flow calls this before it sends the requests of a step. An error ends the flow. */
static int on_batch(void *state, struct flow_batch *batch)
{
	int err = store_resource_record(state);

	(void)batch;
	log_step(state);
	return err;
}

static int fetch_instance_facts(struct move_run *run, struct error *error)
{
	int err = cloud_open(run->operation, &run->cloud, error);

	if (!err)
		err = cloud_get_instance(&run->cloud, run->instance, error);
	if (!err)
		err = cloud_get_zone(&run->cloud, &run->zone, error);
	if (!err)
		err = cloud_get_vpc(&run->cloud, run->vpc, error);
	return err;
}

/* The message tells where the ENI is attached: a timeout may leave the ENI detached. */
static void set_timeout_error(const struct move_run *run, struct error *error)
{
	char where[ENI_STATE_SIZE];

	error_set(error, OUTCOME_TIMEOUT, ETIME, "%s: timed out: %s", get_shown_id(run),
		eni_move_format_state(&run->move, where));
}

/*
 * The preview ends at the detachment. Adds the attachment that would follow, at a device index that
 * is free now.
 */
static int preview_attach(struct move_run *run, struct error *error)
{
	enum eni_move_step step = run->move.progress.step;
	bool ends_at_detach = step == ENI_MOVE_DETACHES || step == ENI_MOVE_FORCES;
	struct eni_slot slot;
	struct ec2_parameters attach = {.eni = run->move.before.id, .instance = run->instance};

	if (!run->result->preview.length || !ends_at_detach ||
		!eni_slots_pick(&run->move.slots, &slot))
		return 0;
	attach.device_index = slot.index;
	attach.network_card = slot.card;
	return preview_add_request(
		&run->result->preview, EC2_ATTACH_NETWORK_INTERFACE, &attach, error);
}

static int run_flow(struct move_run *run, struct error *error)
{
	struct flow flow = eni_move_flow(&run->move);
	struct flow_filter filter = {flow, on_batch, run};

	eni_move_done(&run->move); /* of an earlier call */
	eni_move_init(&run->move, &run->goal);
	if (!run->operation->dry_run) /* a dry run logs no steps and writes no record */
		flow = flow_filter_flow(&filter);
	return preview_or_run_flow(&run->cloud, NULL, flow, &run->result->preview, error);
}

/* Repeats the flow as long as EC2 shows an attachment that is stale: this host has no such link. */
static int run_move(struct move_run *run, struct error *error)
{
	struct eni_recheck recheck = {0};
	int err;

	do
		err = run_flow(run, error);
	while (!err && run->move.verdict == ENI_MOVE_IN_PLACE &&
		eni_recheck_pause_if_due(
			&recheck, run->operation, &run->move.eni.mac, true /* attached here */));
	log_progress_clear();
	if (run->move.verdict == ENI_MOVE_FAILED) {
		*error = run->move.error;
		return -EIO;
	}
	if (run->record_error.outcome != OUTCOME_DONE) /* on_batch() ended the flow for it */
		*error = run->record_error;
	if (err == -ETIME)
		set_timeout_error(run, error);
	return err ? err : preview_attach(run, error);
}

/* Takes the state of the ENI from the flow. An ENI that was not moved is shown as found. */
static int fill_result(struct move_run *run)
{
	struct eni_result *result = run->result;
	int err = 0;

	result->before = TAKE_STRUCT(run->move.before);
	result->eni = TAKE_STRUCT(run->move.eni);
	result->forced = run->move.forced;
	memcpy(result->here, run->instance, sizeof(result->here));
	if (!result->eni.id[0] && result->before.id[0])
		err = ec2_eni_copy(&result->before, &result->eni);
	return err;
}

/*
 * Returns the address family that must be configured before the command succeeds; AF_UNSPEC: both.
 * A cluster's resource waits only for the family of its address: for the other family, a router may
 * be advertised much later, or never.
 */
static unsigned char get_service_family(const struct move_run *run)
{
	if (!run->options->resource)
		return AF_UNSPEC;
	if (!run->options->name.id)
		return run->options->name.address.family;
	return ip_address_is_set(&run->result->eni.address) ? AF_INET : AF_INET6;
}

/*
 * Waits for the link, and attaches it as the policy says. udev may rename a new link; then the
 * attach fails, and the link is searched for again by its MAC address. The unit that udev starts
 * attaches the link at the same time; the second of the two finds nothing to do.
 */
static int wait_and_configure_link(struct move_run *run, struct report *report, struct error *error)
{
	struct eni_result *result = run->result;
	const struct eni_arrival arrival = {
		.name = run->options->name.text,
		.eni = &result->eni,
		.instance = run->instance,
		.cloud = &run->cloud,
	};
	struct operation operation = *run->operation;
	const struct result *attached;
	struct net_link link;

	operation.family = get_service_family(run);
	log_progress("%s: waiting for the network interface", result->eni.id);
	for (;;) {
		int err = eni_arrival_wait(&arrival, &link, error);
		if (err)
			return err;
		/* The link still has the same name, so the attach failed for another reason. */
		if (strcmp(result->interface, link.name) == 0)
			return -EIO;
		memcpy(result->interface, link.name, sizeof(result->interface));
		report_done(report); /* of the attempt under the earlier name */
		if (report_add(report, link.name))
			return error_oom(error);
		reconcile(&operation, report);
		attached = &report->results[0];
		if (attached->state != RESULT_FAILED) {
			interface_unit_start_attached(report, &operation.deadline);
			return 0;
		}
		*error = attached->error;
		error_prefix(error, "%s", link.name);
	}
}

int eni_move(const struct operation *operation, const struct eni_move_options *options,
	struct eni_result *result, struct report *report)
{
	struct move_run run = {.operation = operation, .options = options, .result = result};
	struct error error = {0};
	int err = fetch_instance_facts(&run, &error);

	run.goal = (struct eni_move_goal){
		.name = options->name.text,
		.eni = options->name.id,
		.address = options->name.address,
		.instance = run.instance,
		.zone = strbuf_text(&run.zone),
		.vpc = run.vpc,
		.is_secondary = options->resource != NULL,
		.force = options->force,
		.force_after = options->force_after,
	};
	if (!err)
		err = run_move(&run, &error);
	if (fill_result(&run) && !err)
		err = error_oom(&error);
	if (!err && !result->preview.length && !options->no_wait)
		err = wait_and_configure_link(&run, report, &error);
	log_progress_clear();
	eni_result_set_state(result, err, &error, run.move.verdict != ENI_MOVE_IN_PLACE);
	eni_move_done(&run.move);
	strbuf_done(&run.zone);
	cloud_close(&run.cloud);
	return err;
}
