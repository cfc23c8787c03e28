/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the overlays: their routes, whether the host to which the routes lead has the address, and
 * whether EC2's source/destination check drops the packets to it.
 */
#include "doctor/parts.h"
#include "overlay/examine.h"
#include "overlay/host.h"
#include "overlay/source_check.h"

#include <string.h>

#define READ_MSEC 10000

static void add_finding(struct doctor *doctor, enum finding_severity severity, const char *id,
	const struct overlay_result *result, const char *what)
{
	doctor_add_finding(
		doctor, AREA_OVERLAYS, severity, id, "%s: %s", result->subject.name, what);
}

static bool is_managed_by_cluster(const struct overlay_result *result)
{
	return result->subject.policy->managed_by == POLICY_MANAGER_CLUSTER;
}

/*
 * Adds "myha overlay COMMAND" or, if a cluster manages the overlay, the cluster's command for the
 * same purpose: after a move by another tool the cluster would treat its resource as failed.
 * crm_resource is available with crmsh and with pcs. Only the cluster knows the resource's name.
 */
static void remedy_overlay_command(
	struct doctor *doctor, const char *command, const struct overlay_result *result)
{
	if (!is_managed_by_cluster(result)) {
		doctor_add_remedy(doctor, "myha overlay %s -- %s", command, result->subject.name);
	} else if (strcmp(command, "create") == 0) {
		/* The agent may be set to create no routes; "create" moves no existing routes. */
		doctor_add_remedy(doctor, "# on the node that runs the resource, or is to run it:");
		doctor_add_remedy(doctor, "myha overlay create -- %s", result->subject.name);
	} else if (strcmp(command, "release") == 0) {
		doctor_add_remedy(doctor,
			"# make the cluster detect where the resource runs: crm_resource --resource RESOURCE --refresh");
	} else { /* "move" */
		doctor_add_remedy(doctor,
			"# restart the resource in the cluster: crm_resource --resource RESOURCE --restart");
		doctor_add_remedy(doctor,
			"# or move the resource to another node: crm_resource --resource RESOURCE --move --node NODE");
	}
}

/* myha's command must run on the node that is to get the overlay; a cluster's runs on any node. */
static void remedy_on_new_holder(
	struct doctor *doctor, const char *command, const struct overlay_result *result)
{
	if (!is_managed_by_cluster(result))
		doctor_add_remedy(doctor, "# on the node that is to hold the overlay:");
	remedy_overlay_command(doctor, command, result);
}

/* Reports an overlay whose examination failed. If EC2 and IMDS respond, the policy is wrong. */
static void report_failed(struct doctor *doctor, const struct overlay_result *result)
{
	const struct error *error = &result->error;

	if (error->outcome == OUTCOME_DENIED || error->outcome == OUTCOME_TIMEOUT ||
		!doctor->has_metadata) {
		doctor_add_finding(doctor, AREA_OVERLAYS, FINDING_UNKNOWN, "not-looked-at",
			"not checked: %s", error->text);
		return;
	}
	doctor_add_finding(
		doctor, AREA_OVERLAYS, FINDING_ERROR, "overlay-failed", "%s", error->text);
	doctor_add_remedy(doctor, "# correct overlays.%s in %s", result->subject.name,
		doctor->options->policy_path);
}

/* Reports a route that does not lead to an instance, or that myha cannot move. */
static void check_route(struct doctor *doctor, const struct overlay_result *result,
	const struct overlay_table *table)
{
	const struct overlay_route *route = &table->before; /* as it is in EC2 */
	char text[OVERLAY_ROUTE_TEXT_SIZE];

	overlay_route_format(route, text);
	if (route->origin == EC2_ORIGIN_ADVERTISEMENT) {
		doctor_add_finding(doctor, AREA_OVERLAYS, FINDING_ERROR, "route-advertised",
			"%s: %s: route points to %s and is advertised by a Route Server: myha cannot replace it",
			result->subject.name, table->id, text);
		doctor_add_remedy(doctor,
			"# list only the tables without this route in overlays.%s.route-tables of %s, or:",
			result->subject.name, doctor->options->policy_path);
		doctor_add_remedy(doctor,
			"aws ec2 disable-route-server-propagation --route-table-id %s --route-server-id ROUTE_SERVER_ID",
			table->id);
	} else if (route->state == EC2_ROUTE_BLACKHOLE || route->state == EC2_ROUTE_FILTERED) {
		doctor_add_finding(doctor, AREA_OVERLAYS, FINDING_ERROR, "route-blackhole",
			"%s: %s: route points to %s: EC2 drops the traffic", result->subject.name,
			table->id, text);
		remedy_on_new_holder(doctor, "move", result);
	} else if (route->kind != EC2_TARGET_ENI && route->kind != EC2_TARGET_INSTANCE) {
		doctor_add_finding(doctor, AREA_OVERLAYS, FINDING_WARNING, "route-elsewhere",
			"%s: %s: route points to %s, which is not an ENI", result->subject.name,
			table->id, text);
		remedy_on_new_holder(doctor, "move", result);
	}
}

/* Only notes: the policy may leave out a route on purpose, which a failover then does not move. */
static void report_uncovered_tables(struct doctor *doctor, const struct overlay_result *result)
{
	for (size_t i = 0; i < result->n_uncovered; i++)
		doctor_add_finding(doctor, AREA_OVERLAYS, FINDING_NOTE, "route-not-covered",
			"%s: %s: %s", result->subject.name, result->uncovered[i].id,
			result->uncovered[i].error.text);
}

/* Reports each table without a route or, if no table is known at all, the overlay. */
static void report_missing_routes(struct doctor *doctor, const struct overlay_result *result)
{
	/* Without any route there is nothing to move; a cluster's create moves no route. */
	bool can_create = result->routes == ROUTES_ABSENT || is_managed_by_cluster(result);
	size_t missing = 0;

	for (size_t i = 0; i < result->n_tables; i++) {
		if (result->tables[i].before.exists)
			continue;
		missing++;
		doctor_add_finding(doctor, AREA_OVERLAYS, FINDING_ERROR, "route-missing",
			"%s: %s has no route to the overlay", result->subject.name,
			result->tables[i].id);
		remedy_on_new_holder(doctor, can_create ? "create" : "move", result);
	}
	if (missing || result->routes != ROUTES_ABSENT) /* reported above, or a route exists */
		return;
	add_finding(doctor, FINDING_ERROR, "route-missing", result,
		result->n_uncovered
			? "no route table of the VPC has a route to the overlay that points to an ENI or an instance"
			: "no route table of the VPC has a route to the overlay");
	doctor_add_remedy(doctor,
		"# list the route tables in overlays.%s.route-tables of %s, then:",
		result->subject.name, doctor->options->policy_path);
	remedy_on_new_holder(doctor, "create", result);
}

/* Reports that the link which is to hold the address is down or has no carrier. */
static void check_link(struct doctor *doctor, const struct overlay_result *result)
{
	struct error error = {0};

	if (!result->link.index || !overlay_host_check_link(&result->link, &error))
		return;
	add_finding(doctor, FINDING_ERROR, "link-cannot-serve", result, error.text);
	doctor_add_remedy(doctor,
		result->link.up ? "# restore the carrier of %s" : "ip link set %s up",
		result->link.name);
}

/* Checks that this host has the address if, and only if, all routes point to this host. */
static void check_address_follows_routes(struct doctor *doctor, const struct overlay_result *result)
{
	switch (result->routes) {
	case ROUTES_MIXED:
		add_finding(doctor, FINDING_ERROR, "route-differs", result,
			"the routes of some tables point to this host and those of others do not: a move did not finish");
		remedy_on_new_holder(doctor, "move", result);
		break;
	case ROUTES_LEAD_HERE:
		check_link(doctor, result);
		if (result->holder[0])
			break;
		/* This is the state after a cluster has stopped its resource. */
		add_finding(doctor, is_managed_by_cluster(result) ? FINDING_NOTE : FINDING_ERROR,
			"overlay-not-here", result,
			"the routes point to this host, but no interface of this host has the address");
		remedy_overlay_command(doctor, "move", result);
		break;
	case ROUTES_LEAD_ELSEWHERE: /* "at-boot: always" may put it on each node */
		if (!result->holder[0] ||
			policy_get_boot_action(result->subject.policy) == POLICY_AT_BOOT_ALWAYS)
			break;
		doctor_add_finding(doctor, AREA_OVERLAYS, FINDING_ERROR, "overlay-twice",
			"%s: this host has the address on %s, but the routes do not point to this host: two nodes may have the address",
			result->subject.name, result->holder);
		remedy_overlay_command(doctor, "release", result);
		break;
	case ROUTES_ABSENT:
	case ROUTES_UNKNOWN:
		break;
	}
}

/* Reports routes that point to different nodes, none of which is this host. */
static void check_same_target(struct doctor *doctor, const struct overlay_result *result)
{
	const struct overlay_route *first = overlay_result_first_route(result);

	if (result->routes != ROUTES_LEAD_ELSEWHERE) /* else a route exists: `first` is not NULL */
		return;
	for (size_t i = 0; i < result->n_tables; i++) {
		const struct overlay_route *route = &result->tables[i].before;
		if (route->exists && strcmp(first->target, route->target) != 0) {
			doctor_add_finding(doctor, AREA_OVERLAYS, FINDING_ERROR, "route-differs",
				"%s: the routes point to different targets, %s and %s: a move did not finish",
				result->subject.name, first->target, route->target);
			remedy_on_new_holder(doctor, "move", result);
			return;
		}
	}
}

/* Lists the tables that have a route: "rtb-1 (main), rtb-2 (2 subnets)". */
static void list_tables(const struct overlay_result *result, struct strbuf *out)
{
	for (size_t i = 0; i < result->n_tables; i++) {
		const struct overlay_table *table = &result->tables[i];

		if (!table->before.exists)
			continue;
		strbuf_printf(out, "%s%s", out->length ? ", " : "", table->id);
		if (table->is_main)
			strbuf_add_string(out, " (main)");
		else if (table->n_subnets)
			strbuf_printf(out, " (%zu subnet%s)", table->n_subnets,
				table->n_subnets == 1 ? "" : "s");
	}
}

static void add_passed_routes(struct doctor *doctor, const struct overlay_result *result)
{
	const struct overlay_route *first = overlay_result_first_route(result);
	_cleanup_(strbuf_done) struct strbuf tables = {0};
	char text[OVERLAY_ROUTE_TEXT_SIZE];

	if (!first || result->routes == ROUTES_MIXED)
		return;
	list_tables(result, &tables);
	doctor->diagnosis->out_of_memory |= tables.failed;
	doctor_add_passed(doctor, AREA_OVERLAYS, "%s is routed to %s%s, in %s",
		result->subject.name, result->routes == ROUTES_LEAD_HERE ? "this host, " : "",
		overlay_route_format(first, text), strbuf_text(&tables));
}

static void check_overlay(struct doctor *doctor, const struct overlay_result *result)
{
	if (result->state == RESULT_FAILED) {
		report_failed(doctor, result);
		return;
	}
	for (size_t i = 0; i < result->n_tables; i++) {
		const struct overlay_table *table = &result->tables[i];

		/* Such a table costs time in each failover, and is probably not the intended one. */
		if (!table->is_main && !table->n_subnets)
			doctor_add_finding(doctor, AREA_OVERLAYS, FINDING_NOTE, "table-unused",
				"%s: no subnet uses route table %s", result->subject.name,
				table->id);
		if (table->before.exists)
			check_route(doctor, result, table);
	}
	report_uncovered_tables(doctor, result);
	report_missing_routes(doctor, result);
	check_address_follows_routes(doctor, result);
	check_same_target(doctor, result);
	add_passed_routes(doctor, result);
}

static void report_source_check_on(struct doctor *doctor, const struct overlay_result *result)
{
	bool is_ignored = doctor->operation.policy->source_dest_check == POLICY_CHECK_IGNORE;
	/* If boot does not manage the overlay, it does not change the check either. */
	bool is_fixed_by_boot = doctor->operation.policy->source_dest_check == POLICY_CHECK_FIX &&
				policy_get_boot_action(result->subject.policy) !=
					POLICY_AT_BOOT_NEVER;

	doctor_add_finding(doctor, AREA_OVERLAYS, is_ignored ? FINDING_NOTE : FINDING_ERROR,
		"source-dest-check",
		"%s: the source/destination check of %s is on: EC2 drops the traffic to the overlay",
		result->subject.name, result->eni);
	if (is_fixed_by_boot)
		doctor_add_remedy(doctor, "myha boot");
	else
		doctor_add_remedy(doctor,
			"aws ec2 modify-network-interface-attribute --network-interface-id %s --no-source-dest-check",
			result->eni);
}

/* Returns true if an overlay before this one uses the same ENI. */
static bool is_eni_checked(const struct doctor *doctor, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(doctor->overlays[i].eni, doctor->overlays[index].eni) == 0)
			return true;
	return false;
}

/* Checks the ENI of the overlay, but only once if several overlays use it. */
static void check_source(struct doctor *doctor, size_t index)
{
	struct overlay_result *result = &doctor->overlays[index];

	if (!result->eni[0] || is_eni_checked(doctor, index))
		return;
	overlay_source_check_read(&doctor->cloud, result);
	switch (result->check) {
	case SOURCE_CHECK_ON:
		report_source_check_on(doctor, result);
		break;
	case SOURCE_CHECK_PENDING:
	case SOURCE_CHECK_FAILED:
		doctor_add_finding(doctor, AREA_OVERLAYS, FINDING_UNKNOWN, "source-dest-check",
			"%s: not checked: %s", result->subject.name, result->check_error.text);
		break;
	case SOURCE_CHECK_OFF:
	case SOURCE_CHECK_FIXED: /* not after a read */
		doctor_add_passed(doctor, AREA_OVERLAYS,
			"the source/destination check of %s is off", result->eni);
		break;
	}
}

void doctor_overlays(struct doctor *doctor)
{
	const struct policy *policy = doctor->operation.policy;
	struct error error = {0};

	if (!policy->n_overlays)
		return;
	if (!doctor->has_ec2) {
		doctor_skip(doctor, AREA_OVERLAYS, "EC2 could not be queried");
		return;
	}
	doctor_set_deadline(doctor, READ_MSEC);
	if (overlay_results_create(
		    policy, NULL /* all interfaces */, &doctor->overlays, &doctor->n_overlays) ||
		overlay_examine(&doctor->cloud, doctor->overlays, doctor->n_overlays,
			false /* limits_roles */, &error)) {
		doctor->diagnosis->out_of_memory = true; /* the only error of both */
		return;
	}
	for (size_t i = 0; i < doctor->n_overlays; i++)
		check_overlay(doctor, &doctor->overlays[i]);
	for (size_t i = 0; i < doctor->n_overlays; i++)
		check_source(doctor, i);
}
