/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cloud.h"

#include "aws/aws_region.h"
#include "aws/flow_run.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* CloudTrail shows "myha@HOST". STS accepts 64 of these characters: 5 + 59 of the host's name. */
static void make_session_name(char ret_name[65])
{
	char host[64] = "";

	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	for (char *at = host; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-_.", *at))
			*at = '-';
	snprintf(ret_name, 65, "myha@%.59s", host);
}

int cloud_open(const struct operation *operation, struct cloud *cloud, struct error *error)
{
	const struct imds_options options = {
		.endpoint = operation->policy->imds.endpoint,
		.interface = operation->policy->imds.interface,
	};
	int err;

	*cloud = (struct cloud){.operation = operation};
	make_session_name(cloud->session);
	err = aws_settings_load(&operation->policy->aws, &cloud->settings, error);
	if (err)
		return err;
	err = imds_open(&options, &cloud->imds, &cloud->imds_error);
	cloud->has_imds = !err;
	/* -EACCES: metadata are switched off; the environment may still have all settings. */
	if (!err || err == -EACCES)
		return 0;
	*error = cloud->imds_error;
	return err;
}

void cloud_close(struct cloud *cloud)
{
	for (size_t i = 0; i < cloud->n_identities; i++) {
		api_close(&cloud->identities[i]->api);
		free(cloud->identities[i]);
	}
	free(cloud->identities);
	if (cloud->has_imds)
		imds_close(&cloud->imds);
	aws_settings_done(&cloud->settings);
	*cloud = (struct cloud){0};
}

void cloud_disable_imds(struct cloud *cloud, const char *reason)
{
	if (!cloud->has_imds)
		return;
	imds_close(&cloud->imds);
	cloud->has_imds = false;
	error_set(&cloud->imds_error, OUTCOME_FAILED, ENXIO, "%s", reason);
}

/* Allocates an identity, which must not move: its API borrows it. Returns NULL without memory. */
static struct cloud_identity *add_identity(struct cloud *cloud, const char *role_arn)
{
	struct cloud_identity *identity;

	if (array_reserve(&cloud->identities, &cloud->capacity, cloud->n_identities,
		    sizeof(struct cloud_identity *)))
		return NULL;
	identity = calloc(1, sizeof(*identity));
	if (!identity)
		return NULL;
	identity->options = (struct api_options){
		.settings = &cloud->settings,
		.imds = cloud->has_imds ? &cloud->imds : NULL,
		.imds_error = cloud->imds_error.text,
		.role_arn = role_arn,
		.session_name = cloud->session,
	};
	cloud->identities[cloud->n_identities++] = identity;
	return identity;
}

int cloud_get_api(
	struct cloud *cloud, const char *role_arn, struct api **ret_api, struct error *error)
{
	struct cloud_identity *identity = NULL;
	int err = 0;

	for (size_t i = 0; !identity && i < cloud->n_identities; i++)
		if (policy_is_same_role(cloud->identities[i]->options.role_arn, role_arn))
			identity = cloud->identities[i];
	if (!identity) {
		err = aws_region_ensure(&cloud->settings, cloud->has_imds ? &cloud->imds : NULL,
			cloud->imds_error.text, &cloud->operation->deadline, error);
		identity = err ? NULL : add_identity(cloud, role_arn);
		if (!err && !identity)
			err = error_oom(error);
	}
	if (!err && !identity->api)
		err = api_open(&identity->options, &identity->api, error);
	if (!err)
		*ret_api = identity->api;
	return err;
}

int cloud_run_flow(struct cloud *cloud, const char *role_arn, struct flow flow, struct error *error)
{
	struct api *api;
	int err = cloud_get_api(cloud, role_arn, &api, error);

	return err ? err : flow_run(api, &flow, 1 /* flow */, &cloud->operation->deadline, error);
}

/* Returns 0, or -ENXIO with the reason why there is no metadata service. */
static int require_imds(const struct cloud *cloud, struct error *error)
{
	if (cloud->has_imds)
		return 0;
	return error_set(error, OUTCOME_FAILED, ENXIO, "%s", cloud->imds_error.text);
}

/* `if_absent` is the message if IMDS responds that the fact does not exist: -ENOENT. */
static int fetch_fact(struct cloud *cloud, const struct mac *mac, enum fact fact,
	const char *if_absent, struct facts *ret_facts, struct error *error)
{
	int err = require_imds(cloud, error);

	facts_init(ret_facts, mac);
	if (!err)
		err = imds_get_facts(&cloud->imds, FACT_BIT(fact), &cloud->operation->deadline,
			ret_facts, error);
	if (!err && ret_facts->absent)
		err = error_set(error, OUTCOME_FAILED, ENOENT, "%s", if_absent);
	return err;
}

int cloud_get_primary_mac(struct cloud *cloud, struct mac *ret_mac, struct error *error)
{
	_cleanup_(facts_done) struct facts facts = {.primary_mac = cloud->primary_mac};
	int err = require_imds(cloud, error);

	/* The MAC argument is still empty: the key of this fact does not contain a MAC. */
	if (!err && !mac_is_set(&cloud->primary_mac))
		err = fetch_fact(cloud, &cloud->primary_mac, FACT_PRIMARY_MAC,
			"metadata service: the MAC address of this instance is missing", &facts,
			error);
	if (err)
		return err;
	cloud->primary_mac = facts.primary_mac;
	*ret_mac = facts.primary_mac;
	return 0;
}

/* Copies the id if it is PREFIX-HEX; else -EBADMSG with a message that names `key`. */
static int parse_id(
	const char *text, const char *prefix, const char *key, char *ret_id, struct error *error)
{
	if (value_id.parse(text, prefix, ret_id) == 0)
		return 0;
	return error_set(error, OUTCOME_FAILED, EBADMSG,
		"metadata service: %s is \"%.40s\", which is not an id", key, text);
}

/* Fetches the text of a key below meta-data/network/interfaces/macs/MAC/. */
static int fetch_interface_value(struct cloud *cloud, const struct mac *mac, const char *key,
	struct strbuf *ret_text, struct error *error)
{
	int err = require_imds(cloud, error);

	return err ? err
		   : imds_get_for_interface(
			     &cloud->imds, mac, key, &cloud->operation->deadline, ret_text, error);
}

static int fetch_interface_id(struct cloud *cloud, const struct mac *mac, const char *key,
	const char *prefix, char ret_id[EC2_ID_SIZE], struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	int err = fetch_interface_value(cloud, mac, key, &text, error);

	return err ? err : parse_id(strbuf_text(&text), prefix, key, ret_id, error);
}

int cloud_get_eni(
	struct cloud *cloud, const struct mac *mac, char ret_eni[EC2_ID_SIZE], struct error *error)
{
	return fetch_interface_id(cloud, mac, "interface-id", "eni", ret_eni, error);
}

int cloud_get_subnet(struct cloud *cloud, const struct mac *mac, char ret_subnet[EC2_ID_SIZE],
	struct error *error)
{
	return fetch_interface_id(cloud, mac, "subnet-id", "subnet", ret_subnet, error);
}

int cloud_get_address(struct cloud *cloud, const struct mac *mac, struct ip_address *ret_address,
	struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char first[IP_ADDRESS_TEXT_SIZE];
	int err = fetch_interface_value(cloud, mac, "local-ipv4s", &text, error);

	if (err)
		return err;
	/* One address per line; the primary address comes first. */
	snprintf(first, sizeof(first), "%.*s", (int)strcspn(strbuf_text(&text), "\n"),
		strbuf_text(&text));
	if (ip_address_parse(first, ret_address) == 0)
		return 0;
	return error_set(error, OUTCOME_FAILED, EBADMSG,
		"metadata service: local-ipv4s begins with \"%s\", which is not an IP address",
		first);
}

int cloud_get_subnet_prefix(struct cloud *cloud, const struct mac *mac,
	struct ip_prefix *ret_prefix, struct error *error)
{
	_cleanup_(facts_done) struct facts facts;
	int err = fetch_fact(cloud, mac, FACT_SUBNET_IPV4,
		"metadata service: subnet-ipv4-cidr-block is missing: the ENI has no IPv4 subnet",
		&facts, error);

	if (!err)
		*ret_prefix = facts.subnet4;
	return err;
}

int cloud_get_vpc(struct cloud *cloud, char ret_vpc[EC2_ID_SIZE], struct error *error)
{
	struct mac mac;
	int err = 0;

	if (!cloud->vpc[0]) {
		err = cloud_get_primary_mac(cloud, &mac, error);
		if (!err)
			err = fetch_interface_id(cloud, &mac, "vpc-id", "vpc", cloud->vpc, error);
	}
	if (!err)
		memcpy(ret_vpc, cloud->vpc, EC2_ID_SIZE);
	return err;
}

int cloud_get_instance(struct cloud *cloud, char ret_instance[EC2_ID_SIZE], struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	int err = require_imds(cloud, error);

	if (!err && !cloud->instance[0]) {
		err = imds_get_word(
			&cloud->imds, IMDS_INSTANCE_ID, &cloud->operation->deadline, &text, error);
		if (!err)
			err = parse_id(
				strbuf_text(&text), "i", IMDS_INSTANCE_ID, cloud->instance, error);
	}
	if (!err)
		memcpy(ret_instance, cloud->instance, EC2_ID_SIZE);
	return err;
}

int cloud_get_zone(struct cloud *cloud, struct strbuf *ret_zone, struct error *error)
{
	int err = require_imds(cloud, error);

	return err ? err
		   : imds_get_word(
			     &cloud->imds, IMDS_ZONE, &cloud->operation->deadline, ret_zone, error);
}
