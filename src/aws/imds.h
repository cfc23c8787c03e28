/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instance metadata service, version 2 only: one token, one connection, then a GET a key.
 * Errors are told apart (aws/imds_answer.c has the table): what is worth another try is tried again
 * with jittered back-off until the deadline; a 404 is an answer ("no such key"), everything else
 * that is not a well-formed 200 leaves the caller with what it had.
 *
 * Environment honoured, as by the AWS tools: AWS_EC2_METADATA_DISABLED,
 * AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE.
 */
#pragma once

#include "aws/http.h"
#include "aws/imds_endpoint.h"
#include "base/deadline.h"
#include "base/error.h"
#include "model/facts.h"

struct imds {
	struct http http;
	struct imds_endpoints endpoints;
	size_t endpoint; /* the one in use: it answered, or is the next to be tried */
	struct strbuf token; /* as a header line; "" before the first one; wiped when done */
	struct strbuf body;
};

/* Keys for imds_get(), as the EC2 user guide names them. */
#define IMDS_REGION "meta-data/placement/region"
#define IMDS_ZONE "meta-data/placement/availability-zone"
#define IMDS_INSTANCE_ID "meta-data/instance-id"
#define IMDS_ROLES "meta-data/iam/security-credentials/" /* then a role's name */

struct imds_options {
	const char *endpoint; /* of the policy, beats the environment; NULL: not given */
	const char *interface; /* of the policy; NULL: as the routes say */
};

/* Makes no request. OUTCOME_USAGE for an endpoint that is not http://HOST[:PORT]. */
int imds_open(const struct imds_options *options, struct imds *ret_imds, struct error *error);
void imds_close(struct imds *imds);

/*
 * Asks for the facts in `wanted` (FACT_BIT()s) that are neither known nor absent yet, in order.
 * Returns 0; -ETIME (OUTCOME_TIMEOUT: the deadline came, and the words say what the last failure
 * was); -EACCES (403: metadata are off or forbidden); -EBADMSG (an answer that makes no sense);
 * -ENOMEM. On failure the facts that came before it stay in `facts`.
 */
int imds_get_facts(struct imds *imds, unsigned wanted, const struct deadline *deadline,
	struct facts *facts, struct error *error);

/*
 * Asks for one key, given as it stands behind "/latest/". `ret_value` is wiped first and has the
 * answer, whatever it is, in at most its own cap or 64 KiB. Returns 0; -ENOENT (there is no such
 * key; `error` says so too); or as imds_get_facts().
 */
int imds_get(struct imds *imds, const char *key, const struct deadline *deadline,
	struct strbuf *ret_value, struct error *error);

/* The same for a key of the interface with that MAC: "vpc-ipv4-cidr-blocks". */
int imds_get_of_interface(struct imds *imds, const struct mac *mac, const char *key,
	const struct deadline *deadline, struct strbuf *ret_value, struct error *error);

/*
 * The same for a value that is one short line (a region, an id): printable characters without
 * blanks. -EBADMSG for any other.
 */
int imds_get_word(struct imds *imds, const char *key, const struct deadline *deadline,
	struct strbuf *ret_value, struct error *error);
