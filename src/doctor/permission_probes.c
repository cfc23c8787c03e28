/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/permission_probes.h"

#include "aws/flow_run.h"
#include "eni/eni.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT_TOKEN "myha-check"

static const struct ec2_tag create_tags[] = {{"Name", CLIENT_TOKEN}, {NULL, NULL}};

/* How to build the probes of a permission. */
struct probe_builder {
	const char *permission;
	enum ec2_action action;
	int (*add_probes)(struct probe_set *set, const struct probe_builder *builder,
		struct probe_obstacle *obstacle);
};

/* Sets why a permission cannot be probed. is_expected: nothing failed. Returns -ENOTSUP. */
static _printf_(3, 4) int set_obstacle(
	struct probe_obstacle *obstacle, bool is_expected, const char *format, ...)
{
	va_list arguments;

	obstacle->is_expected = is_expected;
	va_start(arguments, format);
	vsnprintf(obstacle->why, sizeof(obstacle->why), format, arguments);
	va_end(arguments);
	return -ENOTSUP;
}

/* Adds a probe whose request names `resources`. The set borrows what the parameters point to. */
static int add_probe(struct probe_set *set, const struct probe_builder *builder,
	const struct ec2_parameters *parameters, const char *resources)
{
	struct probe probe = {
		.permission = builder->permission,
		.call = {.action = builder->action, .parameters = *parameters},
		.is_dry_run = builder->action != EC2_ASSIGN_PRIVATE_IP_ADDRESSES,
	};

	probe.call.parameters.dry_run = probe.is_dry_run;
	snprintf(probe.resources, sizeof(probe.resources), "%s", resources);
	/* Overlays may share a route table, which is then probed once: 0, as if added. */
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->probes[i].permission, probe.permission) == 0 &&
			strcmp(set->probes[i].resources, probe.resources) == 0)
			return 0;
	return array_add(&set->probes, &set->capacity, &set->count, &probe, sizeof(probe));
}

static int add_describe_probe(
	struct probe_set *set, const struct probe_builder *builder, struct probe_obstacle *obstacle)
{
	(void)obstacle;
	return add_probe(set, builder, &(struct ec2_parameters){0}, "*");
}

/*
 * AssignPrivateIpAddresses has no DryRun. The request assigns the primary address of the ENI, which
 * the ENI already has and no other ENI can have: so it changes nothing, whatever the response is.
 */
static int add_assign_probe(
	struct probe_set *set, const struct probe_builder *builder, struct probe_obstacle *obstacle)
{
	struct doctor *doctor = set->doctor;
	struct ec2_parameters parameters = {.eni = set->eni, .private_addresses = set->addresses};
	struct ip_address address;

	if (!set->eni[0] || cloud_get_address(&doctor->cloud, &doctor->primary_mac, &address, NULL))
		return set_obstacle(obstacle, false, "this host's primary ENI is not known");
	set->addresses[0] = ip_address_format(&address, set->address_text);
	return add_probe(set, builder, &parameters, set->eni);
}

/* Finds the ENIs that the policy names by id or, if an entry has no id, this instance's. */
static void find_enis(struct probe_set *set)
{
	const struct doctor *doctor = set->doctor;
	const struct policy *policy = doctor->operation.policy;
	bool has_ids = policy_has_all_ids(policy, policy_get_eni);
	size_t count = has_ids ? policy->n_interfaces : doctor->instance[0] != '\0';
	_cleanup_(cleanup_free) struct flow *flows = calloc(count + 1, sizeof(*flows));
	struct error error = {0};
	int err;

	for (size_t i = 0; flows && i < count; i++) {
		if (has_ids)
			set->filters[i].id = policy->interfaces[i].match.eni;
		else
			set->filters[i].instance = doctor->instance;
		eni_find_init(&set->finds[i], &set->filters[i]);
		flows[i] = eni_find_flow(&set->finds[i]);
	}
	set->n_finds = flows ? count : 0;
	err = flows ? flow_run(set->api, flows, count, &doctor->operation.deadline, &error) : 0;
	for (size_t i = 0; err && i < set->n_finds; i++) /* an error of all is the error of each */
		if (set->finds[i].error.outcome == OUTCOME_DONE)
			set->finds[i].error = error;
}

/* Sets finds, and groups to the security groups of the first ENI; queries EC2 only once. */
static void find_enis_once(struct probe_set *set)
{
	const struct ec2_eni_list *enis;

	if (set->are_enis_queried)
		return;
	set->are_enis_queried = true;
	find_enis(set);
	enis = set->n_finds ? &set->finds[0].enis : NULL;
	if (!enis || !enis->count)
		return;
	for (size_t i = 0; i < enis->items[0].groups.count && i < PROBE_GROUPS_MAX; i++)
		set->groups[i] = enis->items[0].groups.items[i].id;
}

/* Sets any_table, once, if an overlay has no table yet. If that fails, any_table stays empty. */
static void find_any_table(struct probe_set *set)
{
	const struct doctor *doctor = set->doctor;
	const char *const vpcs[] = {doctor->vpc, NULL};
	const struct ec2_filter filters[] = {{"vpc-id", vpcs}, {NULL, NULL}};
	const struct flow_call call = {
		.action = EC2_DESCRIBE_ROUTE_TABLES,
		.parameters = {.filters = filters, .max_results = EC2_PAGE_MIN},
	};
	_cleanup_(flow_response_done) struct flow_response response = {0};
	const struct ec2_route_table_list *tables = &response.response.reply.route_tables;
	struct error error = {0};
	bool is_needed = false;

	for (size_t i = 0; i < doctor->n_overlays; i++)
		is_needed |= !doctor->overlays[i].n_tables && !doctor->overlays[i].subject.tables &&
			     policy_is_same_role(
				     doctor->overlays[i].subject.policy->role_arn, set->role);
	if (!is_needed || !doctor->vpc[0] || set->is_table_queried)
		return;
	set->is_table_queried = true;
	if (api_run(set->api, &call, 1, &doctor->operation.deadline, &response, &error))
		return;
	if (!response.err && !response.response.is_fault && tables->count)
		memcpy(set->any_table, tables->items[0].id, sizeof(set->any_table));
}

/* A move to this host leads the route to the overlay's ENI or, if not known, the primary ENI. */
static int add_route_probe(
	struct probe_set *set, const struct probe_builder *builder, size_t index, const char *table)
{
	const char *eni = set->doctor->overlays[index].eni;
	struct ec2_parameters parameters = {
		.route_table = table,
		.destination = &set->destinations[index],
	};

	if (builder->action != EC2_DELETE_ROUTE)
		parameters.eni = *eni ? eni : set->eni;
	return add_probe(set, builder, &parameters, table);
}

/* Probes one overlay's tables: those in the policy, else those with a route, else any table. */
static int add_overlay_probes(
	struct probe_set *set, const struct probe_builder *builder, size_t index)
{
	const struct policy_overlay *overlay = &set->doctor->operation.policy->overlays[index];
	const struct overlay_result *result = &set->doctor->overlays[index];
	int err = 0;

	for (size_t i = 0; !err && i < overlay->n_route_tables; i++)
		err = add_route_probe(set, builder, index, overlay->route_tables[i]);
	for (size_t i = 0; !err && !overlay->n_route_tables && i < result->n_tables; i++)
		err = add_route_probe(set, builder, index, result->tables[i].id);
	if (!err && !overlay->n_route_tables && !result->n_tables && set->any_table[0])
		err = add_route_probe(set, builder, index, set->any_table);
	return err;
}

/* Probes the route tables of all overlays that use the set's role. */
static int add_route_probes(
	struct probe_set *set, const struct probe_builder *builder, struct probe_obstacle *obstacle)
{
	const struct policy *policy = set->doctor->operation.policy;
	size_t n_before = set->count;
	int err = 0;

	if (!set->eni[0])
		return set_obstacle(obstacle, false, "this host's primary ENI is not known");
	find_any_table(set);
	for (size_t i = 0; !err && i < policy->n_overlays; i++)
		if (policy_is_same_role(policy->overlays[i].role_arn, set->role))
			err = add_overlay_probes(set, builder, i);
	if (!err && set->count == n_before)
		return set_obstacle(
			obstacle, false, "the DryRun requires a route table, and none is known");
	return err;
}

/* Probes the ENIs that overlays use; if there are none, the primary ENI. */
static int add_source_check_probes(
	struct probe_set *set, const struct probe_builder *builder, struct probe_obstacle *obstacle)
{
	const struct doctor *doctor = set->doctor;
	struct ec2_parameters parameters = {.source_dest_check = EC2_FLAG_FALSE};
	size_t n_before = set->count;
	int err = 0;

	for (size_t i = 0; !err && i < doctor->n_overlays; i++) {
		parameters.eni = doctor->overlays[i].eni;
		if (*parameters.eni)
			err = add_probe(set, builder, &parameters, parameters.eni);
	}
	if (err || set->count > n_before)
		return err;
	if (!set->eni[0])
		return set_obstacle(obstacle, false, "this host's primary ENI is not known");
	parameters.eni = set->eni;
	return add_probe(set, builder, &parameters, parameters.eni);
}

static int add_attach_probe(
	struct probe_set *set, const struct probe_builder *builder, const char *eni)
{
	const struct ec2_parameters parameters = {
		.eni = eni,
		.instance = set->doctor->instance,
		.device_index = 1,
	};
	char resources[3 * EC2_ID_SIZE];

	snprintf(resources, sizeof(resources), "%s and %s", eni, set->doctor->instance);
	return add_probe(set, builder, &parameters, resources);
}

/* Probes the ENIs that the policy names by id or, if an entry has no id, the primary ENI. */
static int add_attach_probes(
	struct probe_set *set, const struct probe_builder *builder, struct probe_obstacle *obstacle)
{
	const struct policy *policy = set->doctor->operation.policy;
	bool has_ids = policy_has_all_ids(policy, policy_get_eni);
	int err = 0;

	if (!set->doctor->instance[0] || (!has_ids && !set->eni[0]))
		return set_obstacle(
			obstacle, false, "this instance and its primary ENI are not known");
	if (!has_ids)
		return add_attach_probe(set, builder, set->eni);
	for (size_t i = 0; !err && i < policy->n_interfaces; i++)
		err = add_attach_probe(set, builder, policy->interfaces[i].match.eni);
	return err;
}

/* NULL: none is attached. Prefers a secondary ENI, because myha never detaches the primary. */
static const struct ec2_eni *pick_attached_eni(const struct ec2_eni_list *enis)
{
	const struct ec2_eni *picked = NULL;

	for (size_t i = 0; i < enis->count; i++)
		if (enis->items[i].attachment.id[0] &&
			(!picked || enis->items[i].attachment.device_index > 0))
			picked = &enis->items[i];
	return picked;
}

/* DetachNetworkInterface names an attachment, so only attached ENIs can be probed. */
static int add_detach_probes(
	struct probe_set *set, const struct probe_builder *builder, struct probe_obstacle *obstacle)
{
	size_t n_before = set->count;
	int err = 0;

	find_enis_once(set);
	for (size_t i = 0; !err && i < set->n_finds; i++) {
		const struct eni_find *find = &set->finds[i];
		const struct ec2_eni *eni = pick_attached_eni(&find->enis);

		if (find->error.outcome == OUTCOME_DENIED)
			return set_obstacle(obstacle, false,
				"finding an ENI for the DryRun requires ec2:DescribeNetworkInterfaces, which IAM does not permit");
		if (find->error.outcome != OUTCOME_DONE)
			return set_obstacle(obstacle, false, "%s", find->error.text);
		if (eni)
			err = add_probe(set, builder,
				&(struct ec2_parameters){.attachment = eni->attachment.id},
				eni->id);
	}
	if (!err && set->count == n_before)
		return set_obstacle(obstacle, true,
			"the DryRun requires an attached secondary ENI, and none is attached now");
	return err;
}

/* EC2 checks CreateTags only if the request has tags. */
static int add_create_probe(
	struct probe_set *set, const struct probe_builder *builder, const char *subnet)
{
	const struct ec2_parameters parameters = {
		.subnet = subnet,
		.security_groups = set->groups[0] ? set->groups : NULL,
		.tags = strcmp(builder->permission, "ec2:CreateTags") == 0 ? create_tags : NULL,
		.client_token = CLIENT_TOKEN,
	};

	return add_probe(set, builder, &parameters, subnet);
}

/* Probes the subnets that the policy names or, if an entry names none, the subnet of this host. */
static int add_create_probes(
	struct probe_set *set, const struct probe_builder *builder, struct probe_obstacle *obstacle)
{
	const struct policy *policy = set->doctor->operation.policy;
	int err = 0;

	find_enis_once(set);
	if (!policy_has_all_ids(policy, policy_get_subnet)) {
		if (!set->subnet[0])
			return set_obstacle(obstacle, false, "this host's subnet is not known");
		return add_create_probe(set, builder, set->subnet);
	}
	for (size_t i = 0; !err && i < policy->n_interfaces; i++)
		err = add_create_probe(set, builder, policy->interfaces[i].match.subnet);
	return err;
}

static const struct probe_builder probe_builders[] = {
	{"ec2:DescribeRouteTables", EC2_DESCRIBE_ROUTE_TABLES, add_describe_probe},
	{"ec2:DescribeNetworkInterfaces", EC2_DESCRIBE_NETWORK_INTERFACES, add_describe_probe},
	{"ec2:DescribeInstances", EC2_DESCRIBE_INSTANCES, add_describe_probe},
	{"ec2:ReplaceRoute", EC2_REPLACE_ROUTE, add_route_probes},
	{"ec2:CreateRoute", EC2_CREATE_ROUTE, add_route_probes},
	{"ec2:DeleteRoute", EC2_DELETE_ROUTE, add_route_probes},
	{"ec2:ModifyNetworkInterfaceAttribute", EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE,
		add_source_check_probes},
	{"ec2:AttachNetworkInterface", EC2_ATTACH_NETWORK_INTERFACE, add_attach_probes},
	{"ec2:DetachNetworkInterface", EC2_DETACH_NETWORK_INTERFACE, add_detach_probes},
	{"ec2:CreateNetworkInterface", EC2_CREATE_NETWORK_INTERFACE, add_create_probes},
	/* EC2 checks CreateTags as a part of CreateNetworkInterface with tags. */
	{"ec2:CreateTags", EC2_CREATE_NETWORK_INTERFACE, add_create_probes},
	{"ec2:AssignPrivateIpAddresses", EC2_ASSIGN_PRIVATE_IP_ADDRESSES, add_assign_probe},
};

int probe_set_add(struct probe_set *set, const char *permission, struct probe_obstacle *obstacle)
{
	for (size_t i = 0; i < ARRAY_SIZE(probe_builders); i++)
		if (strcmp(probe_builders[i].permission, permission) == 0)
			return probe_builders[i].add_probes(set, &probe_builders[i], obstacle);
	return set_obstacle(
		obstacle, false, "this release of myha has no probe for this permission");
}

int probe_set_open(struct doctor *doctor, struct api *api, const char *role, struct probe_set *set)
{
	const struct policy *policy = doctor->operation.policy;

	*set = (struct probe_set){.doctor = doctor, .api = api, .role = role};
	set->filters = calloc(policy->n_interfaces + 1, sizeof(*set->filters));
	set->finds = calloc(policy->n_interfaces + 1, sizeof(*set->finds));
	set->destinations = calloc(policy->n_overlays + 1, sizeof(*set->destinations));
	if (!set->filters || !set->finds || !set->destinations)
		return -ENOMEM;
	for (size_t i = 0; i < policy->n_overlays; i++)
		set->destinations[i] = ip_prefix_of_host(&policy->overlays[i].address);
	if (mac_is_set(&doctor->primary_mac)) { /* an id that cannot be fetched stays "" */
		cloud_get_eni(&doctor->cloud, &doctor->primary_mac, set->eni, NULL);
		cloud_get_subnet(&doctor->cloud, &doctor->primary_mac, set->subnet, NULL);
	}
	return 0;
}

void probe_set_close(struct probe_set *set)
{
	for (size_t i = 0; i < set->n_finds; i++)
		eni_find_done(&set->finds[i]);
	free(set->filters);
	free(set->finds);
	free(set->destinations);
	free(set->probes);
}
