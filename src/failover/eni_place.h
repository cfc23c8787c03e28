/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an ENI is, for whoever moves it and for the words about it; and whether it may be taken
 * from there at all.
 */
#pragma once

#include "failover/flow.h"

enum eni_place_kind {
	ENI_PLACE_UNKNOWN, /* nobody looked yet, or EC2 is between two states */
	ENI_PLACE_FREE, /* detached and available */
	ENI_PLACE_ATTACHING,
	ENI_PLACE_ATTACHED,
	ENI_PLACE_DETACHING,
	ENI_PLACE_LEFT, /* no longer attached to `instance`; nobody looked since */
	ENI_PLACE_MAYBE_ATTACHING, /* that was asked for, and the answer is lost */
	ENI_PLACE_MAYBE_DETACHING,
	ENI_PLACE_ATTACH_UNSEEN, /* EC2 has accepted that, and the last read does not show it */
	ENI_PLACE_DETACH_UNSEEN,
	ENI_PLACE_GONE, /* EC2 knows no such ENI any more */
};

struct eni_place {
	enum eni_place_kind kind;
	char instance[EC2_ID_SIZE]; /* ""; or a service has it */
};

struct eni_place eni_place_of(const struct ec2_eni *eni);
struct eni_place eni_place_make(enum eni_place_kind kind, const char *instance);

#define ENI_PLACE_TEXT_SIZE 96

/* A sentence: "it is attached to i-…". */
const char *eni_place_format(const struct eni_place *place, char buffer[ENI_PLACE_TEXT_SIZE]);

/* The same, and after `link` why it takes so long, where `why` has words. */
#define ENI_WHERE_SIZE 640
const char *eni_place_explain(const struct eni_place *place, const char *link,
	const struct error *why, char buffer[ENI_WHERE_SIZE]);

/*
 * Sets "NAME: REASON; TAIL". The tail (NULL: none) says how things stand now, where something may
 * have been changed; so a reason that is too long gives way to it.
 */
void eni_fail(struct error *error, const char *name, const struct error *reason, const char *tail);

/* The same with where the ENI is. */
void eni_place_fail(struct error *error, const char *name, const struct error *reason,
	const struct eni_place *place);

/*
 * How two attachments of an ENI follow each other: > 0: `a` is the later one; < 0: the earlier one; 0:
 * that is not known, since EC2 tells whole seconds. No two of them exist at the same time.
 */
int eni_attachment_compare(const struct ec2_attachment *a, const struct ec2_attachment *b);

/* The same of an attachment and a time of EC2's clock, in seconds since 1970; 0: not known. */
int eni_attachment_compare_date(const struct ec2_attachment *attachment, uint64_t date);

/*
 * When a flow's first request was sent, by EC2's clock: an attachment of before was not made meanwhile. EC2
 * tells whole seconds, and when it answered: the request was sent no earlier than `at`.
 */
struct eni_start {
	uint64_t at; /* seconds since 1970; 0: not known (yet) */
	bool is_sent;
	uint64_t sent; /* by the driver's clock */
	uint64_t date; /* of the first response */
};

void eni_start_next(struct eni_start *start, uint64_t now); /* at each next() */
void eni_start_take(
	struct eni_start *start, const struct flow_response *response); /* at each take() */

/* The instance that has it, else the service's name; NULL: nobody has. */
const char *eni_holder(const struct ec2_eni *eni);

/*
 * 0, or -EPERM with words that name it: what a service manages is not to be touched, and the
 * primary ENI of an instance cannot be detached.
 */
int eni_check_managed(const struct ec2_eni *eni, struct error *error);
int eni_check_detachable(const struct ec2_eni *eni, struct error *error); /* both */

/* 0, or -EXDEV with words: the ENI is in another VPC or zone than this instance. */
int eni_check_reach(const struct ec2_eni *eni, const char *instance, const char *vpc,
	const char *zone, struct error *error);
