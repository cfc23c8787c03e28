/* SPDX-License-Identifier: Apache-2.0 */
#include "app/address_bring.h"

#include "app/memory.h"
#include "app/overlay_target.h"
#include "app/preview.h"
#include "aws/flow_run.h"
#include "base/log.h"
#include "base/utf8.h"
#include "failover/address_move.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct bringing {
	const struct deed *deed;
	struct overlay_result *half;
	struct cloud cloud;
	struct overlay_host host;
	char vpc[EC2_ID_SIZE];
	struct address_move move;
	struct flow inner;
	bool carried;
	int err; /* why the link does not have it */
	struct error carry_error;
};

/* A listed interface gives back what it was given when EC2 no longer assigns it. */
static int remember(struct bringing *run, struct error *error)
{
	const char *directory = run->deed->run_directory;
	const char *interface = run->half->link.name;
	_cleanup_(lock_release) struct lock lock = {.fd = -1};
	_cleanup_(memory_done) struct memory memory;
	int err;

	memory_init(&memory, interface);
	if (run->deed->dry_run)
		return 0;
	err = lock_take(directory, interface, &run->deed->deadline, &lock, error);
	if (!err)
		err = memory_load(directory, interface, &memory, error);
	if (err == -ENOENT) {
		*error = (struct error){0};
		return 0;
	}
	if (!err && memory_add_address(&memory, &run->half->subject.address))
		err = error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	return err ? err : memory_store(directory, &memory, error);
}

static int carry_first(struct bringing *run)
{
	int err = remember(run, &run->carry_error);

	run->carried = true;
	if (err)
		return err;
	return overlay_host_carry(&run->host, &run->half->link, run->half, &run->carry_error);
}

/* The move's own next(), with the host's half put in before EC2 is asked to change anything. */
static int bringing_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct bringing *run = state;
	int err;

	*ret_batch = (struct flow_batch){0};
	if (run->err)
		return 0;
	err = run->inner.next(run->inner.state, now, random, ret_batch);
	if (err || run->carried || !ret_batch->count ||
		ec2_action_is_look(ret_batch->calls[0].action))
		return err;
	run->err = carry_first(run);
	if (run->err)
		flow_batch_done(ret_batch);
	return 0;
}

static int bringing_take(void *state, size_t tag, const struct flow_answer *answer)
{
	struct bringing *run = state;

	return run->inner.take(run->inner.state, tag, answer);
}

static int prepare(struct bringing *run, struct error *error)
{
	struct overlay_result *half = run->half;
	int err = cloud_open(run->deed, &run->cloud, error);

	if (!err)
		err = overlay_host_open(run->deed, &half->subject, &run->host, error);
	if (!err)
		err = overlay_target_here(
			&run->host, &run->cloud, &half->subject, &half->link, half->eni, error);
	return err ? err : cloud_vpc(&run->cloud, run->vpc, error);
}

static int run_move(struct bringing *run, struct error *error)
{
	struct flow flow = {.next = bringing_next, .take = bringing_take, .state = run};
	struct preview preview = {.inner = flow, .lines = &run->half->preview};
	char where[ADDRESS_MOVE_WHERE_SIZE];
	struct api *api;
	int err = cloud_api(&run->cloud, NULL, &api, error);

	run->inner = address_move_flow(&run->move);
	if (run->deed->dry_run)
		flow = preview_flow(&preview);
	if (!err)
		err = flow_run(api, &flow, 1, &run->deed->deadline, error);
	/* It was read back; no time was left for the look that would tell whether it stays. */
	if (err == -ETIME && run->move.verdict == ADDRESS_MOVE_DONE)
		err = 0;
	if (err == -ETIME)
		error_set(error, OUTCOME_TIMEOUT, ETIME, "%s: out of time: %s",
			run->half->subject.name, address_move_where(&run->move, where));
	if (!err && run->err) {
		*error = run->carry_error;
		return run->err;
	}
	if (run->move.verdict == ADDRESS_MOVE_FAILED) {
		*error = run->move.error;
		return -EIO;
	}
	/* EC2 had it so already, and the link may still lack it. */
	if (!err && !run->carried && run->move.verdict == ADDRESS_MOVE_IN_PLACE) {
		err = carry_first(run);
		if (err)
			*error = run->carry_error;
	}
	return err;
}

/*
 * Only what this run added, and only where it surely stays with another ENI: EC2 was never asked, or
 * says so.
 */
static void take_back(struct bringing *run)
{
	struct error error = {0};

	if (run->deed->dry_run || !run->half->host.plan.count ||
		(run->move.asked && !run->move.taken))
		return;
	if (overlay_host_carry(&run->host, NULL, run->half, &error))
		log_line(LOG_ERR, run->half->link.name, "%s", error.text);
}

static void conclude(struct bringing *run, int err, const struct error *error)
{
	struct overlay_result *half = run->half;
	bool changed = half->host.plan.count || run->move.verdict == ADDRESS_MOVE_DONE ||
		       half->preview.length;

	if (err) {
		half->error = *error;
		half->state = RESULT_FAILED;
		take_back(run);
	} else if (!changed) {
		half->state = RESULT_UNCHANGED;
	} else {
		half->state = run->deed->dry_run ? RESULT_DIFFERS : RESULT_CHANGED;
	}
}

static void log_move(const struct bringing *run)
{
	const struct address_move *move = &run->move;

	if (move->verdict != ADDRESS_MOVE_DONE)
		return;
	log_eni(LOG_INFO, run->half->eni, "%s is assigned to it now; before: %s%s%s",
		run->half->subject.name, *move->before ? move->before : "nobody",
		*move->before_instance ? " of " : "", move->before_instance);
}

int address_bring(const struct deed *deed, const char *text, const char *interface,
	struct address_result *result)
{
	struct bringing run = {.deed = deed, .half = &result->half};
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
	const struct address_move_wish wish = {
		.name = subject->name,
		.address = subject->address,
		.eni = result->half.eni,
		.vpc = run.vpc,
	};
	address_move_init(&run.move, &wish);
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
