/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small EC2 in memory that flows are driven against: it keeps route tables, ENIs and instances,
 * says what it was asked, a line a call, and fails where it is told to.
 */
#pragma once

#include "base/strbuf.h"
#include "failover/flow.h"
#include "failover/overlay_read.h"

#define VPC "vpc-1"
#define OURS "eni-1"
#define THEIRS "eni-2"

#define CLOUD_MAX 4

/* What IAM's refusals begin with, ahead of EC2's own words. */
#define NOT_PERMITTED(action, resource, arn)                                                       \
	"IAM does not permit ec2:" action " on " resource ": allow \"ec2:" action "\" on \"" arn   \
	"\" (see \"myha iam-policy\"): "
#define TABLE_ARN "arn:aws:ec2:*:*:route-table/"

struct cloud_table {
	const char *id; /* NULL ends them */
	const char *target; /* of the overlay's route; NULL: there is none */
	enum ec2_route_state state; /* UNKNOWN: active */
	enum ec2_route_origin origin; /* UNKNOWN: CreateRoute */
	const char *vpc; /* NULL: VPC */
	const char *instance;
	const char *local; /* CIDR of the VPC; NULL: 10.0.0.0/16 */
	enum ec2_target_kind kind; /* UNKNOWN: an ENI */
	bool is_main;
	unsigned n_subnets;
	bool no_origin; /* is said of the local route */
	bool advertised_too; /* a second route to the same, of a Route Server */
};

struct cloud_get_eni {
	const char *id;
	enum ec2_flag check;
	int device_index, network_card; /* of an instance's */
};

struct cloud_get_instance {
	const char *id;
	enum ec2_instance_state state;
	struct cloud_get_eni enis[CLOUD_MAX];
};

/* What goes wrong with the calls number `from` to `to` (1 is the first one) of an action. */
struct cloud_fault {
	unsigned from, to; /* 0 ends them */
	enum ec2_action action;
	const char *subject; /* of this table or ENI; NULL: of any, and all count together */
	/* LOST, LATE, PUT_OFF, NOTHING, or EC2's code. */
	const char *code;
	const char *message;
	bool done; /* it was carried out all the same */
};
#define LOST "lost" /* the answer does not come */
#define LATE "late" /* the same, and the deadline has passed */
#define PUT_OFF "put off" /* the deadline has passed, and each try was throttled */
#define NOTHING "nothing" /* a success that changes nothing */

/* Somebody else, before the call number `before` of all. */
struct cloud_event {
	unsigned before; /* 0 ends them */
	const char *table;
	const char *target; /* NULL: the route is gone */
	bool vanishes; /* the table is missing in answers from here on */
};

/* The looks number `from` to `to` show an older state of a table. */
struct cloud_stale {
	unsigned from, to; /* 0 ends them */
	const char *table;
	const char *target; /* NULL: no route */
};

struct cloud {
	struct cloud_table tables[CLOUD_MAX];
	struct cloud_fault faults[CLOUD_MAX];
	struct cloud_event events[CLOUD_MAX];
	struct cloud_stale stale[CLOUD_MAX];
	struct cloud_get_eni enis[CLOUD_MAX];
	struct cloud_get_instance instances[CLOUD_MAX];
	unsigned page; /* tables on a page, where no ids were given; 0: all */
	bool endless; /* the last page names a next one */
	bool twice; /* each table is told twice */
	bool deaf; /* tells of all tables, whatever was asked */
	/* What came of it. */
	struct strbuf calls;
	unsigned n_calls, n_reads;
	unsigned counts[CLOUD_MAX];
	uint64_t waited;
};

void cloud_done(struct cloud *cloud);

/* Until the flow ends; fails where that takes more than `rounds`. */
void cloud_run(struct cloud *cloud, const struct flow *flow, unsigned rounds);

/* Until the flow ends, or has waited for so long: then false. */
bool cloud_run_until(struct cloud *cloud, const struct flow *flow, uint64_t msec);

/* So many rounds of it, and then it is left. */
void cloud_run_some(struct cloud *cloud, const struct flow *flow, unsigned rounds);

/* The overlay's routes: in these tables, or in all of the VPC. */
struct overlay_routes cloud_routes(const char *const *tables);

/* "rtb-a: moved", "rtb-b: failed: …", a line each; or "error: …"; then "outcome 3". */
void cloud_print_tables(
	const struct overlay_read *read, enum outcome outcome, struct strbuf *ret_text);

/* For answers that are made by hand: a reply is set first, then filled. */
void cloud_set_reply(struct flow_response *response, enum ec2_action action);
void cloud_set_fault(struct flow_response *response, const char *code, const char *message);
void cloud_lose(struct flow_response *response, enum ec2_action action, bool late);
void cloud_add_table(struct flow_response *response, const struct cloud_table *table);
void cloud_add_eni(struct ec2_eni_list *list, const struct cloud_get_eni *eni);
void cloud_add_instance(struct flow_response *response, const struct cloud_get_instance *instance);
