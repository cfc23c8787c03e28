/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Implements ocf:myha:overlay-ip. It accepts the parameters of ocf:heartbeat:aws-vpc-move-ip, so
 * that a configuration of that agent also works with this one.
 */
#include "agent/ocf.h"
#include "base/log.h"
#include "core/resource_record.h"
#include "overlay/examine.h"
#include "overlay/host.h"
#include "overlay/move.h"
#include "overlay/release.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_KIND "address"

/* The overlay of a call, with the memory that its subject borrows. */
struct resource {
	struct overlay_result result;
	char *tables_text; /* the parameter routing_table, split by '\0'; owned */
	const char **tables; /* ids in tables_text, NULL-terminated; NULL: none; owned array */
};

static void resource_done(struct resource *resource)
{
	overlay_result_done(&resource->result);
	free(resource->tables_text);
	free(resource->tables);
}

/* Splits "rtb-1,rtb-2" into resource->tables. An element per character is more than enough. */
static int split_tables(const char *text, struct resource *resource, struct error *error)
{
	size_t count = 0;
	char *rest, *table;

	resource->tables_text = strdup(text);
	resource->tables = calloc(strlen(text) + 2, sizeof(*resource->tables));
	if (!resource->tables_text || !resource->tables)
		return error_oom(error);
	for (table = strtok_r(resource->tables_text, ", ", &rest); table;
		table = strtok_r(NULL, ", ", &rest)) {
		if (parse_ec2_id(table, "rtb"))
			return error_set(error, OUTCOME_USAGE, EINVAL,
				"routing_table: \"%s\" is not a route table id (rtb-...)", table);
		resource->tables[count++] = table;
	}
	return 0;
}

static int set_label(const char *label, struct overlay_subject *subject, struct error *error)
{
	if (strlen(label) >= sizeof(subject->label))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"iflabel: \"%s\" is too long: INTERFACE:LABEL may have at most 15 characters",
			label);
	snprintf(subject->label, sizeof(subject->label), "%s", label);
	return 0;
}

/* Finds the overlay by its name or address. `tables` NULL or empty: those of the policy, if any. */
static int find_subject(const struct ocf_call *call, const char *const *tables,
	struct overlay_subject *ret_subject, struct error *error)
{
	const struct overlay_override override = {
		.interface = ocf_get_value(call, "interface"),
		.tables = tables,
		.without_tables = true, /* find_configured() requires them, a stop does not */
	};
	const char *name = ocf_get_value(call, "name"), *ip = ocf_get_value(call, "ip");

	if (!ip)
		ip = ocf_get_value(call, "address");
	if (!name && !ip)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"missing parameter: set name (an overlay of the policy) or ip");
	return overlay_find_subject(
		call->operation->policy, name ? name : ip, &override, ret_subject, error);
}

/*
 * Loads the address that a start has recorded under the overlay's name. -ENOENT without a message:
 * there is no record, no name is given, or the name is invalid and cannot have a record.
 */
static int load_recorded_address(
	const struct ocf_call *call, struct ip_address *ret_address, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	const char *name = ocf_get_value(call, "name");
	struct error failure = {0};
	int err;

	if (!name)
		return -ENOENT;
	err = resource_record_load(call->operation, name, RECORD_KIND, &text, &failure);
	if (failure.outcome == OUTCOME_USAGE || (!err && !text.length))
		return -ENOENT;
	if (!err && ip_address_parse(strbuf_text(&text), ret_address))
		err = error_set(&failure, OUTCOME_FAILED, EIO,
			"%s: the record of the overlay contains \"%s\", which is not an IP address",
			name, strbuf_text(&text));
	if (err)
		*error = failure;
	return err;
}

/*
 * Finds the overlay for stop and monitor. The recorded address overrides the policy, which may have
 * changed since the start. -ENOENT, -EINVAL: no start can have succeeded with these parameters.
 */
static int find_started(const struct ocf_call *call, struct resource *resource, struct error *error)
{
	struct overlay_subject subject;
	struct ip_address recorded;
	struct error failure = {0};
	int subject_err = find_subject(call, NULL, &subject, error);
	int err = load_recorded_address(call, &recorded, &failure);

	if (err == -ENOENT) { /* no start is recorded: the parameters decide */
		if (!subject_err)
			overlay_result_init(&resource->result, &subject);
		return subject_err;
	}
	*error = failure;
	if (err)
		return err;
	if (subject_err) { /* the policy no longer lists this overlay: the record is enough */
		subject = (struct overlay_subject){.interface = "primary"};
		snprintf(subject.name, sizeof(subject.name), "%s", ocf_get_value(call, "name"));
	}
	subject.address = recorded;
	overlay_result_init(&resource->result, &subject);
	return 0;
}

/* Finds the overlay for start and validate, which need all parameters. */
static int find_configured(
	const struct ocf_call *call, struct resource *resource, struct error *error)
{
	const char *tables = ocf_get_value(call, "routing_table"),
		   *label = ocf_get_value(call, "iflabel");
	struct overlay_subject subject;
	int err = tables ? split_tables(tables, resource, error) : 0;

	if (!err)
		err = find_subject(call, resource->tables, &subject, error);
	if (!err && !subject.policy && !subject.tables)
		err = error_set(error, OUTCOME_USAGE, ENOENT,
			"%s: the policy has no overlay with this address: set routing_table, or add the overlay to the policy",
			subject.name);
	if (!err && ocf_get_value(call, "routing_table_role"))
		subject.role_arn = ocf_get_value(call, "routing_table_role");
	if (!err && label)
		err = set_label(label, &subject, error);
	if (!err)
		overlay_result_init(&resource->result, &subject);
	return err;
}

/*
 * Releases the address of an earlier start whose record still exists, if the policy has given the
 * overlay another address since then. Otherwise the new record would hide the old address.
 */
static int release_recorded(
	const struct ocf_call *call, const struct overlay_subject *subject, struct error *error)
{
	_cleanup_(resource_done) struct resource resource = {0};
	struct overlay_subject before = *subject;
	int err = load_recorded_address(call, &before.address, error);

	if (err)
		return err == -ENOENT ? 0 : err;
	if (ip_address_compare(&before.address, &subject->address) == 0)
		return 0;
	overlay_result_init(&resource.result, &before);
	err = overlay_release(call->operation, OVERLAY_KEEP_ROUTES, &resource.result);
	/* USAGE: the recorded address is this host's own, so the start that recorded it was refused. */
	if (!err || resource.result.error.outcome == OUTCOME_USAGE)
		return 0;
	*error = resource.result.error;
	return err;
}

/* Records the address before any change, so that a stop can undo all changes. */
static int record_address(
	const struct ocf_call *call, const struct overlay_subject *subject, struct error *error)
{
	const char *name = ocf_get_value(call, "name");
	char text[IP_ADDRESS_TEXT_SIZE];
	int err;

	if (!name)
		return 0;
	err = release_recorded(call, subject, error);
	if (err)
		return err;
	return resource_record_store(call->operation, name, RECORD_KIND,
		ip_address_format(&subject->address, text), error);
}

static enum ocf_code start(const struct ocf_call *call, struct error *error)
{
	const struct overlay_move_options options = {
		.may_create = ocf_get_flag(call, "create_route"),
		.may_replace = true,
	};
	_cleanup_(resource_done) struct resource resource = {0};
	int err = find_configured(call, &resource, error);

	if (err)
		return ocf_code_from_parameter_error(err);
	if (record_address(call, &resource.result.subject, error))
		return OCF_ERR_GENERIC;
	err = overlay_move(call->operation, &options, &resource.result);
	*error = resource.result.error;
	return err ? ocf_code_from_outcome(error->outcome) : OCF_SUCCESS;
}

static enum ocf_code stop(const struct ocf_call *call, struct error *error)
{
	_cleanup_(resource_done) struct resource resource = {0};
	const char *name = ocf_get_value(call, "name");
	enum ocf_code code = OCF_SUCCESS;

	if (find_started(call, &resource, error))
		return ocf_code_if_never_started(OCF_SUCCESS, error);
	if (overlay_release(call->operation, OVERLAY_KEEP_ROUTES, &resource.result)) {
		*error = resource.result.error;
		code = ocf_code_if_never_started(OCF_SUCCESS, error);
	}
	/* Last, since a stop that is repeated after a failure needs the recorded address. */
	if (code == OCF_SUCCESS && name &&
		resource_record_remove(call->operation, name, RECORD_KIND, error))
		return OCF_ERR_GENERIC;
	return code;
}

/*
 * Finds out whether a link of this host has the address. -ENETDOWN: a link has it (ret_is_placed is
 * true), but is down or has no carrier.
 */
static int check_placed(const struct ocf_call *call, const struct overlay_subject *subject,
	bool *ret_is_placed, struct error *error)
{
	struct overlay_host host = {0};
	struct operation without_lock = *call->operation;
	char holder[IFNAMSIZ] = "";
	int err;

	without_lock.takes_no_lock = true; /* a monitor must not wait for a move */
	err = overlay_host_open(&without_lock, subject, &host, error);
	if (!err)
		err = overlay_host_find_holder(&host, subject, holder, error);
	if (!err && *holder)
		err = overlay_host_check_named_link(&host, holder, error);
	overlay_host_close(&host);
	*ret_is_placed = *holder != '\0';
	return err;
}

/* Returns the code for an overlay whose address is on this host, according to its routes. */
static enum ocf_code get_routes_code(const struct overlay_result *result, struct error *error)
{
	switch (result->routes) {
	case ROUTES_LEAD_HERE:
		return OCF_SUCCESS;
	case ROUTES_LEAD_ELSEWHERE:
	case ROUTES_ABSENT:
		error_set(error, OUTCOME_DIFFERS, EAGAIN,
			"%s: this host has the address, but the routes point %s",
			result->subject.name, routes_state_name(result->routes));
		return OCF_NOT_RUNNING;
	case ROUTES_MIXED:
		error_set(error, OUTCOME_DIFFERS, EAGAIN,
			"%s: some routes point to this host and some to another target",
			result->subject.name);
		return OCF_ERR_GENERIC;
	case ROUTES_UNKNOWN:
		break;
	}
	/*
	 * EC2 does not respond. "Not running" would make Pacemaker start the resource, which needs
	 * EC2 as well. So a resource whose address is here counts as running, also for a probe.
	 */
	*error = result->error;
	return OCF_RUNNING_DEGRADED;
}

/* Reads the routes once, for an overlay whose result is RESULT_UNDECIDED. */
static int read_routes(
	struct operation *read_only, struct overlay_result *result, struct error *error)
{
	const bool limits_roles = false; /* one overlay has one role */
	_cleanup_(cloud_close) struct cloud cloud = {0};
	int err = cloud_open(read_only, &cloud, error);

	return err ? err : overlay_examine(&cloud, result, 1, limits_roles, error);
}

static enum ocf_code check_routes(
	const struct ocf_call *call, struct overlay_result *result, struct error *error)
{
	struct operation read_only = ocf_make_read_operation(call);
	int err = read_routes(&read_only, result, error);

	/* EC2 may still return the routes from before the start: read again before reporting loss. */
	if (!err && result->state != RESULT_FAILED && result->routes != ROUTES_LEAD_HERE) {
		err = overlay_wait_for_fresh_read(call->operation, error);
		result->state = RESULT_UNDECIDED; /* so that overlay_examine() reads again */
		read_only = ocf_make_read_operation(call);
		if (!err)
			err = read_routes(&read_only, result, error);
	}
	return err ? OCF_RUNNING_DEGRADED : get_routes_code(result, error);
}

/* For a monitor, which does not refuse parameters: invalid tables stand for all of the VPC. */
static void set_route_parameters(const struct ocf_call *call, struct resource *resource)
{
	const char *tables = ocf_get_value(call, "routing_table");
	const char *role = ocf_get_value(call, "routing_table_role");
	struct overlay_subject *subject = &resource->result.subject;
	struct error ignored = {0};

	if (role)
		subject->role_arn = role;
	if (tables && split_tables(tables, resource, &ignored))
		subject->tables = NULL;
	else if (tables && *resource->tables)
		subject->tables = resource->tables;
}

static enum ocf_code monitor(const struct ocf_call *call, struct error *error)
{
	_cleanup_(resource_done) struct resource resource = {0};
	bool has_address, needs_routes = call->is_probe || ocf_get_flag(call, "monapi");
	int err = find_started(call, &resource, error);

	if (err)
		return ocf_code_if_never_started(OCF_NOT_RUNNING, error);
	if (check_placed(call, &resource.result.subject, &has_address, error))
		return OCF_ERR_GENERIC;
	if (!has_address)
		return OCF_NOT_RUNNING;
	if (!needs_routes)
		return OCF_SUCCESS;
	set_route_parameters(call, &resource);
	return check_routes(call, &resource.result, error);
}

static enum ocf_code validate(const struct ocf_call *call, struct error *error)
{
	_cleanup_(resource_done) struct resource resource = {0};
	int err = find_configured(call, &resource, error);

	return err ? ocf_code_from_parameter_error(err) : OCF_SUCCESS;
}

const struct ocf_agent ocf_overlay_ip = {
	.name = "overlay-ip",
	.summary = "Overlay IP address on EC2, routed to the node where the resource runs",
	.description =
		"Places an address from outside the VPC on this node, and points the route to this address in each route table to the ENI of this node: all tables at once, and read back. Stop removes the address from this node, and requires only the kernel.",
	.parameters =
		{
			{"name", "string", NULL, true, false, "Overlay in the policy",
				"Name of an overlay in /etc/myha/policy.yaml, which defines address, route tables, interface and role. Instead of ip and routing_table."},
			{"ip", "string", NULL, true, false, "Overlay IP address",
				"IPv4 or IPv6 address, without a prefix length or with /32 or /128."},
			{"address", "string", NULL, false, false, "Older name of ip",
				"Same as ip."},
			{"routing_table", "string", NULL, false, false, "Route tables",
				"Ids of the route tables, separated by commas: rtb-0a1b2c3d,rtb-0e4f5a6b."},
			{"routing_table_role", "string", NULL, false, false, "Role to assume",
				"ARN of the role that may change the route tables, if these belong to another account."},
			{"interface", "string", NULL, false, false, "Interface for the address",
				"Interface that gets the address: a name such as eth1, lo, or primary for the instance's primary interface. Default: primary."},
			{"iflabel", "string", NULL, false, false, "Label of the address",
				"Suffix of the address label, which is INTERFACE:LABEL."},
			{"monapi", "boolean", "false", false, false,
				"Check the routes at each monitor",
				"Costs one EC2 request for each monitor. If false, a monitor checks only the kernel, and does not notice a route that another program has changed."},
			{"create_route", "boolean", "true", false, false, "Create missing routes",
				"Whether start creates a route in a table that has none."},
			{"region", "string", NULL, false, false, "AWS region",
				"Default: the region of this instance."},
			{"profile", "string", NULL, false, false, "AWS profile",
				"Profile in the AWS configuration files. Default: the role of this instance."},
			{"policy", "string", NULL, false, false, "Policy file",
				"Default: /etc/myha/policy.yaml."},
			{"lookup_type", "string", NULL, false, true, "Without effect",
				"Routes are always compared by their target ENI."},
			{"auth_type", "string", NULL, false, true, "Without effect",
				"Credentials are found in the same way as by the AWS tools."},
			{"awscli", "string", NULL, false, true, "Without effect",
				"The AWS CLI is not used."},
			{"awscli_timeout", "string", NULL, false, true, "Without effect",
				"EC2 requests are retried until the timeout of the action."},
			{"curl_retries", "string", NULL, false, true, "Without effect",
				"Metadata requests are retried until the timeout of the action."},
			{"curl_sleep", "string", NULL, false, true, "Without effect",
				"Metadata requests are retried until the timeout of the action."},
		},
	.start_timeout = 60,
	.stop_timeout = 20,
	.monitor_timeout = 30,
	.monitor_interval = 10,
	.start = start,
	.stop = stop,
	.monitor = monitor,
	.validate = validate,
};
