/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/overlay_change.h"

#include "base/deadline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* EC2 answers from what it was told last, mostly: looks after the first wait this long, and longer. */
#define LOOK_AGAIN_BASE 20
#define LOOK_AGAIN_CAP 500
#define LOOKS_MAX 12

/*
 * Requests for one table: what was made a moment ago may not be known everywhere yet, or be in a state
 * that passes; or somebody else makes and deletes the route meanwhile.
 */
#define TRY_AGAIN_BASE 100
#define TRY_AGAIN_CAP 1000
#define TRIES_MAX 6

void overlay_change_init(struct overlay_change *change, const struct overlay_change_kind *kind,
	const struct overlay_routes *routes, const void *wish)
{
	*change = (struct overlay_change){.kind = kind, .wish = wish};
	overlay_look_init(&change->look, routes);
}

void overlay_change_done(struct overlay_change *change)
{
	overlay_look_done(&change->look);
	table_read_done(&change->open);
	*change = (struct overlay_change){0};
}

static bool has_open_tables(const struct overlay_change *change)
{
	for (size_t i = 0; i < change->look.n_tables; i++)
		if (change->look.tables[i].verdict == OVERLAY_OPEN)
			return true;
	return false;
}

/* The first look, whole: from here on there is something to lose. */
static int begin_changes(struct overlay_change *change)
{
	struct overlay_look *look = &change->look;

	if (look->error.outcome == OUTCOME_DONE && !look->n_tables && change->kind->found_none)
		change->kind->found_none(change);
	if (look->error.outcome != OUTCOME_DONE) {
		change->step = OVERLAY_ENDS;
		return 0;
	}
	int err = table_read_init(&change->open, look->n_tables);
	if (err)
		return err;
	for (size_t i = 0; i < look->n_tables; i++)
		change->kind->decide(change, &look->tables[i]);
	change->step = OVERLAY_CHANGES;
	return 0;
}

static int send_changes(struct overlay_change *change, struct flow_batch *batch)
{
	int err = 0;

	for (size_t i = 0; !err && i < change->look.n_tables; i++) {
		struct overlay_table *table = &change->look.tables[i];
		struct flow_call call = {
			.action = table->next,
			.parameters = {.route_table = table->id,
				.destination = &change->look.routes->destination,
				.eni = change->kind->eni ? change->kind->eni(change) : NULL},
			.tag = i,
		};
		if (table->verdict != OVERLAY_OPEN || table->progress != OVERLAY_TO_SEND)
			continue;
		err = flow_batch_add(batch, &call);
		table->progress = OVERLAY_SENT;
		table->tries++;
	}
	return err;
}

/* Those that were put off, after a wait; false: there is none. */
static bool wait_to_send(struct overlay_change *change, uint32_t random, struct flow_batch *batch)
{
	unsigned tries = 0;

	for (size_t i = 0; i < change->look.n_tables; i++) {
		struct overlay_table *table = &change->look.tables[i];
		if (table->verdict != OVERLAY_OPEN || table->progress != OVERLAY_TO_SEND_LATER)
			continue;
		table->progress = OVERLAY_TO_SEND;
		tries = table->tries > tries ? table->tries : tries;
	}
	if (tries)
		batch->wait = backoff_delay(tries, random, TRY_AGAIN_BASE, TRY_AGAIN_CAP);
	return tries > 0;
}

/* By ids, so that a table whose route is gone is told of all the same. The tags follow the tables'. */
static int look_again(struct overlay_change *change, struct flow_batch *batch)
{
	const struct overlay_look *look = &change->look;

	change->looks++;
	table_read_clear(&change->open);
	for (size_t i = 0; i < look->n_tables; i++)
		if (look->tables[i].verdict == OVERLAY_OPEN)
			table_read_add(&change->open, look->tables[i].id);
	return table_read_send(&change->open, &look->routes->destination, look->n_tables, batch);
}

static int change_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct overlay_change *change = state;
	int err = 0;

	*ret_batch = (struct flow_batch){0};
	if (change->step == OVERLAY_LOOKS) {
		const struct flow look = overlay_look_flow(&change->look);
		if (!change->look.has_ended)
			return look.next(look.state, now, random, ret_batch);
		err = begin_changes(change);
	}
	if (!err && change->step == OVERLAY_CHANGES) {
		err = send_changes(change, ret_batch);
		if (err || ret_batch->count || wait_to_send(change, random, ret_batch))
			return err;
		change->step = OVERLAY_VERIFIES;
	}
	if (!err && change->step == OVERLAY_VERIFIES && !has_open_tables(change))
		change->step = OVERLAY_ENDS;
	if (err || change->step == OVERLAY_ENDS)
		return err;
	/* A wait comes as a batch without calls; the look follows when it is over. */
	change->waited = change->looks && !change->waited;
	if (!change->waited)
		return look_again(change, ret_batch);
	ret_batch->wait = backoff_delay(change->looks, random, LOOK_AGAIN_BASE, LOOK_AGAIN_CAP);
	return 0;
}

static void fail_table(struct overlay_table *table, const struct error *error)
{
	table->verdict = OVERLAY_FAILED;
	table->error = *error;
}

/* Its words, which are those of an answer that did not come, say why it is not as it should be. */
static void fail_lost_table(struct overlay_table *table, const struct error *found)
{
	error_prefix(&table->error, "%s", found->text);
	table->verdict = OVERLAY_FAILED;
}

/* NULL: EC2 does not tell of the table. */
static void fail_unverified(struct overlay_change *change, struct overlay_table *table,
	const struct overlay_route *route)
{
	const char *remedy = "see whether it was deleted";
	struct error error = {0};

	if (route)
		remedy = change->kind->explain(change, table, route, &error);
	else
		error_set(&error, OUTCOME_FAILED, ENOENT,
			"it is missing in EC2's answer after the change");
	if (table->error.outcome != OUTCOME_DONE) {
		fail_lost_table(table, &error);
		return;
	}
	if (remedy)
		error_set(&error, error.outcome, EAGAIN, "%s: %s", error.text, remedy);
	fail_table(table, &error);
}

static void verify(struct overlay_change *change, struct overlay_table *table,
	const struct ec2_route_table *found)
{
	struct overlay_route route = {0};

	if (found)
		route = overlay_route_find(found, &change->look.routes->destination);
	if (found && change->kind->is_done(change, &route)) {
		table->verdict = change->kind->done;
		table->error = (struct error){0};
		return;
	}
	/* What was refused and is there to be seen does not become better by looking on. */
	if (change->looks < LOOKS_MAX && !(table->progress == OVERLAY_REFUSED && route.exists))
		return;
	fail_unverified(change, table, found ? &route : NULL);
}

static struct overlay_table *find_table(struct overlay_change *change, const char *id)
{
	struct overlay_table *table = change->look.tables;

	while (strcmp(table->id, id) != 0)
		table++;
	return table;
}

/* `ids` are the open tables that the request was about. */
static void take_verification(
	struct overlay_change *change, const char *const *ids, const struct ec2_reply *reply)
{
	for (size_t i = 0; ids[i]; i++) {
		const struct ec2_route_table *found = NULL;

		for (size_t j = 0; !found && j < reply->route_tables.count; j++)
			if (strcmp(reply->route_tables.items[j].id, ids[i]) == 0)
				found = &reply->route_tables.items[j];
		verify(change, find_table(change, ids[i]), found);
	}
}

/* Nobody can tell what came of those that EC2's words name; where they name none, of all. */
static void fail_verification(struct overlay_change *change, const char *const *ids,
	const char *words, const struct error *error)
{
	bool is_named = false;

	for (size_t i = 0; ids[i]; i++)
		is_named |= overlay_words_name(words, ids[i]);
	for (size_t i = 0; ids[i]; i++) {
		struct overlay_table *table = find_table(change, ids[i]);
		struct error unread = *error;

		if (is_named && !overlay_words_name(words, table->id))
			continue;
		if (table->error.outcome != OUTCOME_DONE) {
			error_set(&unread, OUTCOME_FAILED, EIO,
				"whether the route was changed is not known");
			fail_lost_table(table, &unread);
			continue;
		}
		error_prefix(
			&unread, table->progress == OVERLAY_REFUSED
					 ? "the route could not be looked at again"
					 : "the route was changed, but could not be read back");
		fail_table(table, &unread);
	}
}

static void take_change(struct overlay_change *change, struct overlay_table *table,
	const struct flow_answer *answer)
{
	struct error error = {0};
	enum ec2_advice advice = EC2_TRANSIENT;
	int err = flow_check_answer(table->next, table->id, answer, &error);

	if (!err) {
		table->progress = OVERLAY_ACCEPTED;
		return;
	}
	if (!answer->err)
		advice = ec2_fault_advice(table->next, &answer->answer.fault);
	switch (advice) {
	case EC2_TRANSIENT:
		/* It may have been done: the look that follows tells. */
		table->error = error;
		return;
	case EC2_DONE_ALREADY:
		table->progress = OVERLAY_ACCEPTED;
		return;
	case EC2_USE_CREATE:
	case EC2_USE_REPLACE:
		if (table->tries < TRIES_MAX && change->kind->redirect(change, table, advice))
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
	case EC2_USE_ENI:
	case EC2_USE_OTHER_INDEX:
	case EC2_DENIED:
	case EC2_WOULD_BE_ALLOWED:
		break;
	}
	table->progress = OVERLAY_REFUSED;
	fail_table(table, &error);
}

static int change_take(void *state, size_t tag, const struct flow_answer *answer)
{
	struct overlay_change *change = state;
	const struct ec2_fault *fault = &answer->answer.fault;
	size_t n_tables = change->look.n_tables;
	const char *const *ids;
	struct error error = {0};

	if (change->step == OVERLAY_LOOKS) {
		const struct flow look = overlay_look_flow(&change->look);
		return look.take(look.state, tag, answer);
	}
	if (tag < n_tables) {
		take_change(change, &change->look.tables[tag], answer);
		return 0;
	}
	ids = table_read_ids(&change->open, tag - n_tables);
	if (flow_check_answer(EC2_DESCRIBE_ROUTE_TABLES, "*", answer, &error))
		fail_verification(change, ids, answer->err ? NULL : fault->message, &error);
	else
		take_verification(change, ids, &answer->answer.reply);
	return 0;
}

struct flow overlay_change_flow(struct overlay_change *change)
{
	return (struct flow){.next = change_next, .take = change_take, .state = change};
}

static enum outcome outcome_of(const struct overlay_table *table)
{
	switch (table->verdict) {
	case OVERLAY_IN_PLACE:
	case OVERLAY_MOVED:
	case OVERLAY_ABSENT:
	case OVERLAY_DELETED:
		return OUTCOME_DONE;
	case OVERLAY_LEFT:
	case OVERLAY_FAILED:
		return table->error.outcome;
	case OVERLAY_OPEN:
		break;
	}
	return OUTCOME_TIMEOUT;
}

enum outcome overlay_change_outcome(const struct overlay_change *change)
{
	enum outcome outcome = OUTCOME_DONE;
	size_t failed = 0;

	if (overlay_look_outcome(&change->look) != OUTCOME_DONE)
		return overlay_look_outcome(&change->look);
	for (size_t i = 0; i < change->look.n_tables; i++) {
		enum outcome of_table = outcome_of(&change->look.tables[i]);
		if (of_table == OUTCOME_DONE)
			continue;
		outcome = !failed || of_table == outcome ? of_table : OUTCOME_FAILED;
		failed++;
	}
	if (!change->look.n_tables && change->step != OVERLAY_ENDS)
		return OUTCOME_TIMEOUT;
	return failed && failed < change->look.n_tables ? OUTCOME_DIFFERS : outcome;
}

bool overlay_change_may_have_changed(const struct overlay_change *change)
{
	for (size_t i = 0; i < change->look.n_tables; i++)
		if (change->look.tables[i].progress == OVERLAY_SENT ||
			change->look.tables[i].progress == OVERLAY_ACCEPTED)
			return true;
	return false;
}

void overlay_refuse_advertised(const struct overlay_change *change, struct error *ret_error)
{
	error_set(ret_error, OUTCOME_FAILED, EPERM,
		"its route to %s is advertised by a Route Server, and is not touched",
		change->look.destination_text);
}
