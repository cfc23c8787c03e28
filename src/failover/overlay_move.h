/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pointing an overlay address at an ENI in every route table that it has: look at all tables, switch
 * all that need it at once (ReplaceRoute, or CreateRoute where there is no route), look again. What
 * was read back is what each table's verdict says.
 *
 * Nothing is changed where the first look finds that it must not be: a table that does not exist or
 * is of another VPC, an address inside the VPC. A route that a Route Server advertises is left.
 */
#pragma once

#include "base/ip.h"
#include "failover/flow.h"

#include <stdbool.h>
#include <stdint.h>

/* All borrowed, and to hold as long as the flow. */
struct overlay_wish {
	const char *name; /* for messages */
	struct ip_prefix destination; /* one host */
	const char *const
		*tables; /* ids, NULL-terminated; none: all of the VPC that have the route */
	const char *vpc;
	const char *eni; /* the target */
	bool may_create; /* a route where there is none; in tables that are named */
};

enum overlay_verdict {
	OVERLAY_OPEN, /* not decided yet */
	OVERLAY_IN_PLACE, /* it pointed there already */
	OVERLAY_MOVED, /* it does now */
	OVERLAY_FAILED, /* it does not, or one cannot tell: see error */
};

struct overlay_table {
	char id[EC2_ID_SIZE];
	bool had_route; /* before; then where it pointed: */
	struct ec2_target_name {
		char id[EC2_ID_SIZE]; /* of the ENI, or of whatever it was; "" where that is not known */
		char instance[EC2_ID_SIZE];
		enum ec2_route_state state;
	} before;
	enum overlay_verdict verdict;
	struct error error;
	/* The flow's own. */
	enum ec2_action next; /* EC2_REPLACE_ROUTE or EC2_CREATE_ROUTE */
	unsigned tries;
	bool sent;
};

struct overlay_move {
	const struct overlay_wish *wish;
	struct overlay_table *tables;
	size_t n_tables, capacity;
	struct error error; /* what stopped all of it; OUTCOME_DONE: nothing did */
	/* The flow's own. */
	enum overlay_step {
		OVERLAY_LOOKS,
		OVERLAY_SWITCHES,
		OVERLAY_VERIFIES,
		OVERLAY_ENDS,
	} step;
	unsigned looks; /* of the verification */
	bool waited; /* since the last one */
	char *next_token;
	const char *vpc_values[2], *destination_values[2];
	char destination_text[IP_PREFIX_TEXT_SIZE];
	struct ec2_filter filters[3];
};

void overlay_move_init(struct overlay_move *flow, const struct overlay_wish *wish);
void overlay_move_done(struct overlay_move *flow);

/* For the driver; borrows `flow`. */
struct flow overlay_move_flow(struct overlay_move *flow);

/* How it ended: DIFFERS where only some tables were switched; else as flow->error or the tables say. */
enum outcome overlay_move_outcome(const struct overlay_move *flow);
