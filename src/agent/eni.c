/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Implements ocf:myha:eni: a service ENI with its link, addresses, table and rule is one resource.
 *
 * A stop leaves the ENI attached; the node that starts the resource next moves it. A stop removes
 * from the kernel what makes this host reply for the service. That requires only the kernel and the
 * records in /run/myha.
 */
#include "agent/eni_health.h"
#include "agent/eni_link.h"
#include "agent/ocf.h"
#include "base/log.h"
#include "eni/link_record.h"
#include "eni/move.h"
#include "interface/detach.h"
#include "overlay/host.h"
#include "policy/policy_address.h"

#include <errno.h>
#include <string.h>

/* Parses the parameter that names the ENI: its id or an address. Refuses both, and neither. */
static int parse_name(const struct ocf_call *call, struct eni_name *ret_name, struct error *error)
{
	const char *eni = ocf_get_value(call, "eni"), *ip = ocf_get_value(call, "ip"), *problem;
	int err;

	if (!eni == !ip) /* both are given, or neither */
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"set exactly one of the parameters eni and ip");
	err = eni_name_parse(eni ? eni : ip, ret_name, error);
	if (err || ret_name->id)
		return err;
	problem = policy_find_overlay_problem(&ret_name->address);
	if (problem)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s is %s and cannot be the address of an ENI", ret_name->text, problem);
	return 0;
}

static int parse_options(
	const struct ocf_call *call, struct eni_move_options *ret_options, struct error *error)
{
	const char *force_after = ocf_get_value(call, "force_after");
	struct eni_move_options options = {.force = ocf_get_flag(call, "force")};
	int err = parse_name(call, &options.name, error);

	if (!err && force_after && parse_seconds(force_after, &options.force_after))
		err = error_set(error, OUTCOME_USAGE, EINVAL,
			"force_after: \"%s\" is not a number of seconds", force_after);
	options.resource = options.name.text;
	if (!err)
		*ret_options = options;
	return err;
}

/* Parses the parameters, and refuses an address of this host that is not on a service ENI. */
static enum ocf_code check_parameters(
	const struct ocf_call *call, struct eni_move_options *ret_options, struct error *error)
{
	const struct operation read_only = ocf_make_read_operation(call);
	int err = parse_options(call, ret_options, error);

	if (err)
		return ocf_code_from_parameter_error(err);
	return eni_link_check(&read_only, &ret_options->name, error)
		       ? ocf_code_from_outcome(error->outcome)
		       : OCF_SUCCESS;
}

static void log_notes(const struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->results[i].note[0])
			log_line(LOG_INFO, report->results[i].interface, "%s",
				report->results[i].note);
}

static enum ocf_code start(const struct ocf_call *call, struct error *error)
{
	_cleanup_(eni_result_done) struct eni_result result = {0};
	_cleanup_(report_done) struct report report = {0};
	struct eni_move_options options;
	enum ocf_code code = check_parameters(call, &options, error);

	if (code != OCF_SUCCESS)
		return code;
	if (!eni_move(call->operation, &options, &result, &report)) {
		log_notes(&report);
		return OCF_SUCCESS;
	}
	*error = result.error;
	return ocf_code_from_outcome(error->outcome);
}

/* Removes the configuration of links that are gone: udev may have missed the ENI's detachment. */
static int detach_gone_links(const struct ocf_call *call, struct error *error)
{
	_cleanup_(report_done) struct report report = {0};
	int err = detach_gone(call->operation, &report, error);

	for (size_t i = 0; !err && i < report.count; i++)
		if (report.results[i].state == RESULT_FAILED) {
			*error = report.results[i].error;
			err = -EIO;
		}
	return err;
}

static int detach_link(const struct ocf_call *call, const char *interface, struct error *error)
{
	_cleanup_(report_done) struct report report = {0};

	if (report_add(&report, interface))
		return error_oom(error);
	if (detach(call->operation, DETACH_ALWAYS, &report.results[0])) {
		*error = report.results[0].error;
		return -EIO;
	}
	return 0;
}

/* Removes the address even if other software added it to a link: detach_link() would keep it. */
static int remove_address(
	const struct ocf_call *call, const struct eni_name *name, struct error *error)
{
	struct overlay_subject subject = {.address = name->address, .is_secondary = true};
	struct overlay_result result;
	struct overlay_host host = {0};
	int err;

	strncpy(subject.name, name->text, sizeof(subject.name) - 1); /* the last byte stays 0 */
	overlay_result_init(&result, &subject);
	err = overlay_host_open_release(call->operation, &subject, &host, error);
	if (!err)
		err = overlay_host_remove(&host, &result, error);
	overlay_host_close(&host);
	overlay_result_done(&result);
	return err;
}

static enum ocf_code stop(const struct ocf_call *call, struct error *error)
{
	const struct operation read_only = ocf_make_read_operation(call);
	char interface[IFNAMSIZ] = ""; /* "": the ENI is not here, or was never configured here */
	struct eni_name name;
	int err = parse_name(call, &name, error);

	if (err)
		return ocf_code_if_never_started(OCF_SUCCESS, error);
	err = eni_link_find(&read_only, &name, interface, error);
	if (!err)
		err = *interface ? detach_link(call, interface, error)
				 : detach_gone_links(call, error);
	if (!err && *interface && !name.id)
		err = remove_address(call, &name, error);
	/* Last, since a stop that is repeated after a failure finds the link by this record. */
	if (!err)
		err = link_record_remove(call->operation, name.text, error);
	return err ? OCF_ERR_GENERIC : OCF_SUCCESS;
}

/*
 * Repairs a difference from the policy that does not affect the service, so that Pacemaker need not
 * restart the resource. Reports DEGRADED to show the repair; the next monitor reports success.
 */
static enum ocf_code repair(const struct ocf_call *call, const struct eni_name *name,
	const char *interface, struct error *error)
{
	struct operation operation = ocf_make_read_operation(call);

	operation.dry_run = false; /* keeps only the short deadline */
	if (!eni_health_repair(&operation, name, interface, error))
		error_set(error, OUTCOME_DIFFERS, EAGAIN,
			"%s differed from the policy: repaired, the service was not affected",
			interface);
	return OCF_RUNNING_DEGRADED;
}

static enum ocf_code check_link(const struct ocf_call *call, const struct eni_name *name,
	const char *interface, struct error *error)
{
	const struct operation read_only = ocf_make_read_operation(call);

	switch (eni_health_check(&read_only, name, interface, error)) {
	case ENI_HEALTH_GOOD:
		return OCF_SUCCESS;
	case ENI_HEALTH_FAILED:
		return OCF_ERR_GENERIC;
	case ENI_HEALTH_UNKNOWN:
		return OCF_RUNNING_DEGRADED;
	case ENI_HEALTH_DIFFERS:
		break;
	}
	/* The service works. A probe must not change anything, so it does not repair. */
	return call->is_probe ? OCF_SUCCESS : repair(call, name, interface, error);
}

static enum ocf_code monitor(const struct ocf_call *call, struct error *error)
{
	const struct operation read_only = ocf_make_read_operation(call);
	char interface[IFNAMSIZ] = "";
	struct eni_name name;
	int err = parse_name(call, &name, error);

	if (err)
		return ocf_code_if_never_started(OCF_NOT_RUNNING, error);
	if (eni_link_find(&read_only, &name, interface, error))
		return OCF_ERR_GENERIC;
	return *interface ? check_link(call, &name, interface, error) : OCF_NOT_RUNNING;
}

static enum ocf_code validate(const struct ocf_call *call, struct error *error)
{
	struct eni_move_options options;

	return check_parameters(call, &options, error);
}

const struct ocf_agent ocf_eni = {
	.name = "eni",
	.summary = "Service ENI on EC2, attached to the node where the resource runs",
	.description =
		"Moves an ENI to this node (detaches it from the other node, attaches it here), and configures its interface, addresses, routing table and rule as the policy defines. Stop removes this configuration and leaves the ENI attached: the node that starts the resource next detaches the ENI from this node.",
	.parameters =
		{
			{"eni", "string", NULL, true, false, "ENI",
				"Id of the ENI (eni-...). Instead of ip."},
			{"ip", "string", NULL, true, false, "Address of the ENI",
				"An address by which the ENI is found. Instead of eni."},
			{"force", "boolean", "false", false, false, "Detach by force",
				"Does not wait until the other node has released the ENI. Only for clusters with fencing."},
			{"force_after", "integer", NULL, false, false,
				"Detach by force after a timeout",
				"Seconds until an ENI that the other node does not release is detached by force. Default: it is never detached by force."},
			{"region", "string", NULL, false, false, "AWS region",
				"Default: the region of this instance."},
			{"profile", "string", NULL, false, false, "AWS profile",
				"Profile in the AWS configuration files. Default: the role of this instance."},
			{"policy", "string", NULL, false, false, "Policy file",
				"Default: /etc/myha/policy.yaml."},
		},
	.start_timeout = 180,
	.stop_timeout = 20,
	.monitor_timeout = 30,
	.monitor_interval = 10,
	.start = start,
	.stop = stop,
	.monitor = monitor,
	.validate = validate,
};
