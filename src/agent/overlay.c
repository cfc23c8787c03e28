/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocf:myha:overlay-ip. It takes the parameters of ocf:heartbeat:aws-vpc-move-ip, so that a
 * configuration of that agent's goes on with this one.
 */
#include "agent/agents.h"
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

/* The subject of a call, and what it borrows. */
struct meant {
	struct overlay_result result;
	char *list; /* of routing_table, cut into ids */
	const char **tables;
};

static void meant_done(struct meant *meant)
{
	overlay_result_done(&meant->result);
	free(meant->list);
	free(meant->tables);
}

/* "rtb-1,rtb-2": an empty list is none. */
static int split_tables(const char *text, struct meant *meant, struct error *error)
{
	size_t count = 0;
	char *rest, *table;

	meant->list = strdup(text);
	meant->tables = calloc(strlen(text) + 2, sizeof(*meant->tables));
	if (!meant->list || !meant->tables)
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	for (table = strtok_r(meant->list, ", ", &rest); table;
		table = strtok_r(NULL, ", ", &rest)) {
		if (parse_ec2_id(table, "rtb"))
			return error_set(error, OUTCOME_USAGE, EINVAL,
				"routing_table: \"%s\" is not a route table's id (rtb-…)", table);
		meant->tables[count++] = table;
	}
	return 0;
}

static int set_label(const char *label, struct overlay_subject *subject, struct error *error)
{
	if (strlen(label) >= sizeof(subject->label))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"iflabel: \"%s\" is too long: with the interface's name and a colon a "
			"label has at most 15 characters",
			label);
	snprintf(subject->label, sizeof(subject->label), "%s", label);
	return 0;
}

/* The overlay, by what it is called. Without tables: they are not needed. */
static int find_subject(const struct ocf_call *call, const char *const *tables,
	struct overlay_subject *ret_subject, struct error *error)
{
	const struct overlay_override override = {
		.interface = ocf_value(call, "interface"),
		.tables = tables,
		.without_tables = true,
	};
	const char *name = ocf_value(call, "name"), *ip = ocf_value(call, "ip");

	if (!ip)
		ip = ocf_value(call, "address");
	if (!name && !ip)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"neither name (an overlay of the policy) nor ip is given");
	return overlay_find_subject(
		call->operation->policy, name ? name : ip, &override, ret_subject, error);
}

/* -ENOENT, without words: nothing is recorded, also where the name cannot be a record's. */
static int recall_address(
	const struct ocf_call *call, struct ip_address *ret_address, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	const char *name = ocf_value(call, "name");
	struct error failure = {0};
	int err = name ? resource_record_load(call->operation, name, RECORD_KIND, &text, &failure)
		       : -ENOENT;

	if (failure.outcome == OUTCOME_USAGE || (!err && !text.length))
		return -ENOENT;
	if (!err && ip_address_parse(strbuf_text(&text), ret_address))
		err = error_set(&failure, OUTCOME_FAILED, EIO,
			"%s: what was remembered of it, \"%s\", is no address", name,
			strbuf_text(&text));
	if (err && err != -ENOENT)
		*error = failure;
	return err;
}

/* Of an overlay that the policy does not have any more. */
static void make_subject(const char *name, struct overlay_subject *ret_subject)
{
	*ret_subject = (struct overlay_subject){.interface = "primary"};
	snprintf(ret_subject->name, sizeof(ret_subject->name), "%s", name);
}

/*
 * For stop and monitor. The record of the start beats the policy of today, which may have changed since.
 * -ENOENT, -EINVAL: with these parameters nothing can have been started.
 */
static int find_running(const struct ocf_call *call, struct meant *meant, struct error *error)
{
	struct overlay_subject subject;
	struct ip_address recorded;
	struct error failure = {0};
	int unknown = find_subject(call, NULL, &subject, error);
	int err = recall_address(call, &recorded, &failure);

	if (err == -ENOENT) {
		if (!unknown)
			overlay_result_init(&meant->result, &subject);
		return unknown;
	}
	*error = failure;
	if (err)
		return err;
	if (unknown)
		make_subject(ocf_value(call, "name"), &subject);
	subject.address = recorded;
	overlay_result_init(&meant->result, &subject);
	return 0;
}

/* All of the parameters, for what needs all. */
static int find_wanted(const struct ocf_call *call, struct meant *meant, struct error *error)
{
	const char *tables = ocf_value(call, "routing_table"), *label = ocf_value(call, "iflabel");
	struct overlay_subject subject;
	int err = tables ? split_tables(tables, meant, error) : 0;

	if (!err)
		err = find_subject(call, meant->tables, &subject, error);
	if (!err && !subject.policy && !subject.tables)
		err = error_set(error, OUTCOME_USAGE, ENOENT,
			"%s: routing_table is not given, and the policy has no such overlay",
			subject.name);
	if (!err && ocf_value(call, "routing_table_role"))
		subject.role_arn = ocf_value(call, "routing_table_role");
	if (!err && label)
		err = set_label(label, &subject, error);
	if (!err)
		overlay_result_init(&meant->result, &subject);
	return err;
}

/* What a start without a stop has left under another address, as the policy was before. */
static int release_recorded(
	const struct ocf_call *call, const struct overlay_subject *subject, struct error *error)
{
	_cleanup_(meant_done) struct meant meant = {0};
	struct overlay_subject before = *subject;
	int err = recall_address(call, &before.address, error);

	if (err)
		return err == -ENOENT ? 0 : err;
	if (ip_address_compare(&before.address, &subject->address) == 0)
		return 0;
	overlay_result_init(&meant.result, &before);
	err = overlay_release(call->operation, false, &meant.result);
	/* One of this host's own was recorded by a start that was then refused. */
	if (!err || meant.result.error.outcome == OUTCOME_USAGE)
		return 0;
	*error = meant.result.error;
	return err;
}

/* Before anything is done, so that whatever is done can be undone. */
static int remember(
	const struct ocf_call *call, const struct overlay_subject *subject, struct error *error)
{
	const char *name = ocf_value(call, "name");
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
		.may_create = ocf_flag(call, "create_route"),
		.may_replace = true,
	};
	_cleanup_(meant_done) struct meant meant = {0};
	int err = find_wanted(call, &meant, error);

	if (err)
		return ocf_code_of_parameters(err);
	if (remember(call, &meant.result.subject, error))
		return OCF_ERR_GENERIC;
	err = overlay_move(call->operation, &options, &meant.result);
	*error = meant.result.error;
	return err ? ocf_code_of(error->outcome) : OCF_SUCCESS;
}

static enum ocf_code stop(const struct ocf_call *call, struct error *error)
{
	_cleanup_(meant_done) struct meant meant = {0};
	const char *name = ocf_value(call, "name");
	enum ocf_code code = OCF_SUCCESS;

	if (find_running(call, &meant, error))
		return ocf_code_of_stop(error);
	if (overlay_release(call->operation, false, &meant.result)) {
		*error = meant.result.error;
		code = ocf_code_of_stop(error);
	}
	if (code == OCF_SUCCESS && name &&
		resource_record_remove(call->operation, name, RECORD_KIND, error))
		return OCF_ERR_GENERIC;
	return code;
}

/* -ENETDOWN: it is, by a link that no client can reach. */
static int is_placed(const struct ocf_call *call, const struct overlay_subject *subject,
	bool *ret_is_placed, struct error *error)
{
	struct overlay_host host = {0};
	struct operation brief = *call->operation;
	char name[IFNAMSIZ] = "";
	int err;

	brief.dry_run = true; /* nobody is to wait for us */
	err = overlay_host_open(&brief, subject, &host, error);
	if (!err)
		err = overlay_host_where(&host, subject, name, error);
	if (!err && *name)
		err = overlay_host_check_named_link(&host, name, error);
	overlay_host_close(&host);
	*ret_is_placed = *name != '\0';
	return err;
}

/* By the routes, of an address that this host carries. */
static enum ocf_code judge(const struct overlay_result *result, struct error *error)
{
	switch (result->reach) {
	case OVERLAY_HERE:
		return OCF_SUCCESS;
	case OVERLAY_ELSEWHERE:
	case OVERLAY_NOWHERE:
		error_set(error, OUTCOME_DIFFERS, EAGAIN,
			"%s: this host carries the address, but it is routed %s",
			result->subject.name, overlay_reach_name(result->reach));
		return OCF_NOT_RUNNING;
	case OVERLAY_MIXED:
		error_set(error, OUTCOME_DIFFERS, EAGAIN,
			"%s: some of its route tables lead here and some elsewhere",
			result->subject.name);
		return OCF_ERR_GENERIC;
	case OVERLAY_UNKNOWN:
		break;
	}
	/* Also for a probe: what runs must not be stopped because EC2 does not answer, which a start needs. */
	*error = result->error;
	return OCF_RUNNING_DEGRADED;
}

/* EC2 may still show what was before this host's own start, which must not fail for it. */
static bool may_be_old(const struct overlay_result *result)
{
	return result->state != RESULT_FAILED && result->reach != OVERLAY_HERE;
}

/* One read, which may take the share of the time that leaves some for another. */
static int read_routes(struct operation *brief, struct overlay_result *result, struct error *error)
{
	_cleanup_(cloud_close) struct cloud cloud = {0};
	int err = cloud_open(brief, &cloud, error);

	return err ? err : overlay_examine(&cloud, result, 1, error);
}

static enum ocf_code ask_routes(
	const struct ocf_call *call, struct overlay_result *result, struct error *error)
{
	struct operation brief = ocf_brief_operation(call);
	int err = read_routes(&brief, result, error);

	if (!err && may_be_old(result)) {
		err = overlay_examine_wait(call->operation, error);
		result->state = RESULT_OPEN;
		brief = ocf_brief_operation(call);
		if (!err)
			err = read_routes(&brief, result, error);
	}
	return err ? OCF_RUNNING_DEGRADED : judge(result, error);
}

/* Those of the parameters; with such as are wrong all tables of the VPC are looked through. */
static void use_tables(const struct ocf_call *call, struct meant *meant)
{
	const char *tables = ocf_value(call, "routing_table");
	const char *role = ocf_value(call, "routing_table_role");
	struct overlay_subject *subject = &meant->result.subject;
	struct error ignored = {0};

	if (role)
		subject->role_arn = role;
	if (tables && split_tables(tables, meant, &ignored))
		subject->tables = NULL;
	else if (tables && *meant->tables)
		subject->tables = meant->tables;
}

static enum ocf_code monitor(const struct ocf_call *call, struct error *error)
{
	_cleanup_(meant_done) struct meant meant = {0};
	bool has_address, asks = call->is_probe || ocf_flag(call, "monapi");
	int err = find_running(call, &meant, error);

	if (err)
		return ocf_code_of_monitor(error);
	if (is_placed(call, &meant.result.subject, &has_address, error))
		return OCF_ERR_GENERIC;
	if (!has_address)
		return OCF_NOT_RUNNING;
	if (!asks)
		return OCF_SUCCESS;
	use_tables(call, &meant);
	return ask_routes(call, &meant.result, error);
}

static enum ocf_code validate(const struct ocf_call *call, struct error *error)
{
	_cleanup_(meant_done) struct meant meant = {0};
	int err = find_wanted(call, &meant, error);

	return err ? ocf_code_of_parameters(err) : OCF_SUCCESS;
}

const struct ocf_agent ocf_overlay_ip = {
	.name = "overlay-ip",
	.summary = "Overlay IP address on EC2, routed to the node where it runs",
	.description =
		"Carries an address from outside of the VPC on this node, and points its route in "
		"each route table to this node's ENI: all tables at once, read back. Stopping "
		"takes "
		"the address off this node and needs nothing but the kernel.",
	.parameters =
		{
			{"name", "string", NULL, true, false, "Overlay of the policy",
				"The overlay's name in /etc/myha/policy.yaml, which then says "
				"address, "
				"route tables, interface and role. Instead of ip and "
				"routing_table."},
			{"ip", "string", NULL, true, false, "Overlay IP address",
				"The address, IPv4 or IPv6, without a length or with /32 or /128."},
			{"address", "string", NULL, false, false, "Older name of ip",
				"The same as ip."},
			{"routing_table", "string", NULL, false, false, "Route tables",
				"Ids of the route tables, separated by commas: "
				"rtb-0a1b2c3d,rtb-0e4f5a6b."},
			{"routing_table_role", "string", NULL, false, false, "Role to assume",
				"ARN of the role that may change the route tables, where they "
				"belong to "
				"another account."},
			{"interface", "string", NULL, false, false, "Interface that carries it",
				"An interface's name, or lo, or primary (which is what it is if "
				"not given)."},
			{"iflabel", "string", NULL, false, false, "Label of the address",
				"Is appended to the interface's name and a colon."},
			{"monapi", "boolean", "false", false, false,
				"Look at the routes at each monitor",
				"Else a monitor looks at the kernel alone, and a route that "
				"somebody else "
				"changed goes unnoticed. One request of EC2 for each monitor."},
			{"create_route", "boolean", "true", false, false, "Make missing routes",
				"Whether starting makes a route where a table has none."},
			{"region", "string", NULL, false, false, "AWS region",
				"Instead of the instance's own."},
			{"profile", "string", NULL, false, false,
				"Profile of the AWS configuration",
				"Instead of the instance's role."},
			{"policy", "string", NULL, false, false, "Policy file",
				"Instead of /etc/myha/policy.yaml."},
			{"lookup_type", "string", NULL, false, true, "Without effect",
				"Routes are always compared by the ENI that they target."},
			{"auth_type", "string", NULL, false, true, "Without effect",
				"Credentials are searched for as the AWS tools do."},
			{"awscli", "string", NULL, false, true, "Without effect",
				"The AWS CLI is not used."},
			{"awscli_timeout", "string", NULL, false, true, "Without effect",
				"Requests of EC2 are repeated until the action's timeout."},
			{"curl_retries", "string", NULL, false, true, "Without effect",
				"The metadata service is asked again until the action's timeout."},
			{"curl_sleep", "string", NULL, false, true, "Without effect",
				"The metadata service is asked again until the action's timeout."},
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
