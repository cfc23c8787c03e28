/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a deed needs to talk to EC2 as this host: the settings that the AWS tools would use, the
 * metadata service, and the API under one or several identities. Nothing is asked before somebody
 * wants to know.
 */
#pragma once

#include "aws/api.h"
#include "aws/aws_settings.h"
#include "aws/imds.h"
#include "core/operation.h"
#include "ec2/values.h"

struct cloud_identity {
	struct api_options options;
	struct api *api;
};

struct cloud {
	const struct operation *operation; /* borrowed */
	struct aws_settings settings;
	struct imds imds;
	bool has_imds;
	struct error no_imds; /* why not */
	char session[65]; /* for roles that are assumed: "myha@HOST" */
	struct cloud_identity **identities; /* one a role */
	size_t n_identities, capacity;
	struct mac primary; /* not set: not asked yet */
	char vpc[EC2_ID_SIZE], instance[EC2_ID_SIZE]; /* "": not asked yet */
};

/* Reads files and the environment alone. Returns 0 or -errno with words. */
int cloud_open(const struct operation *operation, struct cloud *ret_cloud, struct error *error);
void cloud_close(struct cloud *cloud);

/* The metadata service does not answer: nobody is to wait for it again. */
void cloud_give_up_imds(struct cloud *cloud, const char *why);

/* The API with the host's own credentials, or (role_arn not NULL) under that role besides. */
int cloud_api(struct cloud *cloud, const char *role_arn, struct api **ret_api, struct error *error);

/*
 * What EC2 says of this instance. -ENXIO, with words, where metadata are switched off; or as the
 * functions of imds.h.
 */
int cloud_primary_mac(struct cloud *cloud, struct mac *ret_mac, struct error *error);
int cloud_eni(
	struct cloud *cloud, const struct mac *mac, char ret_eni[EC2_ID_SIZE], struct error *error);
int cloud_subnet(struct cloud *cloud, const struct mac *mac, char ret_subnet[EC2_ID_SIZE],
	struct error *error);
/* The first one is the primary: never one that moves. */
int cloud_address(struct cloud *cloud, const struct mac *mac, struct ip_address *ret_address,
	struct error *error);
/* Of IPv4. */
int cloud_subnet_prefix(struct cloud *cloud, const struct mac *mac, struct ip_prefix *ret_prefix,
	struct error *error);
int cloud_vpc(struct cloud *cloud, char ret_vpc[EC2_ID_SIZE], struct error *error);
int cloud_instance(struct cloud *cloud, char ret_instance[EC2_ID_SIZE], struct error *error);
int cloud_zone(struct cloud *cloud, struct strbuf *ret_zone, struct error *error);
