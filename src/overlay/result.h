/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds the result of an operation on one overlay: its route tables, its address on this host, the
 * source/destination check, and how the operation ended. Memory: overlay_result_done() frees a
 * result.
 */
#pragma once

#include "core/operation.h"
#include "failover/source_check.h"
#include "overlay/subject.h"

/* Where the routes of an overlay lead, in all tables that were read. */
enum routes_state {
	ROUTES_UNKNOWN, /* some targets are not known, and no route is known to lead here */
	ROUTES_ABSENT, /* no table has a route */
	ROUTES_LEAD_HERE, /* each route leads to this host */
	ROUTES_LEAD_ELSEWHERE, /* no route leads to this host */
	ROUTES_MIXED, /* some routes lead to this host, and others do not or are not known */
};

/* The result for one overlay. It must not be copied: it contains pointers into itself. */
struct overlay_result {
	struct overlay_subject subject;
	enum result_state state;
	struct error error; /* why the operation failed, or was only partly done */
	struct net_link link; /* this host's link that is to hold it; index 0: none, or not known */
	bool is_link_absent; /* the policy names a link that this host does not have now */
	char eni[EC2_ID_SIZE]; /* the target of its routes, present or intended; "": not known */
	enum routes_state routes;
	struct overlay_table *tables; /* owned */
	size_t n_tables;
	struct overlay_table *uncovered; /* owned; skipped by "route-tables: vpc": overlay_read.h */
	size_t n_uncovered;
	struct result host; /* the address on this host; its plan: steps done, or to be done */
	uint64_t releases; /* at boot: the release count (placement.h) before the first read */
	char holder[IFNAMSIZ]; /* the link that has the address at the end; "": none */
	enum source_check_verdict check;
	struct error check_error;
	struct error problem; /* why clients are not served, if a boot cannot repair it */
	struct strbuf preview; /* dry run: the requests that were not sent, a line each */
	bool is_routes_first; /* the routes are changed before the address on this host */
};

/* Copies the subject, whose borrowed members must outlive the result. */
void overlay_result_init(struct overlay_result *result, const struct overlay_subject *subject);
void overlay_result_done(struct overlay_result *result);

/* Frees the results and their array. `results` may be NULL. */
void overlay_result_cleanup_all(struct overlay_result *results, size_t count);

/*
 * Returns the route of the first table that has one; NULL: no table has a route. It is the route
 * before this operation or, in a table that another node has changed meanwhile, that node's route.
 */
const struct overlay_route *overlay_result_first_route(const struct overlay_result *result);

/* Whether any table has this verdict, or was changed by another node after this operation. */
bool overlay_result_has_verdict(const struct overlay_result *result, enum overlay_verdict verdict);
bool overlay_result_is_overtaken(const struct overlay_result *result);

/* Moves the tables from `read` to the result, which frees its earlier ones. */
void overlay_result_take_tables(struct overlay_result *result, struct overlay_read *read);

/* Logs a line for each table in result->uncovered. */
void overlay_result_log_skipped_tables(const struct overlay_result *result, int level);

/*
 * Marks the result as failed because of its tables. The error of a single table becomes the
 * result's error. Otherwise the result gets `outcome` and `text`, and the error of each table is
 * logged.
 */
void overlay_result_set_tables_error(
	struct overlay_result *result, enum outcome outcome, const char *text);

/* Sets the final state and error. has_changed: anything was or, in a dry run, would be changed. */
void overlay_result_set_state(struct overlay_result *result, int err, const struct error *error,
	bool has_changed, bool dry_run);

/*
 * Returns where the tables lead. A route leads here if its target is one of `enis`
 * (NULL-terminated) or any ENI of `instance` ("": compare only the ENIs).
 */
enum routes_state routes_state_from_read(
	const struct overlay_read *read, const char *const *enis, const char *instance);

/*
 * The same after a flow that changes routes, according to the verdict of each table. A route leads
 * here if its target is `local_eni`, this host's ENI ("": not known). A table that a dry run would
 * change still counts with its unchanged route.
 */
enum routes_state routes_state_from_verdicts(
	const struct overlay_result *result, const char *local_eni, bool dry_run);

/*
 * How the operation ended. DIFFERS: it was only partly done, a dry run found something to do, or
 * the source/destination check failed.
 */
enum outcome overlay_result_outcome(const struct overlay_result *result);

const char *routes_state_name(enum routes_state routes);
