/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/overlay_verify.h"

#include <errno.h>

static void fail_table(struct overlay_table *table, const struct error *error)
{
	table->verdict = OVERLAY_FAILED;
	table->error = *error;
}

/* A response was lost: table->error says why. The text of `found` is put before that. */
static void fail_after_lost(struct overlay_table *table, const struct error *found)
{
	error_prefix(&table->error, "%s", found->text);
	table->verdict = OVERLAY_FAILED;
}

/* Fails a table: its route in the latest read is not as wanted, or the read lacks the table. */
static void fail_not_as_wanted(struct overlay_change *change, struct overlay_table *table)
{
	const char *remedy = "check in EC2 whether the route table was deleted";
	struct error error = {0};

	if (table->was_read)
		remedy = change->kind->explain_failure(change, table, &table->seen, &error);
	else
		error_set(&error, OUTCOME_FAILED, ENOENT,
			"the table is missing in EC2's response after the change");
	if (table->error.outcome != OUTCOME_DONE) {
		fail_after_lost(table, &error);
		return;
	}
	if (remedy)
		error_set(&error, error.outcome, EAGAIN, "%s: %s", error.text, remedy);
	fail_table(table, &error);
}

/* Whether the route points to the ENI of the requests, in any state. Deletions have no ENI. */
static bool has_wanted_target(
	const struct overlay_change *change, const struct overlay_route *route)
{
	const char *const enis[] = {
		change->kind->get_eni ? change->kind->get_eni(change) : NULL, NULL};

	return overlay_route_points_to(route, enis);
}

/* Decides by the latest read as if it were the first one, and may send a change again. */
static void decide_again(struct overlay_change *change, struct overlay_table *table)
{
	table->before = table->seen;
	table->tentative_verdict = OVERLAY_PENDING;
	table->progress = OVERLAY_TO_SEND;
	change->kind->decide(change, table);
	if (table->verdict == OVERLAY_PENDING)
		change->step = OVERLAY_CHANGES;
}

/*
 * Decides an unconfirmed table, or one that is not as wanted, by a read that cannot be stale. If
 * EC2 accepted our request, the old route proves nothing, and another node made any other route.
 */
static void decide_by_conclusive_read(struct overlay_change *change, struct overlay_table *table)
{
	bool is_accepted = table->progress == OVERLAY_ACCEPTED;

	if (table->was_read && table->progress == OVERLAY_UNCONFIRMED) {
		decide_again(change, table);
		return;
	}
	if (table->was_read && is_accepted && !has_wanted_target(change, &table->seen)) {
		if (overlay_route_is_same(&table->seen, &table->before))
			return;
		table->is_overtaken = true;
	}
	fail_not_as_wanted(change, table);
}

/* The wanted route proves success if EC2 accepted the request or the read cannot be stale. */
void overlay_verify_table(struct overlay_change *change, struct overlay_table *table,
	const struct ec2_route_table *found)
{
	bool is_accepted = table->progress == OVERLAY_ACCEPTED;
	bool is_wanted = false;

	table->was_read = found != NULL;
	if (found) {
		table->seen = overlay_route_find(found, &change->read.routes->destination);
		is_wanted = change->kind->is_wanted_route(change, &table->seen);
	}
	if (is_wanted && table->progress != OVERLAY_UNCONFIRMED &&
		(is_accepted || change->is_conclusive)) {
		table->verdict = table->tentative_verdict != OVERLAY_PENDING
					 ? table->tentative_verdict
					 : change->kind->done_verdict;
		table->error = (struct error){0};
		return;
	}
	/* If EC2 refused the request and a read shows another route, later reads do not help. */
	if (table->progress == OVERLAY_REFUSED && found && table->seen.exists && !is_wanted)
		fail_not_as_wanted(change, table);
	else if (change->is_conclusive)
		decide_by_conclusive_read(change, table);
}

/* EC2 accepted the change, but all reads until the deadline showed another state. */
static void fail_accepted(
	struct overlay_change *change, struct overlay_table *table, const struct error *reason)
{
	struct error error = {0};

	change->kind->explain_failure(change, table, &table->seen, &error);
	error_set(&error, reason->outcome, EAGAIN, "%s, although EC2 accepted the change",
		error.text);
	fail_table(table, &error);
}

void overlay_fail_unread(
	struct overlay_change *change, struct overlay_table *table, const struct error *reason)
{
	struct error error = *reason;
	const char *text = NULL;

	if (table->error.outcome != OUTCOME_DONE) {
		error_set(&error, OUTCOME_FAILED, EIO, "unknown whether the route was changed");
		fail_after_lost(table, &error);
		return;
	}
	switch (table->progress) {
	case OVERLAY_ACCEPTED:
		if (table->was_read && reason->outcome == OUTCOME_TIMEOUT) {
			fail_accepted(change, table, reason);
			return;
		}
		text = "the route was changed, but could not be read back";
		break;
	case OVERLAY_REFUSED:
		text = "the route could not be read again";
		break;
	case OVERLAY_SENT:
		text = "unknown whether the route was changed";
		break;
	case OVERLAY_TO_SEND:
	case OVERLAY_TO_SEND_LATER:
		text = "the route was not changed";
		break;
	case OVERLAY_UNCONFIRMED:
		text = "the state of the route could not be confirmed";
		break;
	}
	error_prefix(&error, "%s", text);
	fail_table(table, &error);
}
