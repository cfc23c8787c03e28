/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all changes to the routes of an overlay address have in common: look at all tables, make the
 * requests for all that need it at once, look again until each is as wanted or has failed. What was
 * read back is what each table's verdict says.
 *
 * EC2's reads may be old, so that no verdict rests on the first one alone; overlay_verify.h has the rules.
 * The flow does not end while an accepted change is not to be seen: the driver's deadline ends it.
 *
 * Nothing is changed where the first look has an error. A table that must be left alone keeps no other
 * from being changed.
 */
#pragma once

#include "failover/overlay_read.h"

struct overlay_change;

/* One kind of change. Where these are called, table->error has no words but those of a lost answer. */
struct overlay_change_kind {
	/* The ENI that the requests name; NULL: they name none. */
	const char *(*eni)(const struct overlay_change *change);
	/* The first look found no table that has the route, and none was named; NULL: so be it. */
	void (*found_none)(struct overlay_change *change);
	/*
	 * By a look: a verdict, with words where it is a bad one, and the next request, which for a table
	 * that is IN_PLACE or ABSENT is one that changes nothing. OVERLAY_UNCONFIRMED: the verdict is good
	 * and there is no such request, so that later reads are to confirm it.
	 */
	void (*decide)(const struct overlay_change *change, struct overlay_table *table);
	/* All are decided by the first look, and nothing is sent yet; NULL: so be it. */
	void (*decided)(struct overlay_change *change);
	/*
	 * EC2 says that there is such a route, or none. To be done: a verdict, or another request with
	 * OVERLAY_TO_SEND, or OVERLAY_ACCEPTED or OVERLAY_REFUSED, which leaves it to the look. False
	 * where this makes no sense.
	 */
	bool (*redirect)(const struct overlay_change *change, struct overlay_table *table,
		enum ec2_advice advice);
	/* By a later look: whether that is what was wanted. */
	bool (*is_done)(const struct overlay_change *change, const struct overlay_route *route);
	enum overlay_verdict done;
	/*
	 * It is not, and will not be: the words, and the remedy, which is left out where the reason is
	 * a lost answer; NULL: none.
	 */
	const char *(*explain)(const struct overlay_change *change,
		const struct overlay_table *table, const struct overlay_route *route,
		struct error *ret_error);
};

struct overlay_change {
	const struct overlay_change_kind *kind;
	const void *goal; /* the kind's own */
	bool is_preview; /* nothing will be sent: what the first look shows is believed */
	struct overlay_read read; /* the tables, and in look.error what stopped all of it */
	/* The flow's own. */
	enum overlay_step {
		OVERLAY_READS,
		OVERLAY_CHANGES,
		OVERLAY_VERIFIES,
		OVERLAY_ENDS,
	} step;
	uint64_t changed_at; /* when the verification began, by the driver's clock */
	bool is_conclusive; /* the last look: so long after it that it can show nothing older */
	unsigned reads; /* of the verification */
	bool waited; /* since the last one */
	struct table_read open; /* the tables that are looked at again */
};

void overlay_change_init(struct overlay_change *change, const struct overlay_change_kind *kind,
	const struct overlay_routes *routes, const void *goal);
void overlay_change_done(struct overlay_change *change);

/* For the driver; borrows `change`. */
struct flow overlay_change_flow(struct overlay_change *change);

/*
 * How it ended: as look.error says where all was stopped; TIMEOUT where some tables are not known, and
 * those that are known are as wanted; DIFFERS where some are as wanted and others not; else as the
 * tables' errors say, which is FAILED where they say different things. A table that is still open counts
 * as TIMEOUT.
 */
enum outcome overlay_change_outcome(const struct overlay_change *change);

/*
 * The driver gave up, for this reason, most often the deadline: each table that is still open fails with
 * what is known of it.
 */
void overlay_change_expire(struct overlay_change *change, const struct error *reason);

/* Whether a request was accepted, or sent with nobody knowing what came of it. */
bool overlay_change_may_have_changed(const struct overlay_change *change);

/* The words for a route that no kind of change may touch. */
void overlay_refuse_advertised(const struct overlay_change *change, struct error *ret_error);
