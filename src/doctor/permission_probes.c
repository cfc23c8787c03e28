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

static const struct ec2_tag tags[] = {{"Name", CLIENT_TOKEN}, {NULL, NULL}};

/* How to probe a permission. */
struct method {
	const char *permission;
	enum ec2_action action;
	int (*add)(struct probe_scene *scene, const struct method *method,
		struct probe_obstacle *obstacle);
};

static _printf_(3, 4) int set_obstacle(
	struct probe_obstacle *obstacle, bool is_by_nature, const char *format, ...)
{
	va_list arguments;

	obstacle->is_by_nature = is_by_nature;
	va_start(arguments, format);
	vsnprintf(obstacle->why, sizeof(obstacle->why), format, arguments);
	va_end(arguments);
	return -ENOTSUP;
}

static int add_probe(struct probe_scene *scene, const struct method *method,
	const struct ec2_parameters *parameters, const char *thing)
{
	struct probe probe = {
		.permission = method->permission,
		.call = {.action = method->action, .parameters = *parameters},
		.is_dry_run = method->action != EC2_ASSIGN_PRIVATE_IP_ADDRESSES,
	};

	probe.call.parameters.dry_run = probe.is_dry_run;
	snprintf(probe.thing, sizeof(probe.thing), "%s", thing);
	/* Overlays may share a route table, which is then probed once. */
	for (size_t i = 0; i < scene->count; i++)
		if (strcmp(scene->probes[i].permission, probe.permission) == 0 &&
			strcmp(scene->probes[i].thing, probe.thing) == 0)
			return 0;
	if (array_reserve(&scene->probes, &scene->capacity, scene->count, sizeof(probe)))
		return -ENOMEM;
	scene->probes[scene->count++] = probe;
	return 0;
}

static int add_describe(
	struct probe_scene *scene, const struct method *method, struct probe_obstacle *obstacle)
{
	(void)obstacle;
	return add_probe(scene, method, &(struct ec2_parameters){0}, "*");
}

/*
 * AssignPrivateIpAddresses has no DryRun. The request assigns the primary address of the ENI, which
 * the ENI already has and no other ENI can have: so it changes nothing, whatever the response is.
 */
static int add_assignment(
	struct probe_scene *scene, const struct method *method, struct probe_obstacle *obstacle)
{
	struct doctor *doctor = scene->doctor;
	struct ec2_parameters parameters = {
		.eni = scene->eni, .private_addresses = scene->addresses};
	struct ip_address address;

	if (!scene->eni[0] || cloud_get_address(&doctor->cloud, &doctor->primary, &address, NULL))
		return set_obstacle(obstacle, false, "this host's primary ENI is not known");
	scene->addresses[0] = ip_address_format(&address, scene->address_text);
	return add_probe(scene, method, &parameters, scene->eni);
}

/* Finds the ENIs that the policy names, or those of this instance. */
static void find_enis(struct probe_scene *scene)
{
	const struct doctor *doctor = scene->doctor;
	const struct policy *policy = doctor->operation.policy;
	bool has_ids = policy_has_all_ids(policy, policy_get_eni);
	size_t count = has_ids ? policy->n_interfaces : doctor->instance[0] != '\0';
	_cleanup_(cleanup_free) struct flow *flows = calloc(count + 1, sizeof(*flows));
	struct error error = {0};
	int err;

	for (size_t i = 0; flows && i < count; i++) {
		if (has_ids)
			scene->filters[i].id = policy->interfaces[i].match.eni;
		else
			scene->filters[i].instance = doctor->instance;
		eni_find_init(&scene->finds[i], &scene->filters[i]);
		flows[i] = eni_find_flow(&scene->finds[i]);
	}
	scene->n_finds = flows ? count : 0;
	err = flows ? flow_run(scene->api, flows, count, &doctor->operation.deadline, &error) : 0;
	for (size_t i = 0; err && i < scene->n_finds; i++)
		if (scene->finds[i].error.outcome == OUTCOME_DONE)
			scene->finds[i].error = error;
}

/* Queries EC2 only once, because the query is always the same. */
static void prepare_enis(struct probe_scene *scene)
{
	const struct ec2_eni_list *enis;

	if (scene->has_enis)
		return;
	scene->has_enis = true;
	find_enis(scene);
	enis = scene->n_finds ? &scene->finds[0].enis : NULL;
	if (!enis || !enis->count)
		return;
	for (size_t i = 0; i < enis->items[0].groups.count && i < PROBE_GROUPS_MAX; i++)
		scene->groups[i] = enis->items[0].groups.items[i].id;
}

/* Finds a table for overlays that have no route in any table yet. */
static void prepare_table(struct probe_scene *scene)
{
	const struct doctor *doctor = scene->doctor;
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
			     policy_overlay_has_role(
				     doctor->overlays[i].subject.policy, scene->role);
	if (!is_needed || !doctor->vpc[0] || scene->has_table)
		return;
	scene->has_table = true;
	if (api_run(scene->api, &call, 1, &doctor->operation.deadline, &response, &error))
		return;
	if (!response.err && !response.response.is_fault && tables->count)
		memcpy(scene->any_table, tables->items[0].id, sizeof(scene->any_table));
}

static int add_route(
	struct probe_scene *scene, const struct method *method, size_t index, const char *table)
{
	const char *eni = scene->doctor->overlays[index].eni;
	struct ec2_parameters parameters = {
		.route_table = table,
		.destination = &scene->destinations[index],
	};

	if (method->action != EC2_DELETE_ROUTE)
		parameters.eni = *eni ? eni : scene->eni;
	return add_probe(scene, method, &parameters, table);
}

static int add_routes_of(struct probe_scene *scene, const struct method *method, size_t index)
{
	const struct policy_overlay *overlay = &scene->doctor->operation.policy->overlays[index];
	const struct overlay_result *result = &scene->doctor->overlays[index];
	int err = 0;

	for (size_t i = 0; !err && i < overlay->n_route_tables; i++)
		err = add_route(scene, method, index, overlay->route_tables[i]);
	for (size_t i = 0; !err && !overlay->n_route_tables && i < result->n_tables; i++)
		err = add_route(scene, method, index, result->tables[i].id);
	if (!err && !overlay->n_route_tables && !result->n_tables && scene->any_table[0])
		err = add_route(scene, method, index, scene->any_table);
	return err;
}

static int add_routes(
	struct probe_scene *scene, const struct method *method, struct probe_obstacle *obstacle)
{
	const struct policy *policy = scene->doctor->operation.policy;
	size_t before = scene->count;
	int err = 0;

	if (!scene->eni[0])
		return set_obstacle(obstacle, false, "this host's primary ENI is not known");
	prepare_table(scene);
	for (size_t i = 0; !err && i < policy->n_overlays; i++)
		if (policy_overlay_has_role(&policy->overlays[i], scene->role))
			err = add_routes_of(scene, method, i);
	if (!err && scene->count == before)
		return set_obstacle(
			obstacle, false, "the DryRun requires a route table, and none is known");
	return err;
}

static int add_source_checks(
	struct probe_scene *scene, const struct method *method, struct probe_obstacle *obstacle)
{
	const struct doctor *doctor = scene->doctor;
	struct ec2_parameters parameters = {.source_dest_check = EC2_FLAG_FALSE};
	size_t before = scene->count;
	int err = 0;

	for (size_t i = 0; !err && i < doctor->n_overlays; i++) {
		parameters.eni = doctor->overlays[i].eni;
		if (*parameters.eni)
			err = add_probe(scene, method, &parameters, parameters.eni);
	}
	if (err || scene->count > before)
		return err;
	if (!scene->eni[0])
		return set_obstacle(obstacle, false, "this host's primary ENI is not known");
	parameters.eni = scene->eni;
	return add_probe(scene, method, &parameters, parameters.eni);
}

static int add_attachment(struct probe_scene *scene, const struct method *method, const char *eni)
{
	const struct ec2_parameters parameters = {
		.eni = eni,
		.instance = scene->doctor->instance,
		.device_index = 1,
	};
	char thing[3 * EC2_ID_SIZE];

	snprintf(thing, sizeof(thing), "%s and %s", eni, scene->doctor->instance);
	return add_probe(scene, method, &parameters, thing);
}

static int add_attachments(
	struct probe_scene *scene, const struct method *method, struct probe_obstacle *obstacle)
{
	const struct policy *policy = scene->doctor->operation.policy;
	bool has_ids = policy_has_all_ids(policy, policy_get_eni);
	int err = 0;

	if (!scene->doctor->instance[0] || (!has_ids && !scene->eni[0]))
		return set_obstacle(
			obstacle, false, "this instance and its primary ENI are not known");
	if (!has_ids)
		return add_attachment(scene, method, scene->eni);
	for (size_t i = 0; !err && i < policy->n_interfaces; i++)
		err = add_attachment(scene, method, policy->interfaces[i].match.eni);
	return err;
}

/* Prefers a secondary ENI, if there is one: myha detaches those. */
static const struct ec2_eni *pick_attached(const struct ec2_eni_list *enis)
{
	const struct ec2_eni *picked = NULL;

	for (size_t i = 0; i < enis->count; i++)
		if (enis->items[i].attachment.id[0] &&
			(!picked || enis->items[i].attachment.device_index > 0))
			picked = &enis->items[i];
	return picked;
}

static int add_detachments(
	struct probe_scene *scene, const struct method *method, struct probe_obstacle *obstacle)
{
	size_t before = scene->count;
	int err = 0;

	prepare_enis(scene);
	for (size_t i = 0; !err && i < scene->n_finds; i++) {
		const struct eni_find *find = &scene->finds[i];
		const struct ec2_eni *eni = pick_attached(&find->enis);

		if (find->error.outcome == OUTCOME_DENIED)
			return set_obstacle(obstacle, false,
				"finding an ENI for the DryRun requires ec2:DescribeNetworkInterfaces, which IAM does not permit");
		if (find->error.outcome != OUTCOME_DONE)
			return set_obstacle(obstacle, false, "%s", find->error.text);
		if (eni)
			err = add_probe(scene, method,
				&(struct ec2_parameters){.attachment = eni->attachment.id},
				eni->id);
	}
	if (!err && scene->count == before)
		return set_obstacle(obstacle, true,
			"the DryRun requires an attached ENI, and no ENI is attached now");
	return err;
}

static int add_creation(struct probe_scene *scene, const struct method *method, const char *subnet)
{
	const struct ec2_parameters parameters = {
		.subnet = subnet,
		.security_groups = scene->groups[0] ? scene->groups : NULL,
		.tags = strcmp(method->permission, "ec2:CreateTags") == 0 ? tags : NULL,
		.client_token = CLIENT_TOKEN,
	};

	return add_probe(scene, method, &parameters, subnet);
}

static int add_creations(
	struct probe_scene *scene, const struct method *method, struct probe_obstacle *obstacle)
{
	const struct policy *policy = scene->doctor->operation.policy;
	int err = 0;

	prepare_enis(scene);
	if (!policy_has_all_ids(policy, policy_get_subnet)) {
		if (!scene->subnet[0])
			return set_obstacle(obstacle, false, "this host's subnet is not known");
		return add_creation(scene, method, scene->subnet);
	}
	for (size_t i = 0; !err && i < policy->n_interfaces; i++)
		err = add_creation(scene, method, policy->interfaces[i].match.subnet);
	return err;
}

static const struct method probe_methods[] = {
	{"ec2:DescribeRouteTables", EC2_DESCRIBE_ROUTE_TABLES, add_describe},
	{"ec2:DescribeNetworkInterfaces", EC2_DESCRIBE_NETWORK_INTERFACES, add_describe},
	{"ec2:DescribeInstances", EC2_DESCRIBE_INSTANCES, add_describe},
	{"ec2:ReplaceRoute", EC2_REPLACE_ROUTE, add_routes},
	{"ec2:CreateRoute", EC2_CREATE_ROUTE, add_routes},
	{"ec2:DeleteRoute", EC2_DELETE_ROUTE, add_routes},
	{"ec2:ModifyNetworkInterfaceAttribute", EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE,
		add_source_checks},
	{"ec2:AttachNetworkInterface", EC2_ATTACH_NETWORK_INTERFACE, add_attachments},
	{"ec2:DetachNetworkInterface", EC2_DETACH_NETWORK_INTERFACE, add_detachments},
	{"ec2:CreateNetworkInterface", EC2_CREATE_NETWORK_INTERFACE, add_creations},
	/*
	 * CreateTags is checked as a part of CreateNetworkInterface, not in a request of its own.
	 */
	{"ec2:CreateTags", EC2_CREATE_NETWORK_INTERFACE, add_creations},
	{"ec2:AssignPrivateIpAddresses", EC2_ASSIGN_PRIVATE_IP_ADDRESSES, add_assignment},
};

int probe_scene_add(
	struct probe_scene *scene, const char *permission, struct probe_obstacle *obstacle)
{
	for (size_t i = 0; i < ARRAY_SIZE(probe_methods); i++)
		if (strcmp(probe_methods[i].permission, permission) == 0)
			return probe_methods[i].add(scene, &probe_methods[i], obstacle);
	return set_obstacle(
		obstacle, false, "this release of myha has no probe for this permission");
}

int probe_scene_open(
	struct doctor *doctor, struct api *api, const char *role, struct probe_scene *scene)
{
	const struct policy *policy = doctor->operation.policy;

	*scene = (struct probe_scene){.doctor = doctor, .api = api, .role = role};
	scene->filters = calloc(policy->n_interfaces + 1, sizeof(*scene->filters));
	scene->finds = calloc(policy->n_interfaces + 1, sizeof(*scene->finds));
	scene->destinations = calloc(policy->n_overlays + 1, sizeof(*scene->destinations));
	if (!scene->filters || !scene->finds || !scene->destinations)
		return -ENOMEM;
	for (size_t i = 0; i < policy->n_overlays; i++)
		scene->destinations[i] = ip_prefix_of_host(&policy->overlays[i].address);
	if (mac_is_set(&doctor->primary)) {
		cloud_get_eni(&doctor->cloud, &doctor->primary, scene->eni, NULL);
		cloud_get_subnet(&doctor->cloud, &doctor->primary, scene->subnet, NULL);
	}
	return 0;
}

void probe_scene_close(struct probe_scene *scene)
{
	for (size_t i = 0; i < scene->n_finds; i++)
		eni_find_done(&scene->finds[i]);
	free(scene->filters);
	free(scene->finds);
	free(scene->destinations);
	free(scene->probes);
}
