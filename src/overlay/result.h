/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What came of one overlay: of its routes, and of its address on this host.
 */
#pragma once

#include "core/operation.h"
#include "failover/source_check.h"
#include "overlay/subject.h"

/* Where the routes of all tables that were looked at lead to. */
enum overlay_reach {
	OVERLAY_UNKNOWN, /* EC2 did not tell */
	OVERLAY_NOWHERE, /* no table has a route */
	OVERLAY_HERE, /* each route leads to this host */
	OVERLAY_ELSEWHERE, /* none does */
	OVERLAY_MIXED, /* some do */
};

/* What came of one overlay. It points into itself: not to be copied. */
struct overlay_result {
	struct overlay_subject subject;
	enum result_state state;
	struct error error; /* of a failure, and of what was only partly done */
	struct net_link link; /* of this host, that is to carry it; index 0: not known, or none */
	bool absent; /* the policy names a link to carry it that this host has not now */
	char eni[EC2_ID_SIZE]; /* that its routes are, or are to be, targeted at; "": not known */
	enum overlay_reach reach;
	struct overlay_table *tables; /* owned */
	size_t n_tables;
	struct overlay_table *uncovered; /* owned; that "route-tables: vpc" does not cover */
	size_t n_uncovered;
	struct result host; /* the address on this host: plan is what was done, or would be */
	uint64_t releases; /* of its address, counted before its routes were read: for a boot */
	char holder[IFNAMSIZ]; /* the link that has the address in the end; "": none has */
	enum source_check_verdict check;
	struct error check_error;
	struct error trouble; /* that no boot mends: clients are not served, and this is why */
	struct strbuf preview; /* of a dry run: requests, a line each */
	bool routes_first; /* they come before what is done on the host */
};

void overlay_result_init(struct overlay_result *result, const struct overlay_subject *subject);
void overlay_result_done(struct overlay_result *result);
void overlay_result_cleanup_all(struct overlay_result *results, size_t count);

/* The first of its tables' routes, as they were, or as another node has made them since; NULL: none. */
const struct overlay_route *overlay_result_route(const struct overlay_result *result);

/* Whether any of its tables has this verdict, or was taken over by another node after it was changed. */
bool overlay_result_has(const struct overlay_result *result, enum overlay_verdict verdict);
bool overlay_result_is_overtaken(const struct overlay_result *result);

/* Takes the tables over from a look. */
void overlay_result_take_tables(struct overlay_result *result, struct overlay_read *read);

/* A line for each table that is not covered. */
void overlay_result_log_uncovered(const struct overlay_result *result, int level);

/*
 * Fails by what the tables came to: with the words of the only one, or with `words` and those of each
 * in the log.
 */
void overlay_result_fail_by_tables(
	struct overlay_result *result, enum outcome outcome, const char *words);

/*
 * Where the tables lead to: to one of these ENIs (NULL-terminated) or to whichever ENI of the
 * instance ("": none is meant), or not.
 */
enum overlay_reach overlay_reach_of(
	const struct overlay_read *read, const char *const *enis, const char *instance);

/*
 * The same after a flow that changes routes, by what it left the result's tables as: to `own`, this
 * host's ENI ("": not known), or not. What a dry run has left open is as it was.
 */
enum overlay_reach overlay_reach_of_verdicts(
	const struct overlay_result *result, const char *own, bool dry_run);

/* How it ends; DIFFERS where only a part was done, or a dry run would do something. */
enum outcome overlay_result_outcome(const struct overlay_result *result);

const char *overlay_reach_name(enum overlay_reach reach);
