/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a flow against an EC2 in memory, in virtual time, with route tables, ENIs and instances.
 * Attaching and detaching take time. Invalid calls get EC2's own error messages, other errors are
 * scripted, and other nodes may act between two calls. `calls` records every complete call, one per
 * line.
 *
 * It drives a flow like the loop in aws/: all calls of a batch, then the responses. At the
 * deadline, calls get no response, and a flow that waits does not continue.
 */
#pragma once

#include "base/strbuf.h"
#include "failover/flow.h"

#include <stdbool.h>
#include <stdint.h>

#define MEMORY_TABLES_MAX 4
#define MEMORY_ENIS_MAX 12
#define MEMORY_INSTANCES_MAX 4
#define MEMORY_SCRIPT_MAX 10
#define MEMORY_ADDRESSES_MAX 4
#define MEMORY_PAST_MAX 64

#define MEMORY_START 1000 /* the time at which a flow begins */
#define MEMORY_CALL_MSEC 5 /* duration of a batch of calls */

#define MEMORY_VPC "vpc-1"
#define MEMORY_DESTINATION "192.168.10.16/32" /* of the route that each table may have */

/* The lines of calls that several tests compare. */
#define DESCRIBE_ENI(eni) "DescribeNetworkInterfaces NetworkInterfaceId.1=" eni "\n"
#define DESCRIBE_ENI_WITH(address)                                                                 \
	"DescribeNetworkInterfaces Filter.1.Name=vpc-id Filter.1.Value.1=" MEMORY_VPC              \
	" Filter.2.Name=addresses.private-ip-address Filter.2.Value.1=" address                    \
	" MaxResults=1000\n"

/* The beginning of an error if IAM refused a call; EC2's code and message follow. */
#define NOT_PERMITTED(action, resource, arn)                                                       \
	"IAM does not permit ec2:" action " on " resource ": allow \"ec2:" action "\" on \"" arn   \
	"\" (see \"myha iam-policy\"): "
#define TABLE_ARN "arn:aws:ec2:*:*:route-table/"
#define ENI_ARN "arn:aws:ec2:*:*:network-interface/"

#define TEN(text) text text text text text text text text text text

struct ec2_memory;

struct memory_table {
	const char *id; /* NULL ends them */
	const char *target; /* of the route to MEMORY_DESTINATION; NULL: there is none */
	enum ec2_route_state state; /* UNKNOWN: active */
	enum ec2_route_origin origin; /* UNKNOWN: CreateRoute */
	const char *vpc; /* NULL: MEMORY_VPC */
	const char *instance;
	const char *local; /* CIDR of the VPC; NULL: 10.0.0.0/16 */
	enum ec2_target_kind kind; /* UNKNOWN: an ENI */
	bool is_main;
	unsigned n_subnets;
	bool no_origin; /* the response has no origin of the local route */
	bool advertised_too; /* a second route to the same destination, from a Route Server */
};

struct memory_eni {
	const char *id; /* NULL: none */
	const char *subnet, *vpc, *zone; /* NULL: those of most */
	const char *addresses[MEMORY_ADDRESSES_MAX]; /* IPv4, the primary first */
	const char *ipv6;
	const char *tag_key, *tag_value;
	const char *operator_principal;
	bool requester_managed;
	enum ec2_flag source_dest_check;
	const char *service; /* the AWS service that owns the attachment instead of an instance */
	bool pending; /* made, and not available yet */
	/* Attached where there is an attachment. */
	char attachment[EC2_ID_SIZE];
	char instance[EC2_ID_SIZE];
	int index, card;
	bool names_card; /* also card 0, which EC2 leaves out where there is no other one */
	enum ec2_attachment_status status;
	uint64_t settles; /* when attaching or detaching is over; 0: it is neither */
	uint64_t attached_at; /* 0: before all that are made in the run */
};

struct memory_instance {
	const char *id;
	const char *zone;
	enum ec2_instance_state state;
	int limit; /* ENIs on card 0, and on each other one; 0: none */
	int cards; /* 0: one */
	uint64_t busy; /* until then attaching and detaching are refused (IncorrectState) */
};

/* The result of some calls of an action, instead of the normal one. */
struct memory_fault {
	enum ec2_action action;
	unsigned nth; /* of these calls, from 1 on; 0: all of them */
	const char *code; /* EC2's, or one of those below; NULL: no fault */
	const char *message; /* NULL: EC2 has no words */
	bool done; /* but the change was made */
	unsigned last; /* of several, from nth on; 0: only nth */
	const char *subject; /* only calls that change this table or ENI; NULL: all */
};
#define LOST "lost" /* the response does not come */
#define LATE "late" /* the same, and the deadline has passed */
#define PUT_OFF "put off" /* the deadline has passed, and each try was throttled */
#define NOTHING "nothing" /* a success that changes and shows nothing */
#define UNAUTHORIZED "UnauthorizedOperation" /* EC2's code where IAM refuses */

/* A change by another program, just before a call takes effect. */
struct memory_event {
	enum ec2_action action;
	unsigned nth;
	void (*happen)(struct ec2_memory *memory);
};

/* The same with a table's route, before the call number `before` of all. */
struct memory_route_event {
	unsigned before; /* 0 ends them */
	const char *table;
	const char *target; /* NULL: the route is gone */
	bool vanishes; /* the table is missing in responses from here on */
};

/* The reads number `from` to `to` of tables show an older state of a table. */
struct memory_stale_route {
	unsigned from, to; /* 0 ends them */
	const char *table;
	const char *target; /* NULL: no route */
};

struct ec2_memory {
	struct memory_table tables[MEMORY_TABLES_MAX];
	struct memory_eni enis[MEMORY_ENIS_MAX];
	struct memory_instance instances[MEMORY_INSTANCES_MAX];
	struct memory_fault faults[MEMORY_SCRIPT_MAX];
	struct memory_event events[MEMORY_SCRIPT_MAX];
	struct memory_route_event route_events[MEMORY_SCRIPT_MAX];
	struct memory_stale_route stale_routes[MEMORY_SCRIPT_MAX];
	uint64_t attach_msec, detach_msec;
	uint64_t stale_msec; /* for so long reads show the ENIs as they were before a change */
	uint64_t
		age_max; /* milliseconds: each read is of another age, up to this one; 0: of none */
	uint64_t deadline; /* 0: none */
	bool in_use_is_a_parameter; /* which of its two words EC2 has for what is in use */
	bool stuck; /* a detach ends only by force */
	bool same_second; /* all attachments are of the same second, and responses have no date */
	bool real_seconds; /* responses have the second of `now`; else each attachment differs */
	const char *probe; /* the code that a DryRun comes to; NULL: it is permitted; LOST */
	bool backwards; /* the last call of a batch gets its response first */
	size_t page; /* ENIs or tables on one; 0: all */
	bool endless; /* the last page of tables names a next one */
	bool twice; /* each table is in the response twice */
	bool deaf; /* responses have all objects, independent of the request */
	bool tells_waits; /* "wait" is a line of the calls */
	uint32_t random; /* 0: always the longest wait; else where random numbers start */
	/* Filled in by the run. */
	uint64_t now;
	uint64_t waited; /* by the flow, in all */
	unsigned counts[EC2_ACTION_COUNT_]; /* without DryRuns */
	unsigned n_calls; /* with them */
	unsigned n_table_reads; /* that reached EC2 */
	unsigned fault_counts[MEMORY_SCRIPT_MAX];
	unsigned attachments, made;
	struct strbuf calls;
	struct memory_eni before[MEMORY_ENIS_MAX];
	uint64_t stale_until;
	struct memory_past *past; /* the last MEMORY_PAST_MAX states, in turn */
	size_t n_past; /* ever */
	char token[EC2_CLIENT_TOKEN_MAX + 1]; /* of the ENI that was made */
};

/*
 * Until the flow ends: true; or until the deadline (at the latest after an hour): false. A further
 * run begins when the one before has ended.
 */
bool ec2_memory_run(struct ec2_memory *memory, const struct flow *flow);
/* Until the flow ends; fails where that takes more than `rounds`. */
void ec2_memory_run_within(struct ec2_memory *memory, const struct flow *flow, unsigned rounds);
/* So many rounds, each of which has something to do; then the flow is left. */
void ec2_memory_run_rounds(struct ec2_memory *memory, const struct flow *flow, unsigned rounds);
void ec2_memory_done(struct ec2_memory *memory);

struct memory_eni *ec2_memory_eni(struct ec2_memory *memory, const char *id);

/* Changes by other programs; an ENI that is in the way is detached at once. */
void ec2_memory_attach(struct ec2_memory *memory, const char *eni, const char *instance, int index,
	enum ec2_attachment_status status);
void ec2_memory_detach(struct ec2_memory *memory, const char *eni);
void ec2_memory_delete(struct ec2_memory *memory, const char *eni);

/* For responses that a test makes by hand: a reply is set first, then filled. */
void response_set_reply(struct flow_response *response, enum ec2_action action);
void response_set_fault(struct flow_response *response, const char *code, const char *message);
void response_lose(struct flow_response *response, enum ec2_action action, bool is_late);
void response_add_table(struct flow_response *response, const struct memory_table *table);
void response_add_eni(struct flow_response *response, const struct memory_eni *eni);
/* With those of the ENIs that are attached to the instance. */
void response_add_instance(struct flow_response *response, const struct memory_instance *instance,
	const struct memory_eni *enis, size_t n_enis);
