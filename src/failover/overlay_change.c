/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/overlay_change.h"

#include "base/deadline.h"
#include "failover/overlay_verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Back-off between the reads after the changes, in milliseconds. The first of these reads has no
 * wait: most reads show a change at once.
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
	const struct overlay_routes *routes, const void *owner)
{
	*change = (struct overlay_change){.kind = kind, .owner = owner};
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
 * Decides a table by the first read, which may be old. If that read shows that nothing has to be
 * changed, the verdict is tentative: the table stays undecided until a request that changes
 * nothing, or a later read (OVERLAY_UNCONFIRMED), confirms the verdict.
 */
static void decide_by_first_read(struct overlay_change *change, struct overlay_table *table)
{
	bool needs_confirmation;

	change->kind->decide(change, table);
	needs_confirmation = table->verdict == OVERLAY_IN_PLACE ||
			     table->verdict == OVERLAY_ABSENT ||
			     table->progress == OVERLAY_UNCONFIRMED;
	if (change->is_preview || !needs_confirmation)
		return;
	table->tentative_verdict = table->verdict;
	table->verdict = OVERLAY_PENDING;
	table->error = (struct error){0};
}

/* Decides about all tables when the first read is complete; an error of the read ends the flow. */
static int decide_all(struct overlay_change *change)
{
	struct overlay_read *read = &change->read;
	bool has_found_none = read->error.outcome == OUTCOME_DONE && !read->n_tables;

	if (has_found_none && change->kind->explain_no_table)
		change->kind->explain_no_table(change);
	if (read->error.outcome != OUTCOME_DONE) {
		change->step = OVERLAY_ENDS;
		return 0;
	}
	int err = table_read_init(&change->undecided, read->n_tables);
	if (err)
		return err;
	for (size_t i = 0; i < read->n_tables; i++)
		decide_by_first_read(change, &read->tables[i]);
	if (change->kind->review_decisions)
		change->kind->review_decisions(change);
	change->step = OVERLAY_CHANGES;
	return 0;
}

/* Adds the requests of all tables to one batch. A request's tag is the index of its table. */
static int send_changes(struct overlay_change *change, struct flow_batch *batch)
{
	int err = 0;

	for (size_t i = 0; !err && i < change->read.n_tables; i++) {
		struct overlay_table *table = &change->read.tables[i];
		struct flow_call call = {
			.action = table->next,
			.parameters = {.route_table = table->id,
				.destination = &change->read.routes->destination,
				.eni = change->kind->get_eni ? change->kind->get_eni(change)
							     : NULL},
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

/* Waits before the requests that EC2 refused as too early are repeated; false: there are none. */
static bool schedule_postponed(
	struct overlay_change *change, uint32_t random, struct flow_batch *batch)
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

/*
 * Whether a read may decide a table before FLOW_STALE_MSEC have passed: it may show the change
 * that EC2 accepted, or the route because of which EC2 refused the request.
 */
static bool may_early_read_decide(const struct overlay_change *change)
{
	for (size_t i = 0; i < change->read.n_tables; i++) {
		const struct overlay_table *table = &change->read.tables[i];
		if (table->verdict == OVERLAY_PENDING &&
			(table->progress == OVERLAY_ACCEPTED || table->progress == OVERLAY_REFUSED))
			return true;
	}
	return false;
}

/* Returns the milliseconds until the next read; 0: read now. */
static uint64_t get_read_delay(const struct overlay_change *change, uint64_t now, uint32_t random)
{
	uint64_t conclusive_from = change->changed_at + FLOW_STALE_MSEC;

	if (!may_early_read_decide(change))
		return now < conclusive_from ? conclusive_from - now : 0;
	return change->n_reads
		       ? backoff_delay(change->n_reads, random, READ_AGAIN_BASE, READ_AGAIN_CAP)
		       : 0;
}

/*
 * Reads the undecided tables by their ids, so that the response also has tables without the route.
 * The tags continue after those of send_changes().
 */
static int read_again(struct overlay_change *change, struct flow_batch *batch)
{
	const struct overlay_read *read = &change->read;

	change->n_reads++;
	table_read_clear(&change->undecided);
	for (size_t i = 0; i < read->n_tables; i++)
		if (read->tables[i].verdict == OVERLAY_PENDING)
			table_read_add(&change->undecided, read->tables[i].id);
	return table_read_add_calls(
		&change->undecided, &read->routes->destination, read->n_tables, batch);
}

/* A wait is a batch without requests; the read follows when the wait is over. */
static int verify_next(
	struct overlay_change *change, uint64_t now, uint32_t random, struct flow_batch *batch)
{
	if (!change->has_waited)
		batch->wait = get_read_delay(change, now, random);
	change->has_waited = batch->wait > 0;
	if (change->has_waited)
		return 0;
	change->is_conclusive = now >= change->changed_at + FLOW_STALE_MSEC;
	return read_again(change, batch);
}

/* If a step has nothing to send and nothing to wait for, the next step runs in the same call. */
static int change_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct overlay_change *change = state;
	int err = 0;

	*ret_batch = (struct flow_batch){0};
	if (change->step == OVERLAY_READS) {
		const struct flow read = overlay_read_flow(&change->read);
		if (!change->read.has_ended)
			return read.next(read.state, now, random, ret_batch);
		err = decide_all(change);
	}
	if (!err && change->step == OVERLAY_CHANGES) {
		err = send_changes(change, ret_batch);
		if (err || ret_batch->count || schedule_postponed(change, random, ret_batch))
			return err;
		change->step = OVERLAY_VERIFIES;
		change->changed_at = now;
		change->n_reads = 0;
	}
	if (!err && change->step == OVERLAY_VERIFIES && !has_pending_tables(change))
		change->step = OVERLAY_ENDS;
	if (err || change->step == OVERLAY_ENDS)
		return err;
	return verify_next(change, now, random, ret_batch);
}

/* The loop always ends: `id` is from a request of read_again(), which names only known tables. */
static struct overlay_table *find_table(struct overlay_change *change, const char *id)
{
	struct overlay_table *table = change->read.tables;

	while (strcmp(table->id, id) != 0)
		table++;
	return table;
}

/* Verifies the tables `ids`, which the request named. Some may be missing in the response. */
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
 * The tables `ids` could not be read: fails those that EC2's message (NULL: no message) names, or
 * all of them if the message names none.
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

/* EC2 refused a request: the table fails, unless a later read can confirm a tentative verdict. */
static void mark_refused(struct overlay_table *table, const struct error *error)
{
	if (table->tentative_verdict != OVERLAY_PENDING) {
		table->progress = OVERLAY_UNCONFIRMED;
		return;
	}
	table->progress = OVERLAY_REFUSED;
	table->verdict = OVERLAY_FAILED;
	table->error = *error;
}

/*
 * EC2 refused CreateRoute because the route exists, or another request because there is no route:
 * the first read was stale, or another node was faster. Returns false if the change fails.
 */
static bool handle_wrong_request(
	const struct overlay_change *change, struct overlay_table *table, enum ec2_advice advice)
{
	if (table->tries >= TRIES_MAX || !change->kind->correct_request(change, table, advice))
		return false;
	/* The corrected request changes something, so that the table was not as wanted before. */
	if (table->progress == OVERLAY_TO_SEND)
		table->tentative_verdict = OVERLAY_PENDING;
	return true;
}

/* If EC2 may have executed the request, the error is saved in the table, and later reads decide. */
static void handle_change(struct overlay_change *change, struct overlay_table *table,
	const struct flow_response *response)
{
	struct error error = {0};
	/* in case EC2 did not respond; a refusal has its own advice */
	enum ec2_advice advice = response->may_be_done ? EC2_TRANSIENT : EC2_PERMANENT;
	int err = flow_check_response(table->next, table->id, response, &error);

	if (!err) {
		table->progress = OVERLAY_ACCEPTED;
		/* EC2 deleted a route, so that the tentative verdict "absent" was wrong. */
		if (table->next == EC2_DELETE_ROUTE)
			table->tentative_verdict = OVERLAY_PENDING;
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
		if (handle_wrong_request(change, table, advice))
			return;
		break;
	case EC2_NOT_YET:
	case EC2_NOT_FOUND_MAYBE_NEW:
		if (table->tries >= TRIES_MAX)
			break;
		table->progress = OVERLAY_TO_SEND_LATER;
		return;
	case EC2_PERMANENT:
	case EC2_THROTTLED:
	case EC2_REFRESH_CREDENTIALS:
	case EC2_CLOCK_SKEW:
	case EC2_USE_OTHER_INDEX:
	case EC2_DENIED:
	case EC2_WOULD_BE_ALLOWED:
		break;
	}
	/* EC2 may have executed an earlier try, even if it refused the last one. */
	if (response->may_be_done)
		table->error = error;
	else
		mark_refused(table, &error);
}

/* The tags of the changes are the indexes of the tables; those of later reads follow. */
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
	ids = table_read_get_ids(&change->undecided, tag - n_tables);
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
	size_t n_failed = 0;

	if (overlay_read_outcome(&change->read) != OUTCOME_DONE)
		return overlay_read_outcome(&change->read);
	for (size_t i = 0; i < change->read.n_tables; i++) {
		enum outcome table_outcome = get_table_outcome(&change->read.tables[i]);
		if (table_outcome == OUTCOME_DONE)
			continue;
		outcome = !n_failed || table_outcome == outcome ? table_outcome : OUTCOME_FAILED;
		n_failed++;
	}
	if (!change->read.n_tables && change->step != OVERLAY_ENDS)
		return OUTCOME_TIMEOUT;
	/* Not OUTCOME_DIFFERS: the tables whose state is not known may be as wanted as well. */
	if (outcome == OUTCOME_TIMEOUT)
		return outcome;
	return n_failed && n_failed < change->read.n_tables ? OUTCOME_DIFFERS : outcome;
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
