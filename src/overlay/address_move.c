/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/address_move.h"

#include "base/log.h"
#include "base/utf8.h"
#include "core/dry_run.h"
#include "failover/address_move.h"
#include "overlay/address_record.h"
#include "overlay/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct move_run {
	const struct operation *operation;
	struct overlay_result *result; /* the address on this host */
	struct cloud cloud;
	struct overlay_host host;
	char vpc[EC2_ID_SIZE];
	struct address_move move;
	bool has_tried_placing; /* record_and_place() was called */
	bool is_assignment_recorded;
	int place_err; /* why the address could not be placed; 0: no error */
	struct error place_error; /* the message of place_err */
};

/* Writes the record first, so that a detach removes the address even if this run is killed. */
static int record_and_place(struct move_run *run)
{
	int err = address_record_store_placed(run->operation, &run->result->link,
		&run->result->subject.address, &run->place_error);

	run->has_tried_placing = true;
	if (err)
		return err;
	run->host.reason = run->move.verdict == ADDRESS_MOVE_IN_PLACE
				   ? NULL
				   : "is being assigned to this host";
	return overlay_host_place(&run->host, &run->result->link, run->result, &run->place_error);
}

/* Before the first change in EC2, or as soon as a read shows that the ENI has the address. */
static bool must_place_now(const struct move_run *run, const struct flow_batch *batch)
{
	return run->move.verdict == ADDRESS_MOVE_IN_PLACE || flow_batch_has_change(batch);
}

/* EC2 has already confirmed the assignment, so a failure to write the record is only logged. */
static void record_assignment(const struct move_run *run)
{
	const struct overlay_result *result = run->result;
	struct error error = {0};

	if (address_record_store_assigned(
		    run->operation, &result->link, &result->subject.address, &error))
		log_line(LOG_WARNING, result->link.name, "%s", error.text);
}

/* The move has failed, and reports that: a failure to write the record is only logged. */
static void record_release(const struct move_run *run)
{
	const struct overlay_result *result = run->result;
	struct error error = {0};

	if (address_record_store_released(
		    run->operation, result->link.name, &result->subject.address, &error))
		log_line(LOG_WARNING, result->link.name, "%s", error.text);
}

/* Called before each batch, so that the record is written even if the run is killed later. */
static void record_assignment_once(struct move_run *run)
{
	if (!run->move.accepted || run->is_assignment_recorded)
		return;
	run->is_assignment_recorded = true;
	record_assignment(run);
}

/* The flow calls this before it sends a batch. Places the address when must_place_now(). */
static int on_batch(void *state, struct flow_batch *batch)
{
	struct move_run *run = state;

	record_assignment_once(run);
	if (run->has_tried_placing || !must_place_now(run, batch))
		return 0;
	run->place_err = record_and_place(run);
	if (run->place_err)
		flow_batch_done(batch); /* an empty batch ends the flow */
	return 0;
}

/* EC2 reserves the first four addresses of a subnet and the last one. */
static bool is_reserved(const struct ip_prefix *subnet, const struct ip_address *address)
{
	const uint32_t host_mask = (uint32_t)((UINT64_C(1) << (32 - subnet->length)) - 1);
	uint32_t host_part = 0;

	for (size_t i = 0; i < 4; i++)
		host_part = host_part << 8 | address->bytes[i];
	host_part &= host_mask;
	return host_part < 4 || host_part == host_mask;
}

/* An address that EC2 would refuse must not be placed on the link first. */
static int check_subnet(struct move_run *run, struct error *error)
{
	const struct overlay_subject *subject = &run->result->subject;
	const struct net_link *link = &run->result->link;
	struct mac mac = link->mac;
	struct ip_prefix subnet;
	char text[IP_PREFIX_TEXT_SIZE];
	int err = 0;

	/* Traffic for an address on the loopback link arrives through the primary ENI. */
	if (link->loopback)
		err = cloud_get_primary_mac(&run->cloud, &mac, error);
	if (!err)
		err = cloud_get_subnet_prefix(&run->cloud, &mac, &subnet, error);
	if (err)
		return err;
	if (!ip_prefix_contains(&subnet, &subject->address))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s: not in %s, the subnet of %s: choose an address of this subnet, or another --interface",
			subject->name, ip_prefix_format(&subnet, text), link->name);
	if (is_reserved(&subnet, &subject->address))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s: EC2 reserves the first four addresses and the last address of %s: choose another address",
			subject->name, ip_prefix_format(&subnet, text));
	return 0;
}

static int prepare(struct move_run *run, struct error *error)
{
	struct overlay_result *result = run->result;
	int err = cloud_open(run->operation, &run->cloud, error);

	if (!err)
		err = overlay_host_open(run->operation, &result->subject, &run->host, error);
	if (!err)
		err = overlay_target_find_local(&run->host, &run->cloud, &result->subject,
			&result->link, result->eni, error);
	if (!err)
		err = overlay_host_check_link(&result->link, error);
	if (!err)
		err = check_subnet(run, error);
	return err ? err : cloud_get_vpc(&run->cloud, run->vpc, error);
}

static int run_move(struct move_run *run, struct error *error)
{
	struct flow_filter filter = {address_move_flow(&run->move), on_batch, run};
	char state[ADDRESS_MOVE_STATE_SIZE];
	int err = preview_or_run_flow(
		&run->cloud, NULL, flow_filter_flow(&filter), &run->result->preview, error);
	bool is_assigned_here = run->move.verdict == ADDRESS_MOVE_DONE ||
				run->move.verdict == ADDRESS_MOVE_IN_PLACE;

	record_assignment_once(run); /* if no batch came after EC2's response */
	/* A read has shown the assignment; only the read that would confirm it is missing. */
	if (err == -ETIME && is_assigned_here)
		err = 0;
	if (err == -ETIME)
		error_set(error, OUTCOME_TIMEOUT, ETIME, "%s: timed out: %s",
			run->result->subject.name, address_move_format_state(&run->move, state));
	if (!err && run->place_err) {
		*error = run->place_error;
		return run->place_err;
	}
	if (run->move.verdict == ADDRESS_MOVE_FAILED) {
		*error = run->move.error;
		return -EIO;
	}
	if (!err && run->move.verdict == ADDRESS_MOVE_IN_PLACE) /* without a request */
		record_assignment(run);
	return err || run->operation->dry_run ? err
					      : overlay_host_check_released(&run->host, error);
}

/*
 * Removes the address from the link only if this run has placed it and another ENI certainly keeps
 * it: the request to reassign it was not sent or was refused, or another ENI has taken it since.
 */
static void undo_placement(struct move_run *run)
{
	bool has_placed = !run->operation->dry_run && run->result->host.plan.count;
	bool may_be_assigned_here = run->move.requested && !run->move.taken;
	struct error error = {0};

	if (!has_placed || may_be_assigned_here)
		return;
	record_release(run);
	run->host.reason = NULL; /* overlay_host_remove() chooses the reason */
	if (overlay_host_remove(&run->host, run->result, &error))
		log_line(LOG_ERR, run->result->link.name, "%s", error.text);
}

/* Sets the state of the result, and undoes what a failed move has left on this host. */
static void finish_move(struct move_run *run, int err, const struct error *error)
{
	struct overlay_result *result = run->result;
	bool has_changed = result->host.plan.count || run->move.verdict == ADDRESS_MOVE_DONE ||
			   result->preview.length;

	overlay_result_set_state(result, err, error, has_changed, run->operation->dry_run);
	/* Another run released the address; this run may have overwritten its record since. */
	if (err == -ECANCELED)
		record_release(run);
	else if (err)
		undo_placement(run);
}

static void log_previous_holder(const struct move_run *run)
{
	const struct address_move *move = &run->move;

	if (move->verdict != ADDRESS_MOVE_DONE)
		return;
	log_eni(LOG_INFO, run->result->eni, "assigned %s; previous holder: %s%s%s%s",
		run->result->subject.name, *move->before ? move->before : "none",
		*move->before_instance ? " (" : "", move->before_instance,
		*move->before_instance ? ")" : "");
}

int address_move(const struct operation *operation, const char *text, const char *interface,
	struct address_result *result)
{
	struct move_run run = {.operation = operation, .result = &result->local};
	struct overlay_subject *subject = &result->local.subject;
	struct overlay_subject request = {.is_secondary = true};
	char shown[UTF8_SHORT_SIZE];
	struct error error = {0};
	int err = ip_address_parse(text, &request.address);

	snprintf(request.name, sizeof(request.name), "%s", text);
	snprintf(request.interface, sizeof(request.interface), "%s", interface);
	overlay_result_init(&result->local, &request);
	if (err || request.address.family != AF_INET)
		err = error_set(&error, OUTCOME_USAGE, EINVAL,
			"\"%s\" is not an IPv4 address: EC2 can reassign only secondary private IPv4 addresses",
			utf8_shorten(text, shown));
	if (!err)
		err = prepare(&run, &error);
	const struct address_move_goal goal = {
		.name = subject->name,
		.address = subject->address,
		.eni = result->local.eni,
		.vpc = run.vpc,
	};
	address_move_init(&run.move, &goal); /* even after an error: address_move_done() needs it */
	if (!err)
		err = run_move(&run, &error);
	memcpy(result->before, run.move.before, sizeof(result->before));
	memcpy(result->before_instance, run.move.before_instance, sizeof(result->before_instance));
	log_previous_holder(&run);
	finish_move(&run, err, &error);
	address_move_done(&run.move);
	overlay_host_close(&run.host);
	cloud_close(&run.cloud);
	return err;
}
