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
	struct overlay_result *local; /* the address on this host */
	struct cloud cloud;
	struct overlay_host host;
	char vpc[EC2_ID_SIZE];
	struct address_move move;
	bool is_placed; /* placing the address was tried */
	bool is_recorded; /* as assigned, after EC2 had accepted it */
	int err; /* of placing the address; 0: none */
	struct error place_error;
};

static int place_first(struct move_run *run)
{
	int err = address_record_store_placed(
		run->operation, &run->local->link, &run->local->subject.address, &run->place_error);

	run->is_placed = true;
	if (err)
		return err;
	run->host.reason = run->move.verdict == ADDRESS_MOVE_IN_PLACE
				   ? NULL
				   : "is being assigned to this host";
	return overlay_host_place(&run->host, &run->local->link, run->local, &run->place_error);
}

/*
 * Whether the address must be placed now: before the first request that changes EC2, or as soon as
 * the first read shows that the address is already assigned to this ENI.
 */
static bool is_due(const struct move_run *run, const struct flow_batch *batch)
{
	return run->move.verdict == ADDRESS_MOVE_IN_PLACE || flow_batch_has_change(batch);
}

/* EC2 has already confirmed the change, so a failure to write the record is only logged. */
static void store_record(struct move_run *run, bool is_assigned)
{
	const struct ip_address *address = &run->local->subject.address;
	struct error error = {0};
	int err;

	if (is_assigned)
		err = address_record_store_assigned(
			run->operation, &run->local->link, address, &error);
	else
		err = address_record_store_released(
			run->operation, run->local->link.name, address, &error);
	if (err)
		log_line(LOG_WARNING, run->local->link.name, "%s", error.text);
}

static void record_assignment(struct move_run *run)
{
	if (!run->move.accepted || run->is_recorded)
		return;
	run->is_recorded = true;
	store_record(run, true);
}

/* Places the address on the link when that is due, and records that EC2 has assigned it. */
static int follow_move(void *state, struct flow_batch *batch)
{
	struct move_run *run = state;

	record_assignment(run);
	if (run->is_placed || !is_due(run, batch))
		return 0;
	run->err = place_first(run);
	if (run->err)
		flow_batch_done(batch);
	return 0;
}

/* EC2 reserves the first four addresses of a subnet and the last one. */
static bool is_reserved(const struct ip_prefix *subnet, const struct ip_address *address)
{
	uint32_t hosts = subnet->length ? (uint32_t)(UINT64_C(1) << (32 - subnet->length)) - 1
					: UINT32_MAX;
	uint32_t host = 0;

	for (size_t i = 0; i < 4; i++)
		host = host << 8 | address->bytes[i];
	host &= hosts;
	return host < 4 || host == hosts;
}

/* An address that EC2 would refuse must not be placed on the link first. */
static int check_subnet(struct move_run *run, struct error *error)
{
	const struct overlay_subject *subject = &run->local->subject;
	const struct net_link *link = &run->local->link;
	struct mac mac = link->mac;
	struct ip_prefix subnet;
	char text[IP_PREFIX_TEXT_SIZE];
	int err = 0;

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
	struct overlay_result *local = run->local;
	int err = cloud_open(run->operation, &run->cloud, error);

	if (!err)
		err = overlay_host_open(run->operation, &local->subject, &run->host, error);
	if (!err)
		err = overlay_target_find_local(
			&run->host, &run->cloud, &local->subject, &local->link, local->eni, error);
	if (!err)
		err = overlay_host_check_link(&local->link, error);
	if (!err)
		err = check_subnet(run, error);
	return err ? err : cloud_get_vpc(&run->cloud, run->vpc, error);
}

static int run_move(struct move_run *run, struct error *error)
{
	struct flow_filter filter = {address_move_flow(&run->move), follow_move, run};
	char where[ADDRESS_MOVE_STATE_SIZE];
	int err = preview_or_run(
		&run->cloud, NULL, flow_filter_flow(&filter), &run->local->preview, error);

	record_assignment(run); /* if the flow failed right after the response */
	/*
	 * A read has shown the address here. Only the read that shows whether it stays is missing.
	 */
	if (err == -ETIME && (run->move.verdict == ADDRESS_MOVE_DONE ||
				     run->move.verdict == ADDRESS_MOVE_IN_PLACE))
		err = 0;
	if (err == -ETIME)
		error_set(error, OUTCOME_TIMEOUT, ETIME, "%s: timed out: %s",
			run->local->subject.name, address_move_format_state(&run->move, where));
	if (!err && run->err) {
		*error = run->place_error;
		return run->err;
	}
	if (run->move.verdict == ADDRESS_MOVE_FAILED) {
		*error = run->move.error;
		return -EIO;
	}
	if (!err && run->move.verdict == ADDRESS_MOVE_IN_PLACE)
		store_record(run, true);
	return err || run->operation->dry_run ? err
					      : overlay_host_check_released(&run->host, error);
}

/*
 * Removes the address only if this run has added it and the address certainly stays with another
 * ENI: the request to reassign it was not sent or was refused, or EC2 shows that another ENI has
 * taken it.
 */
static void remove_again(struct move_run *run)
{
	struct error error = {0};

	if (run->operation->dry_run || !run->local->host.plan.count ||
		(run->move.requested && !run->move.taken))
		return;
	store_record(run, false);
	run->host.reason = NULL;
	if (overlay_host_place(&run->host, NULL, run->local, &error))
		log_line(LOG_ERR, run->local->link.name, "%s", error.text);
}

static void conclude(struct move_run *run, int err, const struct error *error)
{
	struct overlay_result *local = run->local;
	bool has_changed = local->host.plan.count || run->move.verdict == ADDRESS_MOVE_DONE ||
			   local->preview.length;

	overlay_result_conclude(local, err, error, has_changed, run->operation->dry_run);
	/* The release removed the address, and may have written its record before this run. */
	if (err == -ECANCELED)
		store_record(run, false);
	else if (err)
		remove_again(run);
}

static void log_move(const struct move_run *run)
{
	const struct address_move *move = &run->move;

	if (move->verdict != ADDRESS_MOVE_DONE)
		return;
	log_eni(LOG_INFO, run->local->eni, "assigned %s; previous holder: %s%s%s%s",
		run->local->subject.name, *move->before ? move->before : "none",
		*move->before_instance ? " (" : "", move->before_instance,
		*move->before_instance ? ")" : "");
}

int address_move(const struct operation *operation, const char *text, const char *interface,
	struct address_result *result)
{
	struct move_run run = {.operation = operation, .local = &result->local};
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
	address_move_init(&run.move, &goal);
	if (!err)
		err = run_move(&run, &error);
	memcpy(result->before, run.move.before, sizeof(result->before));
	memcpy(result->before_instance, run.move.before_instance, sizeof(result->before_instance));
	log_move(&run);
	conclude(&run, err, &error);
	address_move_done(&run.move);
	overlay_host_close(&run.host);
	cloud_close(&run.cloud);
	return err;
}
