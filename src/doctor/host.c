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

/* Reads the kernel's state into doctor->observed, with the routes in the policy's tables. */
static int read_kernel(struct doctor *doctor, struct error *error)
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

/* Finds the dry run's result for a link; NULL: none, or only for the remains of an interface. */
static const struct result *find_result(const struct doctor *doctor, const char *interface)
{
	for (size_t i = 0; i < doctor->report.count; i++)
		if (strcmp(doctor->report.results[i].interface, interface) == 0 &&
			doctor->report.results[i].policy)
			return &doctor->report.results[i];
	return NULL;
}

/* The dry run's result decides, because it also uses metadata; else only the link's facts count. */
static bool link_matches_entry(const struct doctor *doctor, const struct policy_interface *entry,
	const struct net_link *link)
{
	const struct result *result = find_result(doctor, link->name);
	struct device device = {0};

	if (result)
		return result->policy == entry;
	if (link->loopback || !mac_is_set(&link->mac) ||
		(entry->match.driver && device_find(link->name, &device, NULL /* no error text */)))
		return false;
	return match_interface(&entry->match, link, device.driver, NULL) == MATCH_YES;
}

static const struct net_link *find_link(
	const struct doctor *doctor, const struct policy_interface *entry)
{
	for (size_t i = 0; i < doctor->observed.n_links; i++)
		if (link_matches_entry(doctor, entry, &doctor->observed.links[i]))
			return &doctor->observed.links[i];
	return NULL; /* the link is absent */
}

/* Returns true if the source rules match only single addresses. */
static bool has_host_sources(const struct policy_interface *entry)
{
	if (entry->source != POLICY_SOURCE_LIST)
		return entry->source == POLICY_SOURCE_ADDRESSES;
	for (size_t i = 0; i < entry->n_sources; i++)
		if (entry->sources[i].length != ip_family_bits(entry->sources[i].address.family))
			return false;
	return true;
}

/* Lists an interface with a known name for the hazards: other tools know interfaces by name. */
static void add_hazard_interface(struct doctor *doctor, const struct policy_interface *entry)
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
	} else if (name && !strpbrk(name, "*?[\\")) { /* a name, not a pattern */
		listed.name = name;
	} else {
		return;
	}
	if (array_add(&doctor->interfaces, &doctor->interfaces_capacity, &doctor->n_interfaces,
		    &listed, sizeof(listed)))
		doctor->diagnosis->out_of_memory = true;
}

/* Adds the ip(8) command for the step to the remedy. */
static void remedy_step(struct doctor *doctor, const struct step *step)
{
	_cleanup_(strbuf_done) struct strbuf command = {0};

	if (step_print(step, doctor->operation.names, &command))
		doctor->diagnosis->out_of_memory = true;
	diagnosis_add_remedy_line(doctor->diagnosis, strbuf_text(&command));
}

/* Adds a command that deletes the rule or route that `step` adds. */
static void remedy_delete_object(struct doctor *doctor, struct step step)
{
	step.kind = step.kind == STEP_RULE_ADD ? STEP_RULE_DELETE : STEP_ROUTE_DELETE;
	remedy_step(doctor, &step);
}

/* Reports another user of the interface's table or priority: attach fails. Returns true if any. */
static bool check_conflict(struct doctor *doctor, const struct policy_interface *entry)
{
	const struct net_link *link = find_link(doctor, entry);
	unsigned index = link ? link->index : 0; /* 0: absent; a route of any link conflicts */
	struct error error = {0};
	struct step step;

	if (!conflict_find_object(entry, NULL, &doctor->observed, index, &step))
		return false;
	/* A leftover route of a removed interface is myha's own; another finding reports it. */
	if (step.kind == STEP_ROUTE_ADD && step.route.protocol == NET_PROTOCOL_MYHA)
		return false;
	/* Finds the same conflict again, in both families (NULL), for the text of its error. */
	conflict_check(entry, NULL, &doctor->observed, index, doctor->operation.names, &error);
	doctor_add_finding(doctor, AREA_HOST, FINDING_ERROR, "table-or-priority-taken", "%s: %s",
		entry->name, error.text);
	doctor_add_remedy(doctor,
		"# change interfaces.%s in %s; or, if the other rule or route is not needed, delete it:",
		entry->name, doctor->options->policy_path);
	remedy_delete_object(doctor, step);
	return true;
}

/* Reports that `rule` matches traffic of myha's rule `ours` before `ours` does. */
static void report_shadow(struct doctor *doctor, const struct result *result,
	const struct net_rule *ours, const struct net_rule *rule, enum shadow shadow)
{
	struct step step = {.kind = STEP_RULE_ADD, .rule = *rule};
	struct error error = {0};

	shadow_explain(ours, rule, &error);
	doctor_add_finding(doctor, AREA_HOST, FINDING_WARNING, "rule-shadowed", "%s: %s",
		result->interface, error.text);
	if (shadow == SHADOW_LOCAL_LATER) {
		/* The kernel's rule for local addresses was moved: add it at 0, then delete it. */
		step.rule.priority = 0;
		remedy_step(doctor, &step);
		step.rule.priority = rule->priority;
		remedy_delete_object(doctor, step);
		return;
	}
	doctor_add_remedy(doctor,
		"# set a smaller priority for %s in %s; or, if the other rule is not needed, delete it:",
		result->interface, doctor->options->policy_path);
	/* A command cannot name the rule if it has selectors that myha does not know. */
	if (rule->selectors.has_more)
		doctor_add_remedy(doctor,
			"# delete the rule with priority %u that \"ip rule\" shows",
			(unsigned)rule->priority);
	else
		remedy_delete_object(doctor, step);
}

static void check_shadows(struct doctor *doctor, const struct result *result)
{
	for (size_t i = 0; i < result->wanted.n_rules; i++)
		for (size_t j = 0; j < doctor->observed.n_rules; j++) {
			const struct net_rule *ours = &result->wanted.rules[i];
			const struct net_rule *rule = &doctor->observed.rules[j];
			enum shadow shadow = shadow_classify(ours, rule);

			if (shadow != SHADOW_NONE)
				report_shadow(doctor, result, ours, rule, shadow);
		}
}

/* Reports addresses that EC2 assigned to this interface, but that another interface has. */
static void check_duplicate_addresses(struct doctor *doctor, const struct result *result)
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
			doctor_add_finding(doctor, AREA_HOST, FINDING_ERROR, "address-twice",
				"address %s of %s is also on %s", text, result->interface,
				other->name);
			doctor_add_remedy(doctor, "ip address delete %s dev %s", text, other->name);
		}
}

/* Lists addresses with a lifetime, which a plan replaces, and the DHCP client that set it. */
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
		if (!count++) /* the first address */
			strbuf_printf(ret_text, "; leased by %s and expiring: ",
				hazard_find_lease_client(&context, link->name, link->index));
		ip_prefix_format(&step->address.prefix, text);
		strbuf_printf(ret_text, "%s%s", count > 1 ? ", " : "", text);
	}
	doctor->diagnosis->out_of_memory |= ret_text->failed;
}

/* Reports that an interface differs from the policy, or is gone and has left something behind. */
static void report_drift(struct doctor *doctor, const struct result *result)
{
	bool exists = netstate_link_by_name(&doctor->observed, result->interface) != NULL;
	_cleanup_(strbuf_done) struct strbuf expiry = {0};

	describe_expiry(doctor, result, &expiry);
	if (exists && !result->plan.count) {
		doctor_add_finding(doctor, AREA_HOST, FINDING_WARNING, "interface-differs",
			"%s differs from the policy: %s", result->interface, result->note);
		return;
	}
	if (exists)
		doctor_add_finding(doctor, AREA_HOST, FINDING_WARNING, "interface-differs",
			"%s differs from the policy: %zu change%s required%s", result->interface,
			result->plan.count, result->plan.count == 1 ? "" : "s",
			strbuf_text(&expiry));
	else
		doctor_add_finding(doctor, AREA_HOST, FINDING_WARNING, "interface-left",
			"%s does not exist, but its rules, routes or record remain on this host",
			result->interface);
	doctor_add_remedy(doctor, "myha %s -- %s", exists ? "attach" : "detach", result->interface);
}

/* Reports that the dry run could not plan the interface's changes. */
static void report_failed(struct doctor *doctor, const struct result *result)
{
	bool is_timeout = result->error.outcome == OUTCOME_TIMEOUT;

	doctor_add_finding(doctor, AREA_HOST, is_timeout ? FINDING_UNKNOWN : FINDING_ERROR,
		is_timeout ? "not-looked-at" : "interface-failed", "%s: %s", result->interface,
		result->error.text);
	if (!is_timeout)
		doctor_add_remedy(doctor, "# correct the cause, then run: myha plan -- %s",
			result->interface);
}

/* Reports the dry run's result for one interface. */
static void check_result(struct doctor *doctor, const struct result *result)
{
	if (result->note[0] && result->policy)
		doctor_add_finding(doctor, AREA_HOST, FINDING_NOTE, "interface-note", "%s: %s",
			result->interface, result->note);
	switch (result->state) {
	case RESULT_DIFFERS:
		report_drift(doctor, result);
		break;
	case RESULT_FAILED:
		/* Report only one reason: a conflict has the better remedy. */
		if (!result->policy || !check_conflict(doctor, result->policy))
			report_failed(doctor, result);
		break;
	case RESULT_UNCHANGED:
	case RESULT_CHANGED: /* not in a dry run */
		doctor_add_passed(doctor, AREA_HOST, "%s is configured as the policy requires",
			result->interface);
		break;
	case RESULT_UNDECIDED:
	case RESULT_NOT_LISTED:
		break;
	}
	check_shadows(doctor, result);
	check_duplicate_addresses(doctor, result);
}

/* Runs boot as a dry run, and reports its results. */
static void compare_interfaces(struct doctor *doctor)
{
	_cleanup_(cleanup_free) const struct policy_interface **absent = NULL;
	struct error error = {0};
	size_t n_absent = 0;

	doctor_set_deadline(doctor, READ_MSEC);
	if (examine(&doctor->operation, &doctor->report, &absent, &n_absent, &error)) {
		doctor_add_finding(
			doctor, AREA_HOST, FINDING_UNKNOWN, "not-looked-at", "%s", error.text);
		return;
	}
	for (size_t i = 0; i < doctor->report.count; i++)
		check_result(doctor, &doctor->report.results[i]);
	for (size_t i = 0; i < n_absent; i++) {
		doctor_add_finding(doctor, AREA_HOST, FINDING_NOTE, "interface-absent",
			"%s is not on this host now, which is normal on a standby node",
			absent[i]->name);
		check_conflict(doctor, absent[i]);
	}
}

static bool is_table_named(const struct table_names *names, uint32_t number)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->items[i].number == number)
			return true;
	return false;
}

/* Reports that no file names the table MYHA, so that ip(8) rejects the name; myha knows it. */
static void check_table_name(struct doctor *doctor)
{
	const struct policy *policy = doctor->operation.policy;
	uint32_t number;

	if (table_names_find(doctor->operation.names, POLICY_TABLE_NAME, &number) ||
		is_table_named(doctor->operation.names, number))
		return;
	for (size_t i = 0; i < policy->n_interfaces; i++) {
		if (policy->interfaces[i].table != number)
			continue;
		doctor_add_finding(doctor, AREA_HOST, FINDING_WARNING, "table-name-missing",
			"no file in iproute2/rt_tables.d names table %u " POLICY_TABLE_NAME
			": ip(8) does not accept this name",
			(unsigned)number);
		doctor_add_remedy(doctor, "mkdir -p /etc/iproute2/rt_tables.d");
		doctor_add_remedy(doctor,
			"echo '%u " POLICY_TABLE_NAME "' >/etc/iproute2/rt_tables.d/myha.conf",
			(unsigned)number);
		return;
	}
}

/* For an empty policy: notes each link of an ENI, except the primary ENI, as a possible entry. */
static void suggest_interfaces(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->observed.n_links; i++) {
		const struct net_link *link = &doctor->observed.links[i];
		char eni[EC2_ID_SIZE];

		if (link->loopback || !mac_is_set(&link->mac) ||
			memcmp(&link->mac, &doctor->primary_mac, sizeof(link->mac)) == 0 ||
			cloud_get_eni(&doctor->cloud, &link->mac, eni, NULL)) /* not an ENI */
			continue;
		doctor_add_finding(doctor, AREA_HOST, FINDING_NOTE, "interface-not-listed",
			"%s (%s) is not listed in the policy", link->name, eni);
		doctor_add_remedy(doctor,
			"# add \"%s: {}\" below interfaces in %s, then:", link->name,
			doctor->options->policy_path);
		doctor_add_remedy(doctor, "myha plan -- %s", link->name);
	}
}

/* Besides the findings, fills in doctor->observed and doctor->interfaces for later checks. */
void doctor_host(struct doctor *doctor)
{
	const struct policy *policy = doctor->operation.policy;
	struct error error = {0};

	doctor_set_deadline(doctor, READ_MSEC);
	if (read_kernel(doctor, &error)) {
		doctor_skip(doctor, AREA_HOST, error.text);
		return;
	}
	if (policy->n_interfaces && doctor->has_metadata) {
		compare_interfaces(doctor);
	} else if (policy->n_interfaces) {
		/* Conflicts can be found without metadata. */
		for (size_t i = 0; i < policy->n_interfaces; i++)
			check_conflict(doctor, &policy->interfaces[i]);
		doctor_skip(doctor, AREA_HOST,
			"the interfaces cannot be compared with the policy without metadata");
	}
	for (size_t i = 0; i < policy->n_interfaces; i++)
		add_hazard_interface(doctor, &policy->interfaces[i]);
	check_table_name(doctor);
	if (!policy->n_interfaces && !policy->n_overlays && mac_is_set(&doctor->primary_mac))
		suggest_interfaces(doctor);
}
