/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer as it comes in: bytes and an HTTP status in, a reply or a fault out. Which of both an
 * answer is depends on what it says, not on how it is wrapped: EC2's <Response>, other services'
 * <ErrorResponse>, any namespace, any order; and on the status where it says nothing.
 */
#pragma once

#include "base/error.h"
#include "ec2/errors.h"
#include "ec2/replies.h"
#include "ec2/requests.h"

struct ec2_response {
	bool is_fault;
	struct ec2_reply reply;
	struct ec2_fault fault;
};

void ec2_response_done(struct ec2_response *response);

struct ec2_response_reader;

/*
 * One for each try. `destination` (borrowed) is for DescribeRouteTables: of each table only the routes to
 * it and the VPC's own ("local") are kept, since a table may have 2,000 others; NULL: all of them. 0 or
 * -ENOMEM.
 */
int ec2_response_reader_new(enum ec2_action action, const struct ip_prefix *destination,
	struct ec2_response_reader **ret_reader);
void ec2_response_reader_free(struct ec2_response_reader *reader);
void ec2_response_reader_cleanup(struct ec2_response_reader **reader);

/* What cannot be read is told at the end. */
void ec2_response_reader_feed(struct ec2_response_reader *reader, const char *bytes, size_t length);

/*
 * There are no more bytes. 0 with a reply or a fault. A failure with its words is an answer that
 * says it went well, but not what: then the request may have been carried out. -ENODATA (empty),
 * -EPIPE (cut off), -EPROTO (HTML, or no XML), -EBADMSG (makes no sense), -EMSGSIZE (too large);
 * -ENOMEM.
 */
int ec2_response_reader_end(struct ec2_response_reader *reader, long status,
	struct ec2_response *ret_response, struct error *error);
