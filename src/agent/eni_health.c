/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/eni_health.h"

#include "base/shell.h"
#include "core/record.h"
#include "interface/reconcile.h"
#include "kernel/snapshot.h"
#include "model/service.h"

#include <errno.h>

/*
 * Returns the address that clients use: the one that names the ENI or, if an id names the ENI, its
 * primary address or the first address that myha added. If the interface's record cannot be read,
 * ret_record is empty, and the checks that need the record are skipped.
 */
static struct ip_address load_service_address(const struct operation *operation,
	const struct eni_name *name, const char *interface, struct record *ret_record)
{
	record_load(operation->run_directory, interface, ret_record, NULL);
	if (!name->id)
		return name->address;
	if (ip_address_is_set(&ret_record->primary) || !ret_record->n_addresses)
		return ret_record->primary;
	return ret_record->addresses[0].address;
}

/* Finds what the address lacks. If the record is empty, no rule and no route is required. */
static int find_missing(const struct operation *read_only, const struct record *record,
	const struct ip_address *address, enum service_missing *ret_missing, struct error *error)
{
	_cleanup_(netstate_done) struct netstate observed = {0};
	const struct policy_interface *entry =
		record->entry ? policy_find_interface(read_only->policy, record->entry) : NULL;
	struct service service = {
		.address = *address,
		.tables = record->tables,
		.n_tables = record->n_tables,
	};
	const struct net_link *link;
	int err = snapshot_read(
		record->tables, record->n_tables, &read_only->deadline, &observed, error);

	if (err)
		return err;
	if (entry && !service_requires_rule(entry, address))
		service.n_tables = 0; /* checks neither rule nor route */
	link = netstate_link_by_name(&observed, record->interface);
	service.link = link ? link->index : 0; /* 0: the result is SERVICE_MISSING_LINK */
	*ret_missing = service_find_missing(&service, &observed);
	return 0;
}

static enum eni_health check_service(const struct operation *read_only, const struct record *record,
	const struct ip_address *address, struct error *error)
{
	enum service_missing missing = SERVICE_MISSING_NOTHING;
	char text[IP_ADDRESS_TEXT_SIZE], quoted[SHELL_WORD_SIZE];

	if (!ip_address_is_set(address)) /* not known: see load_service_address() */
		return ENI_HEALTH_GOOD;
	if (find_missing(read_only, record, address, &missing, error))
		return ENI_HEALTH_UNKNOWN;
	if (missing == SERVICE_MISSING_NOTHING)
		return ENI_HEALTH_GOOD;
	ip_address_format(address, text);
	if (missing == SERVICE_MISSING_LINK)
		error_set(error, OUTCOME_DIFFERS, EAGAIN, "%s on %s: %s: see \"ip link\"", text,
			record->interface, service_missing_text(missing));
	else
		error_set(error, OUTCOME_DIFFERS, EAGAIN, "%s on %s: %s: run \"myha attach %s\"",
			text, record->interface, service_missing_text(missing),
			shell_quote(record->interface, quoted));
	return ENI_HEALTH_FAILED;
}

/*
 * Reconciles the interface without waiting for data of the address family that the service does not
 * use. In a dry run, the report shows the differences.
 */
static int reconcile_service_family(const struct operation *operation, const char *interface,
	const struct ip_address *address, struct report *report, struct error *error)
{
	struct operation for_family = *operation;

	for_family.family = address->family;
	if (report_add(report, interface))
		return error_oom(error);
	reconcile(&for_family, report); /* a failure is in the report's result */
	return 0;
}

/*
 * Whether the differences may be repaired. Not if that would remove the service address, because
 * EC2's metadata do not list it: the metadata may be stale, so the administrator decides.
 */
static enum eni_health classify_plan(
	const struct result *result, const struct ip_address *address, struct error *error)
{
	char text[IP_ADDRESS_TEXT_SIZE], quoted[SHELL_WORD_SIZE];

	if (plan_deletes_address(address, &result->plan)) {
		error_set(error, OUTCOME_DIFFERS, EAGAIN,
			"EC2's metadata do not list %s for %s: assign the address to the ENI again, or stop the resource",
			ip_address_format(address, text), result->interface);
		return ENI_HEALTH_UNKNOWN;
	}
	error_set(error, OUTCOME_DIFFERS, EAGAIN,
		"%s differs from the policy: \"myha plan %s\" shows the missing changes",
		result->interface, shell_quote(result->interface, quoted));
	return ENI_HEALTH_DIFFERS;
}

static enum eni_health check_policy(const struct operation *read_only, const char *interface,
	const struct ip_address *address, struct error *error)
{
	_cleanup_(report_done) struct report report = {0};

	if (reconcile_service_family(read_only, interface, address, &report, error))
		return ENI_HEALTH_UNKNOWN;
	switch (report.results[0].state) {
	case RESULT_UNCHANGED:
	case RESULT_CHANGED:
	case RESULT_NOT_LISTED: /* the policy requires nothing */
		return ENI_HEALTH_GOOD;
	case RESULT_DIFFERS:
		return classify_plan(&report.results[0], address, error);
	case RESULT_UNDECIDED:
	case RESULT_FAILED:
		break;
	}
	*error = report.results[0].error;
	return ENI_HEALTH_UNKNOWN;
}

enum eni_health eni_health_check(const struct operation *read_only, const struct eni_name *name,
	const char *interface, struct error *error)
{
	_cleanup_(record_done) struct record record;
	struct ip_address address = load_service_address(read_only, name, interface, &record);
	enum eni_health health = check_service(read_only, &record, &address, error);

	return health == ENI_HEALTH_GOOD ? check_policy(read_only, interface, &address, error)
					 : health;
}

int eni_health_repair(const struct operation *operation, const struct eni_name *name,
	const char *interface, struct error *error)
{
	_cleanup_(report_done) struct report report = {0};
	_cleanup_(record_done) struct record record;
	struct ip_address address = load_service_address(operation, name, interface, &record);
	int err = reconcile_service_family(operation, interface, &address, &report, error);

	if (err || report.results[0].state != RESULT_FAILED)
		return err;
	*error = report.results[0].error;
	return -EIO;
}
