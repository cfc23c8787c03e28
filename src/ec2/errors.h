/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps the errors of EC2 and STS to the reaction that they need, by one table of codes. The codes
 * are those of "Error codes for the Amazon EC2 API" and of STS's reference. If a code has several
 * meanings, the message distinguishes them.
 */
#pragma once

#include "ec2/requests.h"

/* An error response: its status is not 2xx, or its document is an error. Owns its texts. */
struct ec2_fault {
	long status; /* HTTP status */
	char *code; /* NULL: none in the response (HTML, empty, cut off) */
	char *message; /* EC2's message; NULL: none */
};

void ec2_fault_done(struct ec2_fault *fault);

enum ec2_advice {
	EC2_PERMANENT, /* a retry changes nothing */
	EC2_DONE_ALREADY, /* the state is as requested; a read confirms it */
	EC2_THROTTLED, /* back off, retry */
	EC2_TRANSIENT, /* back off, retry; the failure is outside this host */
	EC2_REFRESH_CREDENTIALS, /* once, then it is permanent; check the clock, too */
	/*
	 * Sign again with the time of the response's Date header. If the clock is right, the
	 * credentials have expired: refresh them, once.
	 */
	EC2_CLOCK_SKEW,
	EC2_NOT_YET, /* describe the object, and poll until it has the required state */
	EC2_NOT_FOUND_MAYBE_NEW, /* permanent, except for a new object: retry for a while */
	EC2_USE_REPLACE, /* the route exists: ReplaceRoute */
	EC2_USE_CREATE, /* the route does not exist: CreateRoute */
	EC2_USE_OTHER_INDEX, /* another ENI is attached at this device index */
	EC2_DENIED, /* IAM does not permit it */
	EC2_WOULD_BE_ALLOWED, /* the response to a permitted dry run */
};

/* Whether a statement with "Effect": "Deny" denies it: an "Allow" elsewhere is no remedy. */
bool ec2_fault_is_explicit_deny(const struct ec2_fault *fault);

/* Returns what to do after `fault`, the response to an `action` request. */
enum ec2_advice ec2_fault_advice(enum ec2_action action, const struct ec2_fault *fault);
