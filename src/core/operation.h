/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every deed takes and what it gives back. A deed keeps nothing between calls: what it needs
 * are its arguments, what it did is its report, what must outlive it is in record.h's files.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "model/plan.h"
#include "policy/policy.h"
#include "policy/table_names.h"

#define RUN_DIRECTORY "/run/myha"

/* All borrowed. */
struct operation {
	const struct policy *policy; /* NULL: there is none (detach alone can do without) */
	const struct table_names *names;
	const char *run_directory;
	struct deadline deadline; /* of the whole deed */
	uint64_t started; /* clock_now() then */
	bool dry_run; /* look and think, change nothing */
	bool may_be_gone; /* an interface that is not there any more is no failure */
	bool only_attached; /* an interface without a record is left alone */
	unsigned char
		family; /* do not wait for what only the other family lacks; AF_UNSPEC: wait for both */
	bool by_scan; /* interfaces were found by looking: one that EC2 does not know is no ENI */
};

enum result_state {
	RESULT_OPEN, /* not decided yet */
	RESULT_NOT_LISTED, /* the policy does not speak of it: left alone */
	RESULT_UNCHANGED, /* all was in place */
	RESULT_CHANGED, /* the plan was carried out, and read back */
	RESULT_DIFFERS, /* dry run: the plan would be carried out */
	RESULT_FAILED, /* see error; the plan is what was done before */
};

/* Of one interface, or of the half of an overlay that is on this host. */
struct result {
	char interface[IFNAMSIZ]; /* "": of an overlay */
	const char *overlay; /* its name, borrowed; NULL: of an interface */
	enum result_state state;
	struct plan plan;
	char note[192]; /* what the administrator should know besides; "" */
	struct error error;
	const struct policy_interface *policy; /* the entry it belongs to; NULL: not known */
	char neighbour[IFNAMSIZ]; /* another interface in its subnet; "" */
	/* Of a dry run alone: all that there should be, and what there is of ours or in our place. */
	struct netstate wanted, found;
	/* Likewise, and no boot mends it: why its traffic goes another way. */
	struct error trouble;
};

struct report {
	struct result *results;
	size_t count;
	size_t capacity;
	struct error error; /* of the whole, where each result has an end of its own */
};

void report_init(struct report *report);
void report_done(struct report *report);

/* A new, open result at the end; -ENOMEM. It stays where it is only until the next one is added. */
int report_add(struct report *report, const char *interface);

/* The same for a name that a person has typed, which may be an alternative name. */
int report_add_typed(struct report *report, const char *interface);

/* Whether it has a result of the interface. */
bool report_has(const struct report *report, const char *interface);

/* Moves a result to the end of `report`, and leaves an empty one; -ENOMEM. */
int report_take(struct report *report, struct result *result);

/* Moves all results of `from` to the end of `report`; -ENOMEM. */
int report_join(struct report *report, struct report *from);

/* Its state is RESULT_FAILED from now on, with words in any case: see error_complete(). */
void result_fail(struct result *result, int err, const struct error *error);

/* What failed as a whole: results that are still open fail with it; where none is, the report does. */
void report_fail(struct report *report, int err, const struct error *error);

/*
 * After a plan was applied, with the kernel's word on each step: logs what was done, and adds it to
 * the result's plan. Returns 0; the first step's -errno with words where one was refused; -ENOMEM.
 */
int result_record(struct result *result, const struct plan *plan, const int *errors,
	const struct table_names *names, struct error *error);

/* How a single result ends. One that is still open has failed. */
enum outcome result_outcome(enum result_state state, const struct error *error);

/*
 * How the whole ends: as its only result did; of many, DIFFERS ("only partly done") where some
 * failed; where all did, as they did if that was alike, else FAILED.
 */
enum outcome report_outcome(const struct report *report);

const char *result_state_name(enum result_state state);
