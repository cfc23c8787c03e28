/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses a response as it arrives: bytes and an HTTP status in, a reply or a fault out. A response
 * is a fault if its status is not 2xx or its document is an error. The envelope may be EC2's
 * <Response> or other services' <ErrorResponse>, in any namespace and any order.
 */
#pragma once

#include "base/error.h"
#include "ec2/errors.h"
#include "ec2/replies.h"
#include "ec2/requests.h"

struct ec2_response {
	bool is_fault; /* true: `fault` is set; false: `reply` is set */
	struct ec2_reply reply;
	struct ec2_fault fault;
};

void ec2_response_done(struct ec2_response *response);

struct ec2_response_reader;

/*
 * Makes a reader for one attempt. `destination` (borrowed) is for DescribeRouteTables: only routes
 * to it and the VPC's own ("local") are kept, since a table may have 2,000 other routes. NULL: all
 * routes are kept. 0 or -ENOMEM.
 */
int ec2_response_reader_new(enum ec2_action action, const struct ip_prefix *destination,
	struct ec2_response_reader **ret_reader);
void ec2_response_reader_free(struct ec2_response_reader *reader);
void ec2_response_reader_cleanup(struct ec2_response_reader **reader);

/* Errors are returned by ec2_response_reader_end(). */
void ec2_response_reader_feed(struct ec2_response_reader *reader, const char *bytes, size_t length);

/*
 * Call after the last byte. Returns 0 with a reply or a fault, which the caller frees. An error
 * means a successful response with content that cannot be used: the request may have been carried
 * out. -ENODATA (empty), -EPIPE (cut off), -EPROTO (HTML, or not XML), -EBADMSG (invalid content),
 * -EMSGSIZE (too large); -ENOMEM.
 */
int ec2_response_reader_end(struct ec2_response_reader *reader, long status,
	struct ec2_response *ret_response, struct error *error);
