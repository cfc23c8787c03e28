/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Implements the steps that all changes to the routes of an overlay address share. The flow reads
 * all tables, sends the changes of all tables at once, and reads again until each table is as
 * wanted or has failed. The verdict of a table is what was read back.
 *
 * EC2's reads may be old, so that no verdict depends only on the first read; overlay_verify.h has
 * the rules. While reads do not show an accepted change, the flow goes on until the driver's
 * deadline.
 *
 * If the first read has an error, nothing is changed. A table that must not be changed does not
 * prevent changes to other tables, unless review_decisions() says so.
 */
#pragma once

#include "failover/overlay_read.h"

struct overlay_change;

/*
 * How moves and deletions differ. When these functions are called, table->error is empty or has the
 * error of a lost response.
 */
struct overlay_change_kind {
	/* Returns the ENI that the requests name. NULL: the requests name no ENI. */
	const char *(*get_eni)(const struct overlay_change *change);
	/* Sets read.error if there is no table to change. NULL: that is no error. */
	void (*explain_no_table)(struct overlay_change *change);
	/*
	 * Decides by table->before: sets the verdict, with an error if it is a failure, and the
	 * request to send. For a table that is IN_PLACE or ABSENT this is a request that changes
	 * nothing. If there is no such request, the function sets OVERLAY_UNCONFIRMED, and later
	 * reads confirm the verdict.
	 */
	void (*decide)(const struct overlay_change *change, struct overlay_table *table);
	/* May correct the decisions about all tables before any request is sent. NULL: no-op. */
	void (*review_decisions)(struct overlay_change *change);
	/*
	 * Called if EC2 responds that the route already exists (EC2_USE_REPLACE) or does not exist
	 * (EC2_USE_CREATE). Sets a verdict, or the correct request with OVERLAY_TO_SEND; or
	 * OVERLAY_ACCEPTED or OVERLAY_REFUSED if later reads decide. False: the change fails.
	 */
	bool (*correct_request)(const struct overlay_change *change, struct overlay_table *table,
		enum ec2_advice advice);
	/* Whether the route in a later read is as wanted. */
	bool (*is_wanted_route)(
		const struct overlay_change *change, const struct overlay_route *route);
	enum overlay_verdict done_verdict; /* if the route is as wanted after the change */
	/*
	 * Sets the error for a table whose change has failed: a read shows `route`. Returns the
	 * remedy, which is not shown if the cause is a lost response; NULL: no remedy.
	 */
	const char *(*explain_failure)(const struct overlay_change *change,
		const struct overlay_table *table, const struct overlay_route *route,
		struct error *ret_error);
};

struct overlay_change {
	const struct overlay_change_kind *kind;
	const void *owner; /* the overlay_move or overlay_delete; borrowed */
	bool is_preview; /* nothing will be sent: the first read decides */
	struct overlay_read read; /* the tables; read.error is the error that stopped the flow */
	/* Internal to the flow. */
	enum overlay_step {
		OVERLAY_READS,
		OVERLAY_CHANGES,
		OVERLAY_VERIFIES,
		OVERLAY_ENDS,
	} step;
	uint64_t changed_at; /* when the verification began; milliseconds of the driver's clock */
	bool is_conclusive; /* the last read was so late that it cannot be older than changed_at */
	unsigned n_reads; /* number of reads after changed_at */
	bool has_waited; /* the wait before the next read is over */
	struct table_read undecided; /* the tables that are read again */
};

void overlay_change_init(struct overlay_change *change, const struct overlay_change_kind *kind,
	const struct overlay_routes *routes, const void *owner);
void overlay_change_done(struct overlay_change *change);
/* Returns the interface for the driver; borrows `change`. */
struct flow overlay_change_flow(struct overlay_change *change);

/*
 * The outcome of the flow. In this order:
 * - that of read.error, if it stopped the flow;
 * - TIMEOUT, if the state of some tables is not known and all others are as wanted;
 * - DIFFERS, if some tables are as wanted and others are not;
 * - that of the tables' errors; FAILED, if they are not the same.
 * An undecided table counts as TIMEOUT.
 */
enum outcome overlay_change_outcome(const struct overlay_change *change);

/*
 * Called when the driver ends the flow early, in most cases at the deadline. Each undecided table
 * fails, with an error that says what is known about it.
 */
void overlay_change_expire(struct overlay_change *change, const struct error *reason);

/*
 * Whether EC2 accepted a request, or the result of a request is not known. The confirmation of a
 * table that was IN_PLACE counts as a change.
 */
bool overlay_change_may_have_changed(const struct overlay_change *change);

/* Sets the error for a route that a Route Server advertises, which no kind of change may touch. */
void overlay_refuse_advertised(const struct overlay_change *change, struct error *ret_error);
