/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small EC2 in memory for flows about ENIs: it has ENIs and instances, takes its time over
 * attaching and detaching, refuses what EC2 refuses in EC2's words, loses answers, and lets others
 * act between two calls. Every call is written down whole, a line each.
 *
 * It drives a flow as the loop in aws/ does: all calls of a batch, then the answers; at the
 * deadline calls are lost, and whoever waits is left waiting.
 */
#pragma once

#include "base/strbuf.h"
#include "failover/flow.h"

#include <stdbool.h>
#include <stdint.h>

#define MEMORY_ENIS_MAX 12
#define MEMORY_INSTANCES_MAX 4
#define MEMORY_SCRIPT_MAX 10
#define MEMORY_ADDRESSES_MAX 4
#define MEMORY_PAST_MAX 64

#define MEMORY_START 1000 /* the time at which a flow begins */
#define MEMORY_LOST "lost" /* no answer comes */
#define MEMORY_CALL_MSEC 5 /* what a batch of calls takes */

struct ec2_memory;

struct memory_eni {
	const char *id; /* NULL: none */
	const char *subnet, *vpc, *zone; /* NULL: those of most */
	const char *addresses[MEMORY_ADDRESSES_MAX]; /* IPv4, the primary first */
	const char *ipv6;
	const char *tag_key, *tag_value;
	const char *operator_principal;
	bool requester_managed;
	const char *service; /* what owns the attachment instead of an instance */
	bool pending; /* made, and not available yet */
	/* Attached where there is an attachment. */
	char attachment[EC2_ID_SIZE];
	char instance[EC2_ID_SIZE];
	int index, card;
	enum ec2_attachment_status status;
	uint64_t settles; /* when attaching or detaching is over; 0: it is neither */
	uint64_t attached_at; /* 0: before all that are made in the run */
};

struct memory_instance {
	const char *id;
	const char *zone;
	int limit; /* ENIs on card 0, and on each other one; 0: none */
	int cards; /* 0: one */
	uint64_t busy; /* until then attaching and detaching are refused (IncorrectState) */
};

/* What a call comes to instead of what it should. */
struct memory_fault {
	enum ec2_action action;
	unsigned nth; /* of the action's calls, from 1 on; 0: all of them */
	const char *code; /* NULL: the answer is lost */
	const char *message;
	bool done; /* but it was carried out */
};

/* What somebody else does just before a call is carried out. */
struct memory_event {
	enum ec2_action action;
	unsigned nth;
	void (*happen)(struct ec2_memory *memory);
};

struct ec2_memory {
	struct memory_eni enis[MEMORY_ENIS_MAX];
	struct memory_instance instances[MEMORY_INSTANCES_MAX];
	struct memory_fault faults[MEMORY_SCRIPT_MAX]; /* with nth 0 and no code it is none */
	struct memory_event events[MEMORY_SCRIPT_MAX];
	uint64_t attach_msec, detach_msec;
	uint64_t stale_msec; /* for so long answers show what was before a change */
	uint64_t
		age_max; /* milliseconds: each read is of another age, up to this one; 0: of none */
	uint64_t deadline; /* 0: none */
	bool in_use_is_a_parameter; /* which of its two words EC2 has for what is in use */
	bool stuck; /* a detach ends by force alone */
	bool same_second; /* all attachments are of the same second, and responses have no date */
	bool real_seconds; /* EC2 tells those of `now`; else every attachment has its own */
	const char *probe; /* the code that a DryRun comes to; NULL: it is permitted; MEMORY_LOST */
	bool backwards; /* the last call of a batch is answered first */
	size_t page; /* ENIs on one; 0: all */
	uint32_t random; /* 0: always the longest wait; else where random numbers start */
	/* Filled in by the run. */
	uint64_t now;
	unsigned counts[EC2_ACTION_COUNT_];
	unsigned attachments, made;
	struct strbuf calls;
	struct memory_eni before[MEMORY_ENIS_MAX];
	uint64_t stale_until;
	struct memory_past {
		struct memory_eni enis[MEMORY_ENIS_MAX];
		uint64_t until;
	} past[MEMORY_PAST_MAX]; /* the last states, in turn */
	size_t n_past; /* ever */
	char token[EC2_CLIENT_TOKEN_MAX + 1]; /* of the ENI that was made */
};

/*
 * Until the flow ends: true; or until the deadline (at the latest after an hour): false. A further run begins
 * when the one before has ended.
 */
bool ec2_memory_run(struct ec2_memory *memory, const struct flow *flow);
void ec2_memory_done(struct ec2_memory *memory);

struct memory_eni *ec2_memory_eni(struct ec2_memory *memory, const char *id);

/* What others do; whatever is in the way is gone at once. */
void ec2_memory_attach(struct ec2_memory *memory, const char *eni, const char *instance, int index,
	enum ec2_attachment_status status);
void ec2_memory_detach(struct ec2_memory *memory, const char *eni);
void ec2_memory_delete(struct ec2_memory *memory, const char *eni);
