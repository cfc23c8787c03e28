/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defines an operation, which is the work of one command, and its report, which has the results. An
 * operation keeps no state between calls: `struct operation` has its arguments, `struct report` its
 * results. State that must outlive the operation is in the files of record.h.
 */
#pragma once

#include "base/deadline.h"
#include "model/plan.h"
#include "policy/policy.h"

#define RUN_DIRECTORY "/run/myha"

/* The arguments of an operation. All pointers are borrowed. */
struct operation {
	const struct policy *policy; /* NULL: there is none (only detach accepts that) */
	const struct table_names *names;
	const char *run_directory;
	struct deadline deadline; /* for the whole operation */
	uint64_t started; /* clock_now() when the operation began, in milliseconds */
	bool dry_run; /* read and plan, change nothing; takes no lock either */
	bool takes_no_lock; /* only reads, so that no other run has to wait */
	bool ignore_missing; /* an interface that has disappeared is not a failure */
	bool only_attached; /* do not change an interface that has no record */
	/* AF_INET or AF_INET6: do not wait for the other family's data; AF_UNSPEC: wait for both */
	unsigned char family;
	bool is_scan; /* the interfaces come from a scan: skip links that EC2 does not know */
};

enum result_state {
	RESULT_UNDECIDED,
	RESULT_NOT_LISTED, /* not in the policy, or (only_attached) without a record: not changed */
	RESULT_UNCHANGED, /* everything was in place already */
	RESULT_CHANGED, /* `plan` has the steps that were applied */
	RESULT_DIFFERS, /* dry run: not everything is in place; the plan would be applied */
	RESULT_FAILED, /* see `error`; `plan` has the steps applied before the failure */
};

/* The result for one interface, or for an overlay's address on this host. */
struct result {
	char interface[IFNAMSIZ]; /* "": the result is for an overlay */
	const char *overlay; /* its name, borrowed; NULL: the result is for an interface */
	enum result_state state;
	struct plan plan;
	char note[192]; /* further information for the administrator; "": none */
	struct error error;
	const struct policy_interface *policy; /* the entry, borrowed; NULL: not known */
	char neighbour[IFNAMSIZ]; /* another interface in the same subnet; "": none */
	/* Dry run only: the desired state, and the found state of this interface and its table. */
	struct netstate wanted, found;
	/* Dry run only: set if a rule of other software matches the traffic before our rule. */
	struct error shadow_error;
};

struct report {
	struct result *results;
	size_t count;
	size_t capacity;
	struct error error; /* of the operation as a whole, in addition to the results' errors */
};

bool operation_takes_lock(const struct operation *operation);

void report_done(struct report *report);

/* Appends an undecided result; 0 or -ENOMEM. Each addition invalidates pointers to results. */
int report_add(struct report *report, const char *interface);

/* As report_add(), but resolves an alternative name, as a user may type it. */
int report_add_resolved(struct report *report, const char *interface);

bool report_has_interface(const struct report *report, const char *interface);

/* Moves *result to the end of `report`, so that the caller need not free it; 0 or -ENOMEM. */
int report_add_result(struct report *report, struct result *result);

/* Moves the results of `from` to `report`; copies its error if `report` has none; 0 or -ENOMEM. */
int report_move_results(struct report *report, struct report *from);

/* Sets RESULT_FAILED and the error. If `error` has no text, describes `err`, a negative errno. */
void result_fail(struct result *result, int err, const struct error *error);
void result_fail_oom(struct result *result);

/* Fails every undecided result with `error`. Without such a result, sets the report's error. */
void report_fail(struct report *report, int err, const struct error *error);

/*
 * After a plan was applied: logs each step that succeeded and adds it to the result's plan.
 * `errors` has the kernel's response to each step, 0 or -errno. Returns 0; the -errno of the first
 * step that was refused, with a message; or -ENOMEM.
 */
int result_add_applied(struct result *result, const struct plan *plan, const int *errors,
	const struct table_names *names, struct error *error);

/* The outcome of a single result. An undecided result has failed. */
enum outcome result_outcome(enum result_state state, const struct error *error);

/*
 * The outcome of the whole report. A single result decides it. Of several results: DIFFERS ("only
 * partly done") if some failed; their common outcome if all failed alike; FAILED if all failed
 * differently. Results that are RESULT_NOT_LISTED do not count.
 */
enum outcome report_outcome(const struct report *report);

/* The name that the JSON output uses. */
const char *result_state_name(enum result_state state);
