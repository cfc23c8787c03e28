/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/document.h"

#include "base/json_build.h"
#include "base/utf8.h"
#include "ec2/requests.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define USES_OVERLAY IAM_USE_BIT(IAM_OVERLAY)
#define USES_ENI IAM_USE_BIT(IAM_ENI)
#define USES_ADDRESS IAM_USE_BIT(IAM_ADDRESS)
#define USES_BOOT IAM_USE_BIT(IAM_BOOT)
#define USES_CLUSTER IAM_USE_BIT(IAM_CLUSTER)

/* The properties of a principal, from the policy. CHECK is the source/destination check. */
#define IS_HOST (1u << 0) /* the host's own identity */
#define HAS_OVERLAYS (1u << 1) /* IS_HOST, and there are overlays, whose ENIs are the host's */
#define FIXES_CHECK (1u << 2) /* HAS_OVERLAYS, and myha must switch the check off */
#define READS_CHECK_AT_BOOT (1u << 3) /* HAS_OVERLAYS, and boot reads the check */
#define FIXES_CHECK_AT_BOOT (1u << 4) /* FIXES_CHECK, and boot switches the check off */
#define CHANGES_TABLES (1u << 5) /* the principal changes the route tables of an overlay */
#define ASSUMES_ROLES (1u << 6) /* IS_HOST, and there are roles to assume */
#define HAS_INTERFACES (1u << 7) /* IS_HOST, and the policy lists interfaces */

enum resource {
	ANY,
	ROUTE_TABLES, /* of the overlays */
	ENIS, /* the ENIs that the policy's interfaces name, or all */
	ALL_ENIS,
	INSTANCES,
	SUBNETS, /* the subnets that the policy's interfaces name, or all */
	SECURITY_GROUPS,
	ASSUMED, /* the overlays' roles */
	RESOURCE_COUNT_,
};

#define RESOURCE_BIT(resource) (1u << (resource))

/* The statements, in the document's order. */
enum statement {
	READ,
	ASSUME_ROLE,
	OVERLAY_MOVE,
	OVERLAY_CREATE_DELETE,
	SOURCE_DEST_CHECK,
	ENI_MOVE,
	ENI_MOVE_INSTANCE,
	ENI_CREATE,
	ENI_CREATE_PLACE,
	ENI_CREATE_TAGS,
	ADDRESS_MOVE,
	STATEMENT_COUNT_,
};

static const struct statement_kind {
	const char *sid;
	unsigned resources; /* RESOURCE_BIT()s */
	bool has_vpc; /* all these resources have the condition key ec2:Vpc for this action */
	bool tags_at_create; /* its permission is CreateTags, for the creating request itself */
} statements[STATEMENT_COUNT_] = {
	[READ] = {"MyhaLook", RESOURCE_BIT(ANY)},
	[ASSUME_ROLE] = {"MyhaAssumeRole", RESOURCE_BIT(ASSUMED)},
	[OVERLAY_MOVE] = {"MyhaOverlayMove", RESOURCE_BIT(ROUTE_TABLES), true},
	[OVERLAY_CREATE_DELETE] = {"MyhaOverlayCreateDelete", RESOURCE_BIT(ROUTE_TABLES), true},
	[SOURCE_DEST_CHECK] = {"MyhaSourceDestCheck", RESOURCE_BIT(ALL_ENIS), true},
	[ENI_MOVE] = {"MyhaEniMove", RESOURCE_BIT(ENIS), true},
	[ENI_MOVE_INSTANCE] = {"MyhaEniMoveInstance", RESOURCE_BIT(INSTANCES)},
	/* An ENI that does not exist yet is in no VPC, but its subnet is. */
	[ENI_CREATE] = {"MyhaEniCreate", RESOURCE_BIT(ALL_ENIS)},
	[ENI_CREATE_PLACE] = {"MyhaEniCreatePlace",
		RESOURCE_BIT(SUBNETS) | RESOURCE_BIT(SECURITY_GROUPS), true},
	[ENI_CREATE_TAGS] = {"MyhaEniCreateTags", RESOURCE_BIT(ALL_ENIS), .tags_at_create = true},
	[ADDRESS_MOVE] = {"MyhaAddressMove", RESOURCE_BIT(ALL_ENIS), true},
};

/* The actions of the statements, with the uses and principals that need them. */
static const struct need {
	enum statement statement;
	enum ec2_action action;
	unsigned uses; /* any of these IAM_USE_BIT()s */
	unsigned properties; /* any of these properties of the principal */
} needs[] = {
	{READ, EC2_DESCRIBE_ROUTE_TABLES, USES_OVERLAY | USES_BOOT | USES_CLUSTER, CHANGES_TABLES},
	{READ, EC2_DESCRIBE_NETWORK_INTERFACES, USES_OVERLAY | USES_CLUSTER, HAS_OVERLAYS},
	{READ, EC2_DESCRIBE_NETWORK_INTERFACES, USES_BOOT, READS_CHECK_AT_BOOT},
	{READ, EC2_DESCRIBE_NETWORK_INTERFACES, USES_ENI | USES_ADDRESS, IS_HOST},
	{READ, EC2_DESCRIBE_NETWORK_INTERFACES, USES_CLUSTER, HAS_INTERFACES},
	{READ, EC2_DESCRIBE_INSTANCES, USES_OVERLAY, HAS_OVERLAYS},
	{READ, EC2_DESCRIBE_INSTANCES, USES_ENI, IS_HOST},
	{READ, EC2_DESCRIBE_INSTANCES, USES_CLUSTER, HAS_INTERFACES},
	{ASSUME_ROLE, STS_ASSUME_ROLE, USES_OVERLAY | USES_BOOT | USES_CLUSTER, ASSUMES_ROLES},
	{OVERLAY_MOVE, EC2_REPLACE_ROUTE, USES_OVERLAY | USES_CLUSTER, CHANGES_TABLES},
	{OVERLAY_CREATE_DELETE, EC2_CREATE_ROUTE, USES_OVERLAY | USES_CLUSTER, CHANGES_TABLES},
	{OVERLAY_CREATE_DELETE, EC2_DELETE_ROUTE, USES_OVERLAY, CHANGES_TABLES},
	{SOURCE_DEST_CHECK, EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE, USES_OVERLAY | USES_CLUSTER,
		FIXES_CHECK},
	{SOURCE_DEST_CHECK, EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE, USES_BOOT, FIXES_CHECK_AT_BOOT},
	{ENI_MOVE, EC2_ATTACH_NETWORK_INTERFACE, USES_ENI, IS_HOST},
	{ENI_MOVE, EC2_DETACH_NETWORK_INTERFACE, USES_ENI, IS_HOST},
	{ENI_MOVE, EC2_ATTACH_NETWORK_INTERFACE, USES_CLUSTER, HAS_INTERFACES},
	{ENI_MOVE, EC2_DETACH_NETWORK_INTERFACE, USES_CLUSTER, HAS_INTERFACES},
	{ENI_MOVE_INSTANCE, EC2_ATTACH_NETWORK_INTERFACE, USES_ENI, IS_HOST},
	{ENI_MOVE_INSTANCE, EC2_DETACH_NETWORK_INTERFACE, USES_ENI, IS_HOST},
	{ENI_MOVE_INSTANCE, EC2_ATTACH_NETWORK_INTERFACE, USES_CLUSTER, HAS_INTERFACES},
	{ENI_MOVE_INSTANCE, EC2_DETACH_NETWORK_INTERFACE, USES_CLUSTER, HAS_INTERFACES},
	{ENI_CREATE, EC2_CREATE_NETWORK_INTERFACE, USES_ENI, IS_HOST},
	{ENI_CREATE_PLACE, EC2_CREATE_NETWORK_INTERFACE, USES_ENI, IS_HOST},
	{ENI_CREATE_TAGS, EC2_CREATE_NETWORK_INTERFACE, USES_ENI, IS_HOST},
	{ADDRESS_MOVE, EC2_ASSIGN_PRIVATE_IP_ADDRESSES, USES_ADDRESS, IS_HOST},
};

/* A document under construction. */
struct writer {
	const struct policy *policy;
	unsigned uses, properties;
	struct iam_location location; /* of the principal */
	const char *role; /* NULL: the host's own identity */
	bool any_vpc;
};

int iam_use_parse(const char *word, enum iam_use *ret_use, struct error *error)
{
	static const char *const words[IAM_USE_COUNT_] = {
		[IAM_OVERLAY] = "overlay",
		[IAM_ENI] = "eni",
		[IAM_ADDRESS] = "address",
		[IAM_BOOT] = "boot",
		[IAM_CLUSTER] = "cluster",
		[IAM_CHECK] = "check",
	};
	_cleanup_(strbuf_done) struct strbuf all = {0};
	char shown[UTF8_SHORT_SIZE];

	for (unsigned i = 0; i < IAM_USE_COUNT_; i++) {
		if (strcmp(words[i], word) == 0) {
			*ret_use = (enum iam_use)i;
			return 0;
		}
		strbuf_printf(&all, "%s%s", i ? ", " : "", words[i]);
	}
	return error_set(error, OUTCOME_USAGE, EINVAL, "\"%s\" is not a valid use; valid uses: %s",
		utf8_shorten(word, shown), strbuf_text(&all));
}

unsigned iam_find_uses(const struct policy *policy)
{
	unsigned uses = 0;

	if (policy->n_overlays)
		uses |= USES_OVERLAY | USES_BOOT;
	if (policy->n_interfaces)
		uses |= USES_ENI;
	return uses;
}

/* The properties of a host that has overlays. "Check": the source/destination check. */
static unsigned get_overlay_properties(const struct policy *policy)
{
	unsigned properties = HAS_OVERLAYS;
	bool at_boot = false;

	for (size_t i = 0; i < policy->n_overlays; i++)
		at_boot |= policy_get_boot_action(&policy->overlays[i]) != POLICY_AT_BOOT_NEVER;
	if (policy->source_dest_check == POLICY_CHECK_FIX)
		properties |= at_boot ? FIXES_CHECK | FIXES_CHECK_AT_BOOT : FIXES_CHECK;
	if (policy->source_dest_check != POLICY_CHECK_IGNORE && at_boot)
		properties |= READS_CHECK_AT_BOOT;
	return properties;
}

/* Returns the properties of the host (`role` is NULL) or of an overlay's role. */
static unsigned get_properties(const struct policy *policy, const char *role)
{
	unsigned properties = role ? 0 : IS_HOST;

	if (!role && policy->n_interfaces)
		properties |= HAS_INTERFACES;
	if (!role && policy->n_overlays)
		properties |= get_overlay_properties(policy);
	for (size_t i = 0; i < policy->n_overlays; i++) { /* an overlay without a role has NULL */
		if (policy_is_same_role(policy->overlays[i].role_arn, role))
			properties |= CHANGES_TABLES;
		else if (!role)
			properties |= ASSUMES_ROLES;
	}
	return properties;
}

/* Skips duplicates: overlays often share route tables, and several uses need the same action. */
static void append_if_missing(json_t **array, const char *text)
{
	size_t index;
	const json_t *item;

	json_array_foreach (*array, index, item)
		if (strcmp(json_string_value(item), text) == 0)
			return;
	json_add_item(array, json_string(text));
}

/* Appends the ARN of a resource, or of all of the type if `id` is NULL: returns true then. */
static bool append_arn(struct writer *writer, json_t **array, const char *type, const char *id)
{
	const struct iam_location *location = &writer->location;
	char arn[256];

	snprintf(arn, sizeof(arn), "arn:%s:ec2:%s:%s:%s/%s", location->partition, location->region,
		location->account, type, id ? id : "*");
	append_if_missing(array, arn);
	return !id;
}

/* An overlay without listed tables ("route-tables: vpc") needs all tables: returns true then. */
static bool append_route_tables(struct writer *writer, json_t **array)
{
	const struct policy *policy = writer->policy;

	for (size_t i = 0; i < policy->n_overlays; i++)
		if (policy_is_same_role(policy->overlays[i].role_arn, writer->role) &&
			!policy->overlays[i].n_route_tables)
			return append_arn(writer, array, "route-table", NULL);
	for (size_t i = 0; i < policy->n_overlays; i++) {
		const struct policy_overlay *overlay = &policy->overlays[i];
		for (size_t j = 0; j < overlay->n_route_tables; j++)
			if (policy_is_same_role(overlay->role_arn, writer->role))
				append_arn(writer, array, "route-table", overlay->route_tables[j]);
	}
	return false;
}

static void append_role_arns(struct writer *writer, json_t **array)
{
	const struct policy *policy = writer->policy;

	for (size_t i = 0; i < policy->n_overlays; i++)
		if (policy->overlays[i].role_arn)
			append_if_missing(array, policy->overlays[i].role_arn);
}

/* Appends each interface's id. If any has none, appends all of the type and returns true. */
static bool append_interface_ids(struct writer *writer, json_t **array, const char *type,
	const char *(*get_id)(const struct policy_interface *interface))
{
	const struct policy *policy = writer->policy;

	if (!policy_has_all_ids(policy, get_id))
		return append_arn(writer, array, type, NULL);
	for (size_t i = 0; i < policy->n_interfaces; i++)
		append_arn(writer, array, type, get_id(&policy->interfaces[i]));
	return false;
}

/* Returns true if it appends all resources of a type: they must be limited to the VPC. */
static bool append_resource(struct writer *writer, json_t **array, enum resource resource)
{
	switch (resource) {
	case ANY:
		append_if_missing(array, "*");
		return false;
	case ROUTE_TABLES:
		return append_route_tables(writer, array);
	case ENIS:
		return append_interface_ids(writer, array, "network-interface", policy_get_eni);
	case ALL_ENIS:
		return append_arn(writer, array, "network-interface", NULL);
	case INSTANCES:
		return append_arn(writer, array, "instance", NULL);
	case SUBNETS:
		return append_interface_ids(writer, array, "subnet", policy_get_subnet);
	case SECURITY_GROUPS:
		return append_arn(writer, array, "security-group", NULL);
	case ASSUMED:
		append_role_arns(writer, array);
		return false;
	case RESOURCE_COUNT_:
		break;
	}
	return false;
}

/*
 * The account in a VPC's ARN is its owner's; for a shared VPC it is not the ENI's account. The id
 * is enough to identify the VPC.
 */
static json_t *build_vpc_condition(const struct iam_location *location)
{
	char arn[256];

	snprintf(arn, sizeof(arn), "arn:%s:ec2:%s:*:vpc/%s", location->partition, location->region,
		location->vpc);
	return json_pack("{s:{s:s}}", "ArnLike", "ec2:Vpc", arn);
}

/* Limits CreateTags to new ENIs, and a statement that covers all resources of a type to the VPC. */
static void add_condition(
	struct writer *writer, const struct statement_kind *kind, bool covers_all, json_t **object)
{
	json_t *condition;

	if (kind->tags_at_create) {
		condition = json_pack("{s:{s:s}}", "StringEquals", "ec2:CreateAction",
			ec2_action_name(EC2_CREATE_NETWORK_INTERFACE));
	} else if (kind->has_vpc && covers_all && writer->location.vpc[0]) {
		condition = build_vpc_condition(&writer->location);
	} else { /* no condition: the VPC is not known, or not required */
		writer->any_vpc |= kind->has_vpc && covers_all;
		return;
	}
	json_add_member(object, "Condition", condition);
}

/* The actions that the writer's uses and principal need. Tags in a request need CreateTags. */
static json_t *build_actions(struct writer *writer, enum statement statement)
{
	json_t *actions = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		const struct need *need = &needs[i];
		char name[64];
		if (need->statement != statement || !(need->uses & writer->uses) ||
			!(need->properties & writer->properties))
			continue;
		snprintf(name, sizeof(name), "%s:%s", ec2_action_service(need->action),
			statements[statement].tags_at_create ? "CreateTags"
							     : ec2_action_name(need->action));
		append_if_missing(&actions, name);
	}
	return actions;
}

/* Appends the statement, unless the uses need none of its actions. */
static void append_statement(struct writer *writer, enum statement statement, json_t **array)
{
	const struct statement_kind *kind = &statements[statement];
	json_t *actions = build_actions(writer, statement), *object, *resources;
	bool covers_all = false;

	if (actions && json_array_size(actions) == 0) { /* NULL fails in json_pack() */
		json_decref(actions);
		return;
	}
	resources = json_array();
	for (unsigned i = 0; i < RESOURCE_COUNT_; i++)
		if (kind->resources & RESOURCE_BIT(i))
			covers_all |= append_resource(writer, &resources, (enum resource)i);
	object = json_pack("{s:s, s:s, s:o, s:o}", "Sid", kind->sid, "Effect", "Allow", "Action",
		actions, "Resource", resources);
	add_condition(writer, kind, covers_all, &object);
	json_add_item(array, object);
}

/* The policy's parser has checked the form: arn:PARTITION:iam::ACCOUNT:role/NAME. */
static void copy_account_of_role(struct iam_location *location, const char *role_arn)
{
	static const char arn[] = "arn:", iam[] = ":iam::";
	const char *partition = role_arn + strlen(arn);
	const char *end = strstr(partition, iam);

	snprintf(location->partition, sizeof(location->partition), "%.*s", (int)(end - partition),
		partition);
	snprintf(location->account, sizeof(location->account), "%.12s", end + strlen(iam));
}

/* For the host's own identity if `role` is NULL, otherwise for the role of an overlay. */
int iam_document_build(const struct policy *policy, unsigned uses,
	const struct iam_location *location, const char *role, struct iam_document *ret_document,
	struct error *error)
{
	struct writer writer = {
		.policy = policy, .uses = uses, .location = *location, .role = role};
	json_t *array;

	writer.properties = get_properties(policy, role);
	if (role && !(writer.properties & CHANGES_TABLES))
		return error_set(error, OUTCOME_USAGE, ENOENT,
			"no overlay of the policy has the role-arn %s", role);
	if (role)
		copy_account_of_role(&writer.location, role);
	array = json_array();
	for (unsigned i = 0; i < STATEMENT_COUNT_; i++)
		append_statement(&writer, (enum statement)i, &array);
	if (!array)
		return error_oom(error);
	*ret_document = (struct iam_document){.any_vpc = writer.any_vpc};
	if (json_array_size(array) == 0) { /* nothing to allow: the document stays empty */
		json_decref(array);
		return 0;
	}
	ret_document->root = json_pack("{s:s, s:o}", "Version", "2012-10-17", "Statement", array);
	return ret_document->root ? 0 : error_oom(error);
}

void iam_document_done(struct iam_document *document)
{
	if (!document)
		return;
	json_decref(document->root);
	*document = (struct iam_document){0};
}
