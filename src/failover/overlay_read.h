/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads which route tables of a VPC have a route to an overlay address, and where these routes
 * point. This is a flow, and the first step of the flows that change these routes.
 *
 * If the read has an error, no table may be changed: a table does not exist or belongs to another
 * VPC, the address is inside the VPC, or EC2 could not be read.
 *
 * If the caller names no tables, the flow covers only tables whose route points to an ENI or an
 * instance, even if that no longer exists (blackhole). Routes to other targets, such as a VPC
 * endpoint or a transit gateway, serve another purpose: these tables are left out (`uncovered`).
 */
#pragma once

#include "base/ip.h"
#include "failover/flow.h"
#include "failover/table_read.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The routes of one overlay address. All pointers are borrowed, and must stay valid as long as the
 * flow.
 */
struct overlay_routes {
	const char *name; /* the overlay, for commands in remedies; other messages do not name it */
	struct ip_prefix destination; /* one host */
	/* ids, NULL-terminated; NULL: all of the VPC with a route to an ENI or an instance */
	const char *const *tables;
	const char *vpc; /* to which the tables must belong; NULL, if they are named: any VPC */
};

#define OVERLAY_TARGET_SIZE 128 /* the target can be a core network's ARN */
#define OVERLAY_ROUTE_TEXT_SIZE (OVERLAY_TARGET_SIZE + 2 * EC2_ID_SIZE)

/* One table's route to the address. */
struct overlay_route {
	bool exists; /* false: all other members are zero */
	enum ec2_target_kind kind;
	char target[OVERLAY_TARGET_SIZE]; /* id of the ENI or other target; "": not known */
	char instance[EC2_ID_SIZE]; /* to which the ENI is attached; "": not known */
	enum ec2_route_state state;
	enum ec2_route_origin origin;
};

/* The result of a flow for one table. */
enum overlay_verdict {
	OVERLAY_PENDING, /* undecided; a flow that only reads decides nothing */
	OVERLAY_IN_PLACE, /* the route already pointed to the target */
	OVERLAY_MOVED, /* the route points to the target now; created if before.exists is false */
	OVERLAY_ABSENT, /* there was no route to delete */
	OVERLAY_DELETED, /* the route was deleted */
	OVERLAY_NOT_PERMITTED, /* not changed, since that is not permitted: see error */
	OVERLAY_FAILED, /* the table is not as wanted, or that is not known: see error */
};

struct overlay_table {
	char id[EC2_ID_SIZE];
	char vpc[EC2_ID_SIZE];
	bool is_main; /* the VPC's main table: for subnets without an associated table */
	size_t n_subnets; /* number of subnets that are explicitly associated with the table */
	/* as of the read that decided: the first one, or a later conclusive one */
	struct overlay_route before;
	enum overlay_verdict verdict;
	struct error error; /* of this table; does not name it */
	bool is_overtaken; /* another node changed the route after our change */
	/* Internal to the flow that changes the table. */
	enum overlay_progress {
		OVERLAY_TO_SEND,
		OVERLAY_TO_SEND_LATER, /* after a wait */
		OVERLAY_SENT, /* no response yet; or it was lost, and `error` is set */
		OVERLAY_ACCEPTED,
		OVERLAY_REFUSED,
		OVERLAY_UNCONFIRMED, /* decided by a read that may be old: later reads confirm it */
	} progress;
	enum ec2_action next; /* the request to send, or that was sent */
	unsigned tries; /* number of requests */
	/* of the first read, until a request or a later read confirms it; OVERLAY_PENDING: none */
	enum overlay_verdict tentative_verdict;
	bool was_read; /* the latest read after the changes had the table; `seen` is its route */
	struct overlay_route seen;
};

struct overlay_read {
	const struct overlay_routes *routes; /* borrowed */
	/* the covered tables, owned; none, and no error: no table has such a route */
	struct overlay_table *tables;
	size_t n_tables, capacity;
	/* the tables that are left out, owned; error.text of each says why */
	struct overlay_table *uncovered;
	size_t n_uncovered, uncovered_capacity;
	struct error error; /* if set, no table may be changed; OUTCOME_DONE: no error */
	bool has_ended;
	/* Internal to the flow. */
	struct table_read by_id; /* if tables are named */
	size_t n_outstanding; /* requests of by_id without a response yet */
	unsigned pages; /* pages read, if no tables are named */
	char *next_token;
	const char *vpc_values[2], *destination_values[2];
	char destination_text[IP_PREFIX_TEXT_SIZE];
	struct ec2_filter filters[3];
};

/* Initializes the flow, which points into itself: do not copy it. */
void overlay_read_init(struct overlay_read *read, const struct overlay_routes *routes);
void overlay_read_done(struct overlay_read *read);
/* Returns the interface for the driver; borrows `read`. */
struct flow overlay_read_flow(struct overlay_read *read);
/* OUTCOME_DONE: complete, even if there is no table; OUTCOME_TIMEOUT: not complete; or an error. */
enum outcome overlay_read_outcome(const struct overlay_read *read);

/* Whether the route points to one of `enis` (NULL-terminated), in any state. */
bool overlay_route_points_to(const struct overlay_route *route, const char *const *enis);
/* Whether both routes have the same target, in any state, or neither route exists. */
bool overlay_route_is_same(const struct overlay_route *a, const struct overlay_route *b);
/* Formats "eni-… (i-…, active)". Returns `buffer`. */
const char *overlay_route_format(
	const struct overlay_route *route, char buffer[OVERLAY_ROUTE_TEXT_SIZE]);

/* Finds the route to `destination` in a table that EC2 returned, for the flows that read again. */
struct overlay_route overlay_route_find(
	const struct ec2_route_table *table, const struct ip_prefix *destination);

/* Whether EC2's message (NULL: none) contains this id, as a whole word. */
bool overlay_message_has_id(const char *message, const char *id);
