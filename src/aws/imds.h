/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the instance metadata service, version 2 only: one token, one connection, then one GET for
 * each key. Retries until the deadline if that may help, with jittered back-off. A 404 is a valid
 * response ("no such key"). Follows the AWS_EC2_METADATA_… variables, as the AWS tools do.
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
	size_t endpoint; /* index of the one in use: it responded, or is tried next */
	struct strbuf token; /* as a header line; "": none */
	struct strbuf body; /* of the last response */
};

/* Keys for imds_get(), from the EC2 user guide. */
#define IMDS_REGION "meta-data/placement/region"
#define IMDS_ZONE "meta-data/placement/availability-zone"
#define IMDS_INSTANCE_ID "meta-data/instance-id"
#define IMDS_ROLES "meta-data/iam/security-credentials/" /* a role's name follows */

struct imds_options {
	const char *endpoint; /* from the policy, precedes the environment; NULL: not given */
	const char *interface; /* from the policy; NULL: the routing table decides */
};

/*
 * Makes no request. Close `ret_imds` with imds_close(). Returns 0, or -errno with words:
 * OUTCOME_USAGE for an endpoint that is not http://HOST[:PORT]; -EACCES if
 * AWS_EC2_METADATA_DISABLED is "true".
 */
int imds_open(const struct imds_options *options, struct imds *ret_imds, struct error *error);
void imds_close(struct imds *imds);

/*
 * Fetches the facts in `needed` (FACT_BIT()s) that are neither known nor absent yet, in the order
 * of enum fact. Returns 0; -ETIME (the deadline came, OUTCOME_TIMEOUT, the words name the last
 * failure); -EACCES (403: metadata are disabled or forbidden, or 401: a new token was refused);
 * -EBADMSG (invalid response); -ENOMEM. After a failure `facts` keeps the facts that were fetched
 * before it.
 */
int imds_get_facts(struct imds *imds, unsigned needed, const struct deadline *deadline,
	struct facts *facts, struct error *error);

/*
 * Fetches one key: a path below "/latest/". `ret_value` gets the value unchecked, up to 64 KiB or
 * its own limit. Returns 0; -ENOENT (no such key); -EINVAL (the key is too long); or as
 * imds_get_facts(). Each error has words.
 */
int imds_get(struct imds *imds, const char *key, const struct deadline *deadline,
	struct strbuf *ret_value, struct error *error);

/* As imds_get(), for a key of the interface with this MAC: "vpc-ipv4-cidr-blocks". */
int imds_get_for_interface(struct imds *imds, const struct mac *mac, const char *key,
	const struct deadline *deadline, struct strbuf *ret_value, struct error *error);

/*
 * As imds_get(), for a value that is one word (a region, an id): 1 to IMDS_TOKEN_MAX printable
 * ASCII characters without blanks. Returns -EBADMSG for any other value.
 */
int imds_get_word(struct imds *imds, const char *key, const struct deadline *deadline,
	struct strbuf *ret_value, struct error *error);
