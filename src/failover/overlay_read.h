/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the route tables of a VPC say of an overlay address: which of them have a route to it, and
 * where to. A flow of its own, and the first step of those that change these routes.
 *
 * A look that has an error saw something that must stop everything: a table that does not exist or
 * is of another VPC, an address inside the VPC, or EC2 did not tell. Then no table is to be changed.
 *
 * Where no table is named, only those are covered whose route leads to an ENI or an instance, also one that
 * is gone (blackhole). Routes to anything else, a VPC endpoint or a transit gateway that leads the traffic
 * through an inspection, serve another purpose: their tables have to be named.
 */
#pragma once

#include "base/ip.h"
#include "failover/flow.h"
#include "failover/table_read.h"

#include <stdbool.h>
#include <stdint.h>

/* The routes of one overlay address. All borrowed, and to hold as long as the flow. */
struct overlay_routes {
	const char *name; /* for remedies; a message is about it, and need not name it */
	struct ip_prefix destination; /* one host */
	const char *const *
		tables; /* ids, NULL-terminated; NULL: all of the VPC that have the route to an ENI */
	const char *vpc; /* that the tables must be of; NULL: any, where they are named */
};

#define OVERLAY_TARGET_SIZE 128 /* a core network is named by an ARN */
#define OVERLAY_ROUTE_TEXT_SIZE (OVERLAY_TARGET_SIZE + 2 * EC2_ID_SIZE)

/* One table's route to the address. */
struct overlay_route {
	bool exists; /* else all that follows is zero */
	enum ec2_target_kind kind;
	char target[OVERLAY_TARGET_SIZE]; /* the ENI's id, or of whatever it is; "": not known */
	char instance[EC2_ID_SIZE]; /* that has the ENI; "": not known */
	enum ec2_route_state state;
	enum ec2_route_origin origin;
};

/* How a flow that changes routes leaves a table. */
enum overlay_verdict {
	OVERLAY_OPEN, /* not decided, and so it stays where one only looks */
	OVERLAY_IN_PLACE, /* it pointed there already */
	OVERLAY_MOVED, /* it does now; there was no route before where before.exists is false */
	OVERLAY_ABSENT, /* there was no route to delete */
	OVERLAY_DELETED,
	OVERLAY_LEFT, /* not touched, since it must not be: see error */
	OVERLAY_FAILED, /* it is not as wanted, or one cannot tell: see error */
};

struct overlay_table {
	char id[EC2_ID_SIZE];
	char vpc[EC2_ID_SIZE];
	bool is_main; /* of all subnets that have no table of their own */
	size_t n_subnets; /* that are associated with it by name */
	struct overlay_route before; /* as it was when first looked at */
	enum overlay_verdict verdict;
	struct error error; /* about this table, which its words need not name */
	bool is_overtaken; /* changed, and changed again by another node since */
	/* Of the flow that changes it. */
	enum overlay_progress {
		OVERLAY_TO_SEND,
		OVERLAY_TO_SEND_LATER,
		OVERLAY_SENT, /* no answer yet, or it was lost: then `error` has its words */
		OVERLAY_ACCEPTED,
		OVERLAY_REFUSED,
		OVERLAY_UNCONFIRMED, /* as wanted by a read that may be old: later ones decide */
	} progress;
	enum ec2_action next;
	unsigned tries;
	enum overlay_verdict believed; /* by that read: what the request confirms; OPEN: nothing */
	bool was_read; /* since the changes; `seen` is what the last read showed */
	struct overlay_route seen;
};

struct overlay_read {
	const struct overlay_routes *routes;
	struct overlay_table *tables; /* none, and no error: no table of the VPC has the route */
	size_t n_tables, capacity;
	struct overlay_table *uncovered; /* not named, and not covered; error.text says why */
	size_t n_uncovered, uncovered_capacity;
	struct error error; /* what stops everything; OUTCOME_DONE: nothing does */
	bool has_ended;
	/* The flow's own. */
	struct table_read read; /* where tables are named */
	size_t n_unread; /* requests of it without a response */
	unsigned pages;
	char *next_token;
	const char *vpc_values[2], *destination_values[2];
	char destination_text[IP_PREFIX_TEXT_SIZE];
	struct ec2_filter filters[3];
};

/* It points into itself: not to be copied. */
void overlay_read_init(struct overlay_read *read, const struct overlay_routes *routes);
void overlay_read_done(struct overlay_read *read);

/* For the driver; borrows `look`. */
struct flow overlay_read_flow(struct overlay_read *read);

/* DONE where the look is whole, whatever it found; TIMEOUT where it was not ended. */
enum outcome overlay_read_outcome(const struct overlay_read *read);

/* Whether it points to one of these, `enis` being NULL-terminated; in whatever state. */
bool overlay_route_points_to(const struct overlay_route *route, const char *const *enis);

/* Whether both lead to the same, in whatever state, or neither exists. */
bool overlay_route_is_same(const struct overlay_route *one, const struct overlay_route *other);

/* "eni-… of i-… (active)" */
const char *overlay_route_format(
	const struct overlay_route *route, char buffer[OVERLAY_ROUTE_TEXT_SIZE]);

/* For the flows that look again: what this table, as EC2 tells it, says of the address. */
struct overlay_route overlay_route_find(
	const struct ec2_route_table *table, const struct ip_prefix *destination);

/* Whether EC2's words name this id, and not only a longer one that begins like it. */
bool overlay_words_name(const char *words, const char *id);
