/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What EC2 and STS say when they refuse, and what to do about it: one table of codes. The codes are
 * those of "Error codes for the Amazon EC2 API" and of STS's reference; where one code stands for
 * several things, its message tells them apart.
 */
#pragma once

#include "ec2/requests.h"

/* A refusal: whatever has a status other than 2xx, or says that it is an error. */
struct ec2_fault {
	long status; /* HTTP's */
	char *code; /* NULL: none was said (HTML, nothing, half an answer) */
	char *message; /* EC2's words; NULL: none */
	char *request_id; /* for AWS's support; NULL: none */
};

void ec2_fault_done(struct ec2_fault *fault);

enum ec2_advice {
	EC2_PERMANENT, /* trying again changes nothing */
	EC2_DONE_ALREADY, /* it is as it was wanted; a look confirms it */
	EC2_THROTTLED, /* back off, try again */
	EC2_TRANSIENT, /* the same, but the fault is not ours */
	EC2_REFRESH_CREDENTIALS, /* once, then it is permanent; look at the clock too */
	EC2_CLOCK_SKEW, /* sign by the time of the answer's Date header; or expired: refresh, once */
	EC2_NOT_YET, /* describe, and poll until it is in the state that is needed */
	EC2_NOT_FOUND_MAYBE_NEW, /* permanent, but for what was made a moment ago: try for a while */
	EC2_USE_REPLACE, /* there is such a route: ReplaceRoute */
	EC2_USE_CREATE, /* there is no such route: CreateRoute */
	EC2_USE_ENI, /* the instance has several ENIs: name the one that is meant */
	EC2_USE_OTHER_INDEX, /* something is attached at this device index */
	EC2_DENIED, /* IAM does not permit it */
	EC2_WOULD_BE_ALLOWED, /* the answer to a permitted dry run */
};

enum ec2_advice ec2_fault_advice(enum ec2_action action, const struct ec2_fault *fault);
