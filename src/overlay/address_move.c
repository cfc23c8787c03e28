/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/address_move.h"

#include "aws/flow_run.h"
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
	struct overlay_result *half;
	struct cloud cloud;
	struct overlay_host host;
	char vpc[EC2_ID_SIZE];
	struct address_move move;
	struct flow inner;
	bool is_placed;
	int err; /* why the link does not have it */
	struct error place_error;
};

static int place_first(struct move_run *run)
{
	int err = address_record_placed(
		run->operation, &run->half->link, &run->half->subject.address, &run->place_error);

	run->is_placed = true;
	if (err)
		return err;
	return overlay_host_place(&run->host, &run->half->link, run->half, &run->place_error);
}

/*
 * Before EC2 is asked to change anything; at once where the address is assigned to this host already, as
 * far as the first read tells.
 */
static bool is_due(const struct move_run *run, const struct flow_batch *batch)
{
	return run->move.verdict == ADDRESS_MOVE_IN_PLACE ||
	       (batch->count && !flow_call_is_read(&batch->calls[0]));
}

/* What EC2 has confirmed is done, whatever becomes of the record: its failure is only told. */
static void record(struct move_run *run, bool is_assigned)
{
	const struct ip_address *address = &run->half->subject.address;
	struct error error = {0};
	int err;

	if (is_assigned)
		err = address_record_assigned(run->operation, &run->half->link, address, &error);
	else
		err = address_record_released(
			run->operation, run->half->link.name, address, &error);
	if (err)
		log_line(LOG_WARNING, run->half->link.name, "%s", error.text);
}

/* The move's own next(), with the host's half put in when it is due. */
static int move_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct move_run *run = state;
	int err;

	*ret_batch = (struct flow_batch){0};
	if (run->err)
		return 0;
	err = run->inner.next(run->inner.state, now, random, ret_batch);
	if (err || run->is_placed || !is_due(run, ret_batch))
		return err;
	run->err = place_first(run);
	if (run->err)
		flow_batch_done(ret_batch);
	return 0;
}

static int move_take(void *state, size_t tag, const struct flow_response *response)
{
	struct move_run *run = state;
	bool had_accepted = run->move.accepted;
	int err = run->inner.take(run->inner.state, tag, response);

	if (run->move.accepted && !had_accepted)
		record(run, true);
	return err;
}

/* The first four addresses of a subnet and the last one are EC2's own. */
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

/* What EC2 would refuse is not put on the link first. */
static int check_subnet(struct move_run *run, struct error *error)
{
	const struct overlay_subject *subject = &run->half->subject;
	const struct net_link *link = &run->half->link;
	struct mac mac = link->mac;
	struct ip_prefix subnet;
	char text[IP_PREFIX_TEXT_SIZE];
	int err = 0;

	if (link->loopback)
		err = cloud_primary_mac(&run->cloud, &mac, error);
	if (!err)
		err = cloud_subnet_prefix(&run->cloud, &mac, &subnet, error);
	if (err)
		return err;
	if (!ip_prefix_contains(&subnet, &subject->address))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s: not in %s, the subnet of %s's ENI: name an address or an interface of "
			"one subnet",
			subject->name, ip_prefix_format(&subnet, text), link->name);
	if (is_reserved(&subnet, &subject->address))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s: EC2 reserves the first four addresses of %s, and the last: name "
			"another address",
			subject->name, ip_prefix_format(&subnet, text));
	return 0;
}

static int prepare(struct move_run *run, struct error *error)
{
	struct overlay_result *half = run->half;
	int err = cloud_open(run->operation, &run->cloud, error);

	if (!err)
		err = overlay_host_open(run->operation, &half->subject, &run->host, error);
	if (!err)
		err = overlay_target_here(
			&run->host, &run->cloud, &half->subject, &half->link, half->eni, error);
	if (!err)
		err = overlay_host_check_link(&half->link, error);
	if (!err)
		err = check_subnet(run, error);
	return err ? err : cloud_vpc(&run->cloud, run->vpc, error);
}

static int run_move(struct move_run *run, struct error *error)
{
	struct flow flow = {.next = move_next, .take = move_take, .state = run};
	struct preview preview = {.inner = flow, .lines = &run->half->preview};
	char where[ADDRESS_MOVE_WHERE_SIZE];
	struct api *api;
	int err = cloud_api(&run->cloud, NULL, &api, error);

	run->inner = address_move_flow(&run->move);
	if (run->operation->dry_run)
		flow = preview_flow(&preview);
	if (!err)
		err = flow_run(api, &flow, 1, &run->operation->deadline, error);
	/* It was read back; no time was left for the look that would tell whether it stays. */
	if (err == -ETIME && (run->move.verdict == ADDRESS_MOVE_DONE ||
				     run->move.verdict == ADDRESS_MOVE_IN_PLACE))
		err = 0;
	if (err == -ETIME)
		error_set(error, OUTCOME_TIMEOUT, ETIME, "%s: out of time: %s",
			run->half->subject.name, address_move_where(&run->move, where));
	if (!err && run->err) {
		*error = run->place_error;
		return run->err;
	}
	if (run->move.verdict == ADDRESS_MOVE_FAILED) {
		*error = run->move.error;
		return -EIO;
	}
	if (!err && run->move.verdict == ADDRESS_MOVE_IN_PLACE)
		record(run, true);
	return err || run->operation->dry_run ? err
					      : overlay_host_check_released(&run->host, error);
}

/*
 * Only what this run added, and only where it surely stays with another ENI: EC2 was never asked, or
 * says so.
 */
static void take_back(struct move_run *run)
{
	struct error error = {0};

	if (run->operation->dry_run || !run->half->host.plan.count ||
		(run->move.asked && !run->move.taken))
		return;
	record(run, false);
	if (overlay_host_place(&run->host, NULL, run->half, &error))
		log_line(LOG_ERR, run->half->link.name, "%s", error.text);
}

static void conclude(struct move_run *run, int err, const struct error *error)
{
	struct overlay_result *half = run->half;
	bool changed = half->host.plan.count || run->move.verdict == ADDRESS_MOVE_DONE ||
		       half->preview.length;

	if (err) {
		half->error = *error;
		error_complete(&half->error, err);
		half->state = RESULT_FAILED;
		/* The release has taken the address off, and its record may be older than ours. */
		if (err == -ECANCELED)
			record(run, false);
		else
			take_back(run);
	} else if (!changed) {
		half->state = RESULT_UNCHANGED;
	} else {
		half->state = run->operation->dry_run ? RESULT_DIFFERS : RESULT_CHANGED;
	}
}

static void log_move(const struct move_run *run)
{
	const struct address_move *move = &run->move;

	if (move->verdict != ADDRESS_MOVE_DONE)
		return;
	log_eni(LOG_INFO, run->half->eni, "%s is assigned to it now; before: %s%s%s",
		run->half->subject.name, *move->before ? move->before : "nobody",
		*move->before_instance ? " of " : "", move->before_instance);
}

int address_move(const struct operation *operation, const char *text, const char *interface,
	struct address_result *result)
{
	struct move_run run = {.operation = operation, .half = &result->half};
	struct overlay_subject *subject = &result->half.subject;
	struct overlay_subject wanted = {.is_secondary = true};
	char shown[UTF8_SHORT_SIZE];
	struct error error = {0};
	int err = ip_address_parse(text, &wanted.address);

	snprintf(wanted.name, sizeof(wanted.name), "%s", text);
	snprintf(wanted.interface, sizeof(wanted.interface), "%s", interface);
	overlay_result_init(&result->half, &wanted);
	if (err || wanted.address.family != AF_INET)
		err = error_set(&error, OUTCOME_USAGE, EINVAL,
			"\"%s\" is no IPv4 address: EC2 reassigns secondary private IPv4 addresses",
			utf8_shorten(text, shown));
	if (!err)
		err = prepare(&run, &error);
	const struct address_move_goal goal = {
		.name = subject->name,
		.address = subject->address,
		.eni = result->half.eni,
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
