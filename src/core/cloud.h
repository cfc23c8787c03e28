/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives an operation access to EC2 as this host: the settings that the AWS tools would use, the
 * instance metadata service (IMDS), and the API under one or several identities. Sends no request
 * before a caller needs its result.
 */
#pragma once

#include "aws/api.h"
#include "core/operation.h"

struct cloud_identity {
	struct api_options options;
	struct api *api;
};

struct cloud {
	const struct operation *operation; /* borrowed */
	struct aws_settings settings;
	struct imds imds;
	bool has_imds; /* the metadata service may be used */
	struct error imds_error; /* the reason why !has_imds */
	char session[65]; /* the session name of assumed roles: "myha@HOST" */
	struct cloud_identity **identities; /* one per role, and one without a role */
	size_t n_identities, capacity;
	struct mac primary_mac; /* of the instance's primary ENI; not set: not fetched yet */
	char vpc[EC2_ID_SIZE], instance[EC2_ID_SIZE]; /* "": not fetched yet */
};

/*
 * Reads only files and the environment. Returns 0 or -errno with a message. The struct must not
 * move after the first cloud_get_api(): each API borrows members of it.
 */
int cloud_open(const struct operation *operation, struct cloud *cloud, struct error *error);
void cloud_close(struct cloud *cloud);

/* Disables the metadata service: later calls fail with `reason` instead of waiting for it. */
void cloud_disable_imds(struct cloud *cloud, const char *reason);

/*
 * Returns the API with the host's own credentials or, if role_arn is not NULL, with those of that
 * role. The cloud owns the API; role_arn is borrowed as long as the cloud is open.
 */
int cloud_get_api(
	struct cloud *cloud, const char *role_arn, struct api **ret_api, struct error *error);

/* Runs one flow with this API until the operation's deadline: see flow_run(). */
int cloud_run_flow(
	struct cloud *cloud, const char *role_arn, struct flow flow, struct error *error);

/*
 * Fetch facts about this instance from the metadata service. Each returns 0; -ENXIO with a message
 * if the service is disabled; -EBADMSG for a malformed value; or as the functions of imds.h.
 */
int cloud_get_primary_mac(struct cloud *cloud, struct mac *ret_mac, struct error *error);
int cloud_get_eni(
	struct cloud *cloud, const struct mac *mac, char ret_eni[EC2_ID_SIZE], struct error *error);
int cloud_get_subnet(struct cloud *cloud, const struct mac *mac, char ret_subnet[EC2_ID_SIZE],
	struct error *error);
/* The ENI's primary IPv4 address, which never moves to another ENI. */
int cloud_get_address(struct cloud *cloud, const struct mac *mac, struct ip_address *ret_address,
	struct error *error);
/* The ENI's IPv4 subnet; -ENOENT: it has none. */
int cloud_get_subnet_prefix(struct cloud *cloud, const struct mac *mac,
	struct ip_prefix *ret_prefix, struct error *error);
int cloud_get_vpc(struct cloud *cloud, char ret_vpc[EC2_ID_SIZE], struct error *error);
int cloud_get_instance(struct cloud *cloud, char ret_instance[EC2_ID_SIZE], struct error *error);
int cloud_get_zone(struct cloud *cloud, struct strbuf *ret_zone, struct error *error);
