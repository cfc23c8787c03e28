/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Describes where an ENI is attached, for the flows that move ENIs and for their messages, and
 * checks whether the ENI may be detached from there.
 */
#pragma once

#include "failover/flow.h"

enum eni_state_kind {
	ENI_STATE_UNKNOWN, /* not read yet, or EC2 shows neither "available" nor an attachment */
	ENI_STATE_FREE, /* detached and available */
	ENI_STATE_ATTACHING,
	ENI_STATE_ATTACHED,
	ENI_STATE_DETACHING,
	ENI_STATE_DETACHED, /* no longer attached to `instance`; no read shows another state yet */
	ENI_STATE_MAYBE_ATTACHING, /* attachment requested, response lost */
	ENI_STATE_MAYBE_DETACHING, /* detachment requested, response lost */
	ENI_STATE_ATTACH_UNSEEN, /* EC2 accepted the attachment; the last read does not show it */
	ENI_STATE_DETACH_UNSEEN, /* EC2 accepted the detachment; the last read does not show it */
	ENI_STATE_GONE, /* the ENI no longer exists */
};

struct eni_state {
	enum eni_state_kind kind;
	char instance[EC2_ID_SIZE]; /* the holder; "": no holder, or a service is the holder */
};

/* Returns the state that a read shows. */
struct eni_state eni_state_of(const struct ec2_eni *eni);
struct eni_state eni_state_make(enum eni_state_kind kind, const char *instance);

#define ENI_STATE_TEXT_SIZE 96

/* Formats a sentence: "the ENI is attached to i-…". Returns `buffer`. */
const char *eni_state_format(const struct eni_state *state, char buffer[ENI_STATE_TEXT_SIZE]);

/* The same, followed by `lead_in` and the reason's text if `delay_reason` is set. */
#define ENI_STATE_SIZE 640
const char *eni_state_explain(const struct eni_state *state, const char *lead_in,
	const struct error *delay_reason, char buffer[ENI_STATE_SIZE]);

/*
 * Sets the error "NAME: REASON; TAIL". The tail (NULL: none) is the current state, if something may
 * have been changed. A reason that is too long is cut, to leave room for the tail.
 */
void eni_set_error(
	struct error *error, const char *name, const struct error *reason, const char *tail);

/* The same; the tail says where the ENI is. */
void eni_set_error_with_state(struct error *error, const char *name, const struct error *reason,
	const struct eni_state *state);

/*
 * Compares the times of two attachments of an ENI, which never has both at once. > 0: `a` is later;
 * < 0: `a` is earlier; 0: not known, since EC2 reports whole seconds or no time.
 */
int eni_attachment_compare(const struct ec2_attachment *a, const struct ec2_attachment *b);
/* The same for an attachment and a time of EC2's clock, in seconds since 1970; 0: not known. */
int eni_attachment_compare_date(const struct ec2_attachment *attachment, uint64_t date);

/*
 * Finds the time of a flow's first request by EC2's clock: an attachment from before this time was
 * not made while the flow ran. EC2 reports only the time of its response, in whole seconds. So
 * `earliest_date` is a lower bound: the request was sent at this time or later.
 */
struct eni_start {
	uint64_t earliest_date; /* seconds since 1970; 0: not known (yet) */
	bool is_sent;
	uint64_t sent_at; /* milliseconds of the driver's clock */
	uint64_t date; /* of the first response: seconds since 1970; 0: not known (yet) */
};

/* To be called in each next() of the flow. */
void eni_start_next(struct eni_start *start, uint64_t now);
/* To be called in each handle_response() of the flow. */
void eni_start_handle_response(struct eni_start *start, const struct flow_response *response);

/* Returns the instance that the ENI is attached to, or the service's name; NULL: not attached. */
const char *eni_get_holder(const struct ec2_eni *eni);
/* Returns 0; or sets the error and returns -EPERM if a service manages the ENI. */
int eni_check_not_managed(const struct ec2_eni *eni, struct error *error);
/* The same; also -EPERM for the primary ENI of an instance, which cannot be detached. */
int eni_check_detachable(const struct ec2_eni *eni, struct error *error);
/* Returns 0; or sets the error and returns -EXDEV if the ENI is in another VPC or zone. */
int eni_check_vpc_and_zone(const struct ec2_eni *eni, const char *instance, const char *vpc,
	const char *zone, struct error *error);
