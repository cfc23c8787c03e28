/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/overlay_change.h"

#include "base/deadline.h"
#include "failover/overlay_verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Back-off between the reads after the changes, in milliseconds. The first of them has no wait,
 * since most reads show the last change at once.
 */
#define READ_AGAIN_BASE 20
#define READ_AGAIN_CAP 1000

/*
 * Maximum number of requests for one table, and the back-off between them in milliseconds. A new
 * resource may not be known everywhere yet, or be in a transitional state; or another node creates
 * and deletes the route meanwhile.
 */
#define TRY_AGAIN_BASE 100
#define TRY_AGAIN_CAP 1000
#define TRIES_MAX 6

void overlay_change_init(struct overlay_change *change, const struct overlay_change_kind *kind,
	const struct overlay_routes *routes, const void *goal)
{
	*change = (struct overlay_change){.kind = kind, .goal = goal};
	overlay_read_init(&change->read, routes);
}

void overlay_change_done(struct overlay_change *change)
{
	overlay_read_done(&change->read);
	table_read_done(&change->undecided);
	*change = (struct overlay_change){0};
}

static bool has_pending_tables(const struct overlay_change *change)
{
	for (size_t i = 0; i < change->read.n_tables; i++)
		if (change->read.tables[i].verdict == OVERLAY_PENDING)
			return true;
	return false;
}

/*
 * Decides a table by the first read, which may be old. If that read shows the table as wanted, the
 * table stays undecided until a request that changes nothing, or a later read
 * (OVERLAY_UNCONFIRMED), confirms it.
 */
static void decide(struct overlay_change *change, struct overlay_table *table)
{
	change->kind->decide(change, table);
	if (change->is_preview ||
		(table->verdict != OVERLAY_IN_PLACE && table->verdict != OVERLAY_ABSENT &&
			table->progress != OVERLAY_UNCONFIRMED))
		return;
	table->believed = table->verdict;
	table->verdict = OVERLAY_PENDING;
	table->error = (struct error){0};
}

/* The first read is complete: decides all tables. After this the flow sends changes. */
static int start_changes(struct overlay_change *change)
{
	struct overlay_read *read = &change->read;

	if (read->error.outcome == OUTCOME_DONE && !read->n_tables && change->kind->found_none)
		change->kind->found_none(change);
	if (read->error.outcome != OUTCOME_DONE) {
		change->step = OVERLAY_ENDS;
		return 0;
	}
	int err = table_read_init(&change->undecided, read->n_tables);
	if (err)
		return err;
	for (size_t i = 0; i < read->n_tables; i++)
		decide(change, &read->tables[i]);
	if (change->kind->decided)
		change->kind->decided(change);
	change->step = OVERLAY_CHANGES;
	return 0;
}

static int send_changes(struct overlay_change *change, struct flow_batch *batch)
{
	int err = 0;

	for (size_t i = 0; !err && i < change->read.n_tables; i++) {
		struct overlay_table *table = &change->read.tables[i];
		struct flow_call call = {
			.action = table->next,
			.parameters = {.route_table = table->id,
				.destination = &change->read.routes->destination,
				.eni = change->kind->eni ? change->kind->eni(change) : NULL},
			.tag = i,
		};
		if (table->verdict != OVERLAY_PENDING || table->progress != OVERLAY_TO_SEND)
			continue;
		err = flow_batch_add(batch, &call);
		table->progress = OVERLAY_SENT;
		table->tries++;
	}
	return err;
}

/* Sets a wait before the requests that were postponed; false: none was postponed. */
static bool wait_to_send(struct overlay_change *change, uint32_t random, struct flow_batch *batch)
{
	unsigned tries = 0;

	for (size_t i = 0; i < change->read.n_tables; i++) {
		struct overlay_table *table = &change->read.tables[i];
		if (table->verdict != OVERLAY_PENDING || table->progress != OVERLAY_TO_SEND_LATER)
			continue;
		table->progress = OVERLAY_TO_SEND;
		tries = table->tries > tries ? table->tries : tries;
	}
	if (tries)
		batch->wait = backoff_delay(tries, random, TRY_AGAIN_BASE, TRY_AGAIN_CAP);
	return tries > 0;
}

/* Whether it is useful to read again before a read can be conclusive. */
static bool is_early_read_useful(const struct overlay_change *change)
{
	for (size_t i = 0; i < change->read.n_tables; i++) {
		const struct overlay_table *table = &change->read.tables[i];
		if (table->verdict == OVERLAY_PENDING &&
			(table->progress == OVERLAY_ACCEPTED || table->progress == OVERLAY_REFUSED))
			return true;
	}
	return false;
}

static uint64_t wait_before_read(const struct overlay_change *change, uint64_t now, uint32_t random)
{
	uint64_t conclusive = change->changed_at + FLOW_STALE_MSEC;

	if (!is_early_read_useful(change))
		return now < conclusive ? conclusive - now : 0;
	return change->reads ? backoff_delay(change->reads, random, READ_AGAIN_BASE, READ_AGAIN_CAP)
			     : 0;
}

/*
 * Reads the undecided tables by their ids, so that the response also has tables without the route.
 * The tags continue after those of the changes, which are the tables' numbers.
 */
static int read_again(struct overlay_change *change, struct flow_batch *batch)
{
	const struct overlay_read *read = &change->read;

	change->reads++;
	table_read_clear(&change->undecided);
	for (size_t i = 0; i < read->n_tables; i++)
		if (read->tables[i].verdict == OVERLAY_PENDING)
			table_read_add(&change->undecided, read->tables[i].id);
	return table_read_send(
		&change->undecided, &read->routes->destination, read->n_tables, batch);
}

static int change_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct overlay_change *change = state;
	int err = 0;

	*ret_batch = (struct flow_batch){0};
	if (change->step == OVERLAY_READS) {
		const struct flow read = overlay_read_flow(&change->read);
		if (!change->read.has_ended)
			return read.next(read.state, now, random, ret_batch);
		err = start_changes(change);
	}
	if (!err && change->step == OVERLAY_CHANGES) {
		err = send_changes(change, ret_batch);
		if (err || ret_batch->count || wait_to_send(change, random, ret_batch))
			return err;
		change->step = OVERLAY_VERIFIES;
		change->changed_at = now;
		change->reads = 0;
	}
	if (!err && change->step == OVERLAY_VERIFIES && !has_pending_tables(change))
		change->step = OVERLAY_ENDS;
	if (err || change->step == OVERLAY_ENDS)
		return err;
	/* A wait is a batch without requests; the read follows when the wait is over. */
	if (!change->waited)
		ret_batch->wait = wait_before_read(change, now, random);
	change->waited = ret_batch->wait > 0;
	if (change->waited)
		return 0;
	change->is_conclusive = now >= change->changed_at + FLOW_STALE_MSEC;
	return read_again(change, ret_batch);
}

static struct overlay_table *find_table(struct overlay_change *change, const char *id)
{
	struct overlay_table *table = change->read.tables;

	while (strcmp(table->id, id) != 0)
		table++;
	return table;
}

/* `ids` are the undecided tables that the request named. */
static void handle_verification(
	struct overlay_change *change, const char *const *ids, const struct ec2_reply *reply)
{
	for (size_t i = 0; ids[i]; i++) {
		const struct ec2_route_table *found = NULL;

		for (size_t j = 0; !found && j < reply->route_tables.count; j++)
			if (strcmp(reply->route_tables.items[j].id, ids[i]) == 0)
				found = &reply->route_tables.items[j];
		overlay_verify_table(change, find_table(change, ids[i]), found);
	}
}

/*
 * Fails the tables that EC2's message names, since their state is not known. If the message names
 * none of them, all tables of the request fail.
 */
static void fail_verification(struct overlay_change *change, const char *const *ids,
	const char *message, const struct error *error)
{
	bool is_named = false;

	for (size_t i = 0; ids[i]; i++)
		is_named |= overlay_message_has_id(message, ids[i]);
	for (size_t i = 0; ids[i]; i++)
		if (!is_named || overlay_message_has_id(message, ids[i]))
			overlay_fail_unread(change, find_table(change, ids[i]), error);
}

/*
 * Handles a refusal, after which nothing was changed. If the first read showed the table as wanted,
 * later reads decide.
 */
static void mark_refused(struct overlay_table *table, const struct error *error)
{
	if (table->believed != OVERLAY_PENDING) {
		table->progress = OVERLAY_UNCONFIRMED;
		return;
	}
	table->progress = OVERLAY_REFUSED;
	table->verdict = OVERLAY_FAILED;
	table->error = *error;
}

/*
 * EC2 responds that another request is required: the first read was old, or another node was
 * faster. False: that is an error.
 */
static bool redirect(
	const struct overlay_change *change, struct overlay_table *table, enum ec2_advice advice)
{
	if (table->tries >= TRIES_MAX || !change->kind->redirect(change, table, advice))
		return false;
	if (table->progress == OVERLAY_TO_SEND)
		table->believed = OVERLAY_PENDING;
	return true;
}

static void handle_change(struct overlay_change *change, struct overlay_table *table,
	const struct flow_response *response)
{
	struct error error = {0};
	enum ec2_advice advice = response->may_be_done ? EC2_TRANSIENT : EC2_PERMANENT;
	int err = flow_check_response(table->next, table->id, response, &error);

	if (!err) {
		table->progress = OVERLAY_ACCEPTED;
		/* The request succeeded, so that the route existed. */
		if (table->next == EC2_DELETE_ROUTE)
			table->believed = OVERLAY_PENDING;
		return;
	}
	if (!response->err)
		advice = ec2_fault_advice(table->next, &response->response.fault);
	switch (advice) {
	case EC2_TRANSIENT:
		table->error = error;
		return;
	case EC2_DONE_ALREADY:
		table->progress = OVERLAY_ACCEPTED;
		return;
	case EC2_USE_CREATE:
	case EC2_USE_REPLACE:
		if (redirect(change, table, advice))
			return;
		break;
	case EC2_NOT_YET:
	case EC2_NOT_FOUND_MAYBE_NEW:
		table->progress = OVERLAY_TO_SEND_LATER;
		if (table->tries < TRIES_MAX)
			return;
		break;
	case EC2_PERMANENT:
	case EC2_THROTTLED:
	case EC2_REFRESH_CREDENTIALS:
	case EC2_CLOCK_SKEW:
	case EC2_USE_OTHER_INDEX:
	case EC2_DENIED:
	case EC2_WOULD_BE_ALLOWED:
		break;
	}
	/*
	 * EC2 may have executed an earlier try, even if it refused the last one: later reads
	 * decide.
	 */
	if (response->may_be_done)
		table->error = error;
	else
		mark_refused(table, &error);
}

static int change_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct overlay_change *change = state;
	const struct ec2_fault *fault = &response->response.fault;
	size_t n_tables = change->read.n_tables;
	const char *const *ids;
	struct error error = {0};

	if (change->step == OVERLAY_READS) {
		const struct flow read = overlay_read_flow(&change->read);
		return read.handle_response(read.state, tag, response);
	}
	if (tag < n_tables) {
		handle_change(change, &change->read.tables[tag], response);
		return 0;
	}
	ids = table_read_ids(&change->undecided, tag - n_tables);
	if (flow_check_response(EC2_DESCRIBE_ROUTE_TABLES, "*", response, &error))
		fail_verification(change, ids, response->err ? NULL : fault->message, &error);
	else
		handle_verification(change, ids, &response->response.reply);
	return 0;
}

struct flow overlay_change_flow(struct overlay_change *change)
{
	return (struct flow){
		.next = change_next, .handle_response = change_handle_response, .state = change};
}

static enum outcome get_table_outcome(const struct overlay_table *table)
{
	switch (table->verdict) {
	case OVERLAY_IN_PLACE:
	case OVERLAY_MOVED:
	case OVERLAY_ABSENT:
	case OVERLAY_DELETED:
		return OUTCOME_DONE;
	case OVERLAY_NOT_PERMITTED:
	case OVERLAY_FAILED:
		return table->error.outcome;
	case OVERLAY_PENDING:
		break;
	}
	return OUTCOME_TIMEOUT;
}

void overlay_change_expire(struct overlay_change *change, const struct error *reason)
{
	for (size_t i = 0; i < change->read.n_tables; i++)
		if (change->read.tables[i].verdict == OVERLAY_PENDING)
			overlay_fail_unread(change, &change->read.tables[i], reason);
}

enum outcome overlay_change_outcome(const struct overlay_change *change)
{
	enum outcome outcome = OUTCOME_DONE;
	size_t failed = 0;

	if (overlay_read_outcome(&change->read) != OUTCOME_DONE)
		return overlay_read_outcome(&change->read);
	for (size_t i = 0; i < change->read.n_tables; i++) {
		enum outcome of_table = get_table_outcome(&change->read.tables[i]);
		if (of_table == OUTCOME_DONE)
			continue;
		outcome = !failed || of_table == outcome ? of_table : OUTCOME_FAILED;
		failed++;
	}
	if (!change->read.n_tables && change->step != OVERLAY_ENDS)
		return OUTCOME_TIMEOUT;
	/* Not OUTCOME_DIFFERS: the tables whose state is not known may be as wanted, too. */
	if (outcome == OUTCOME_TIMEOUT)
		return outcome;
	return failed && failed < change->read.n_tables ? OUTCOME_DIFFERS : outcome;
}

bool overlay_change_may_have_changed(const struct overlay_change *change)
{
	for (size_t i = 0; i < change->read.n_tables; i++)
		if (change->read.tables[i].progress == OVERLAY_SENT ||
			change->read.tables[i].progress == OVERLAY_ACCEPTED)
			return true;
	return false;
}

void overlay_refuse_advertised(const struct overlay_change *change, struct error *ret_error)
{
	error_set(ret_error, OUTCOME_FAILED, EPERM,
		"route to %s is advertised by a Route Server: not changed",
		change->read.destination_text);
}
