/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares this host's kernel with the policy: the state of the interfaces, and other users of the
 * tables, priorities and addresses that the interfaces need.
 */
#include "doctor/parts.h"
#include "interface/examine.h"
#include "kernel/device.h"
#include "kernel/snapshot.h"
#include "model/conflict.h"
#include "model/match.h"
#include "model/shadow.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#define READ_MSEC 8000

static int read_host(struct doctor *doctor, struct error *error)
{
	const struct policy *policy = doctor->operation.policy;
	_cleanup_(cleanup_free)
		uint32_t *tables = calloc(policy->n_interfaces + 1, sizeof(*tables));

	if (!tables)
		return error_oom(error);
	for (size_t i = 0; i < policy->n_interfaces; i++)
		tables[i] = policy->interfaces[i].table;
	return snapshot_read(tables, policy->n_interfaces, &doctor->operation.deadline,
		&doctor->observed, error);
}

static const struct result *find_result(const struct doctor *doctor, const char *interface)
{
	for (size_t i = 0; i < doctor->report.count; i++)
		if (strcmp(doctor->report.results[i].interface, interface) == 0 &&
			doctor->report.results[i].policy)
			return &doctor->report.results[i];
	return NULL;
}

/*
 * A dry run may have matched the link by data of EC2; without a result, the link's own data decide.
 */
static bool is_link_of_entry(const struct doctor *doctor, const struct policy_interface *entry,
	const struct net_link *link)
{
	const struct result *result = find_result(doctor, link->name);
	struct device device = {0};

	if (result)
		return result->policy == entry;
	if (link->loopback || !mac_is_set(&link->mac) ||
		(entry->match.driver && device_find(link->name, &device, NULL)))
		return false;
	return match_interface(&entry->match, link, device.driver, NULL) == MATCH_YES;
}

static const struct net_link *find_link(
	const struct doctor *doctor, const struct policy_interface *entry)
{
	for (size_t i = 0; i < doctor->observed.n_links; i++)
		if (is_link_of_entry(doctor, entry, &doctor->observed.links[i]))
			return &doctor->observed.links[i];
	return NULL;
}

static bool has_host_sources(const struct policy_interface *entry)
{
	if (entry->source != POLICY_SOURCE_LIST)
		return entry->source == POLICY_SOURCE_ADDRESSES;
	for (size_t i = 0; i < entry->n_sources; i++)
		if (entry->sources[i].length != ip_family_bits(entry->sources[i].address.family))
			return false;
	return true;
}

/* Other tools refer to interfaces by name. The policy may name an absent interface. */
static void list_interface(struct doctor *doctor, const struct policy_interface *entry)
{
	const struct net_link *link = find_link(doctor, entry);
	const char *name = entry->match.name;
	struct hazard_interface listed = {.addresses = entry->addresses,
		.rp_filter = -1,
		.has_host_sources = has_host_sources(entry)};

	if (link) {
		listed.name = link->name;
		listed.index = link->index;
		listed.mac = link->mac;
		listed.rp_filter = link->rp_filter;
		listed.has_rule = netstate_uses_table(&doctor->observed, entry->table, AF_INET);
	} else if (name && !strpbrk(name, "*?[\\")) {
		listed.name = name;
	} else {
		return;
	}
	if (array_reserve(&doctor->interfaces, &doctor->interfaces_capacity, doctor->n_interfaces,
		    sizeof(listed)))
		doctor->diagnosis->failed = true;
	else
		doctor->interfaces[doctor->n_interfaces++] = listed;
}

static void remedy_command(struct doctor *doctor, const struct step *step)
{
	_cleanup_(strbuf_done) struct strbuf command = {0};

	if (step_print(step, doctor->operation.names, &command))
		doctor->diagnosis->failed = true;
	diagnosis_add_remedy_line(doctor->diagnosis, strbuf_text(&command));
}

/* Adds a command that deletes the conflicting object, which `step` would add. */
static void remedy_delete(struct doctor *doctor, struct step step)
{
	step.kind = step.kind == STEP_RULE_ADD ? STEP_RULE_DELETE : STEP_ROUTE_DELETE;
	remedy_command(doctor, &step);
}

/* Reports other users of the entry's table or priority; attach fails if there are any. */
static bool check_conflict(struct doctor *doctor, const struct policy_interface *entry)
{
	const struct net_link *link = find_link(doctor, entry);
	unsigned index = link ? link->index : 0;
	struct error error = {0};
	struct step step;

	if (!conflict_find_object(entry, NULL, &doctor->observed, index, &step))
		return false;
	/* A leftover route of a removed interface is myha's own; another finding reports it. */
	if (step.kind == STEP_ROUTE_ADD && step.route.protocol == NET_PROTOCOL_MYHA)
		return false;
	conflict_find(entry, NULL, &doctor->observed, index, doctor->operation.names, &error);
	diagnosis_add(doctor->diagnosis, AREA_HOST, FINDING_ERROR, "table-or-priority-taken",
		"%s: %s", entry->name, error.text);
	diagnosis_add_remedy(doctor->diagnosis,
		"# change interfaces.%s in %s; or, if the other rule or route is not needed, delete it:",
		entry->name, doctor->options->policy_path);
	remedy_delete(doctor, step);
	return true;
}

static void add_shadow(struct doctor *doctor, const struct result *result,
	const struct net_rule *ours, const struct net_rule *rule, enum shadow shadow)
{
	struct step step = {.kind = STEP_RULE_ADD, .rule = *rule};
	struct error error = {0};

	shadow_explain(ours, rule, &error);
	diagnosis_add(doctor->diagnosis, AREA_HOST, FINDING_WARNING, "rule-shadowed", "%s: %s",
		result->interface, error.text);
	if (shadow == SHADOW_LOCAL_LATER) {
		/*
		 * The kernel's rule for local addresses was moved behind myha's: packets to this
		 * host would leave it.
		 */
		step.rule.priority = 0;
		remedy_command(doctor, &step);
		step.rule.priority = rule->priority;
	} else {
		diagnosis_add_remedy(doctor->diagnosis,
			"# set a smaller priority for %s in %s; or, if the other rule is not needed, delete it:",
			result->interface, doctor->options->policy_path);
	}
	if (shadow != SHADOW_LOCAL_LATER && rule->selectors.has_more)
		diagnosis_add_remedy(doctor->diagnosis,
			"# delete the rule with priority %u that \"ip rule\" shows",
			(unsigned)rule->priority);
	else
		remedy_delete(doctor, step);
}

static void check_shadows(struct doctor *doctor, const struct result *result)
{
	for (size_t i = 0; i < result->wanted.n_rules; i++)
		for (size_t j = 0; j < doctor->observed.n_rules; j++) {
			const struct net_rule *ours = &result->wanted.rules[i];
			const struct net_rule *rule = &doctor->observed.rules[j];
			enum shadow shadow = shadow_of(ours, rule);

			if (shadow != SHADOW_NONE)
				add_shadow(doctor, result, ours, rule, shadow);
		}
}

/* Reports addresses that EC2 assigned to this interface, but that another interface has. */
static void check_addresses(struct doctor *doctor, const struct result *result)
{
	const struct net_link *link = netstate_link_by_name(&doctor->observed, result->interface);

	for (size_t i = 0; link && i < result->wanted.n_addresses; i++)
		for (size_t j = 0; j < doctor->observed.n_addresses; j++) {
			const struct net_address *address = &doctor->observed.addresses[j];
			const struct net_link *other = netstate_link_by_index(
				&doctor->observed, address->link);
			char text[IP_PREFIX_TEXT_SIZE];

			if (!other || address->link == link->index ||
				ip_address_compare(&address->prefix.address,
					&result->wanted.addresses[i].prefix.address) != 0)
				continue;
			ip_prefix_format(&address->prefix, text);
			diagnosis_add(doctor->diagnosis, AREA_HOST, FINDING_ERROR, "address-twice",
				"address %s of %s is also on %s", text, result->interface,
				other->name);
			diagnosis_add_remedy(doctor->diagnosis, "ip address delete %s dev %s", text,
				other->name);
		}
}

/* Lists the addresses with a limited lifetime, and the DHCP client that set it. */
static void describe_expiry(
	struct doctor *doctor, const struct result *result, struct strbuf *ret_text)
{
	const struct net_link *link = netstate_link_by_name(&doctor->observed, result->interface);
	const struct hazard_context context = {.root = "", .diagnosis = doctor->diagnosis};
	char text[IP_PREFIX_TEXT_SIZE];
	size_t count = 0;

	for (size_t i = 0; link && i < result->plan.count; i++) {
		const struct step *step = &result->plan.steps[i];

		if (step->kind != STEP_ADDRESS_REPLACE)
			continue;
		if (!count++)
			strbuf_printf(ret_text, "; leased by %s and expiring: ",
				hazard_find_lease_client(&context, link->name, link->index));
		ip_prefix_format(&step->address.prefix, text);
		strbuf_printf(ret_text, "%s%s", count > 1 ? ", " : "", text);
	}
	doctor->diagnosis->failed |= ret_text->failed;
}

static void add_drift(struct doctor *doctor, const struct result *result)
{
	bool is_here = netstate_link_by_name(&doctor->observed, result->interface) != NULL;
	_cleanup_(strbuf_done) struct strbuf expiry = {0};

	describe_expiry(doctor, result, &expiry);
	if (is_here && !result->plan.count) {
		diagnosis_add(doctor->diagnosis, AREA_HOST, FINDING_WARNING, "interface-differs",
			"%s differs from the policy: %s", result->interface, result->note);
		return;
	}
	if (is_here)
		diagnosis_add(doctor->diagnosis, AREA_HOST, FINDING_WARNING, "interface-differs",
			"%s differs from the policy: %zu change%s required%s", result->interface,
			result->plan.count, result->plan.count == 1 ? "" : "s",
			strbuf_text(&expiry));
	else
		diagnosis_add(doctor->diagnosis, AREA_HOST, FINDING_WARNING, "interface-left",
			"%s does not exist, but its rules, routes or record remain on this host",
			result->interface);
	diagnosis_add_remedy(doctor->diagnosis, "myha %s -- %s", is_here ? "attach" : "detach",
		result->interface);
}

static void add_failed(struct doctor *doctor, const struct result *result)
{
	bool is_late = result->error.outcome == OUTCOME_TIMEOUT;

	diagnosis_add(doctor->diagnosis, AREA_HOST, is_late ? FINDING_UNKNOWN : FINDING_ERROR,
		is_late ? "not-looked-at" : "interface-failed", "%s: %s", result->interface,
		result->error.text);
	if (!is_late)
		diagnosis_add_remedy(doctor->diagnosis,
			"# correct the cause, then run: myha plan -- %s", result->interface);
}

static void check_result(struct doctor *doctor, const struct result *result)
{
	if (result->note[0] && result->policy)
		diagnosis_add(doctor->diagnosis, AREA_HOST, FINDING_NOTE, "interface-note",
			"%s: %s", result->interface, result->note);
	switch (result->state) {
	case RESULT_DIFFERS:
		add_drift(doctor, result);
		break;
	case RESULT_FAILED:
		/* Report only one reason: a conflict has the better remedy. */
		if (!result->policy || !check_conflict(doctor, result->policy))
			add_failed(doctor, result);
		break;
	case RESULT_UNCHANGED:
	case RESULT_CHANGED:
		diagnosis_add_passed(doctor->diagnosis, AREA_HOST,
			"%s is configured as the policy requires", result->interface);
		break;
	case RESULT_UNDECIDED:
	case RESULT_NOT_LISTED:
		break;
	}
	check_shadows(doctor, result);
	check_addresses(doctor, result);
}

/* Reports the results of a dry run of boot. */
static void compare_interfaces(struct doctor *doctor)
{
	_cleanup_(cleanup_free) const struct policy_interface **absent = NULL;
	struct error error = {0};
	size_t n_absent = 0;

	doctor_limit(doctor, READ_MSEC);
	if (examine(&doctor->operation, &doctor->report, &absent, &n_absent, &error)) {
		diagnosis_add(doctor->diagnosis, AREA_HOST, FINDING_UNKNOWN, "not-looked-at", "%s",
			error.text);
		return;
	}
	for (size_t i = 0; i < doctor->report.count; i++)
		check_result(doctor, &doctor->report.results[i]);
	for (size_t i = 0; i < n_absent; i++) {
		diagnosis_add(doctor->diagnosis, AREA_HOST, FINDING_NOTE, "interface-absent",
			"%s is not on this host now, which is normal on a standby node",
			absent[i]->name);
		check_conflict(doctor, absent[i]);
	}
}

static bool has_name(const struct table_names *names, uint32_t number)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->items[i].number == number)
			return true;
	return false;
}

/* myha has the name built in. ip(8) needs a file for it, and runbooks contain "table MYHA". */
static void check_table_names(struct doctor *doctor)
{
	const struct policy *policy = doctor->operation.policy;
	uint32_t number;

	if (table_names_find(doctor->operation.names, POLICY_TABLE_NAME, &number) ||
		has_name(doctor->operation.names, number))
		return;
	for (size_t i = 0; i < policy->n_interfaces; i++) {
		if (policy->interfaces[i].table != number)
			continue;
		diagnosis_add(doctor->diagnosis, AREA_HOST, FINDING_WARNING, "table-name-missing",
			"no file in iproute2/rt_tables.d names table %u " POLICY_TABLE_NAME
			": ip(8) does not accept this name",
			(unsigned)number);
		diagnosis_add_remedy(doctor->diagnosis, "mkdir -p /etc/iproute2/rt_tables.d");
		diagnosis_add_remedy(doctor->diagnosis,
			"echo '%u " POLICY_TABLE_NAME "' >/etc/iproute2/rt_tables.d/myha.conf",
			(unsigned)number);
		return;
	}
}

/* For new users: reports the ENIs that the policy could list. */
static void suggest_interfaces(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->observed.n_links; i++) {
		const struct net_link *link = &doctor->observed.links[i];
		char eni[EC2_ID_SIZE];

		if (link->loopback || !mac_is_set(&link->mac) ||
			memcmp(&link->mac, &doctor->primary, sizeof(link->mac)) == 0 ||
			cloud_get_eni(&doctor->cloud, &link->mac, eni, NULL))
			continue;
		diagnosis_add(doctor->diagnosis, AREA_HOST, FINDING_NOTE, "interface-not-listed",
			"%s (%s) is not listed in the policy", link->name, eni);
		diagnosis_add_remedy(doctor->diagnosis,
			"# add \"%s: {}\" below interfaces in %s, then:", link->name,
			doctor->options->policy_path);
		diagnosis_add_remedy(doctor->diagnosis, "myha plan -- %s", link->name);
	}
}

void doctor_host(struct doctor *doctor)
{
	const struct policy *policy = doctor->operation.policy;
	struct error error = {0};

	doctor_limit(doctor, READ_MSEC);
	if (read_host(doctor, &error)) {
		doctor_skip(doctor, AREA_HOST, error.text);
		return;
	}
	if (policy->n_interfaces && doctor->has_metadata) {
		compare_interfaces(doctor);
	} else if (policy->n_interfaces) {
		/* The kernel's state still shows conflicts. */
		for (size_t i = 0; i < policy->n_interfaces; i++)
			check_conflict(doctor, &policy->interfaces[i]);
		doctor_skip(doctor, AREA_HOST,
			"the interfaces cannot be compared with the policy without metadata");
	}
	for (size_t i = 0; i < policy->n_interfaces; i++)
		list_interface(doctor, &policy->interfaces[i]);
	check_table_names(doctor);
	if (!policy->n_interfaces && !policy->n_overlays && mac_is_set(&doctor->primary))
		suggest_interfaces(doctor);
}
