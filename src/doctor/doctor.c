/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/doctor.h"

#include "base/clock.h"
#include "doctor/parts.h"
#include "hazard/root_files.h"

#include <stdlib.h>
#include <string.h>

/* A virtual link, like a bridge, may have the MAC address of the ENI below it. */
static bool is_primary_link(const struct doctor *doctor, const struct net_link *link)
{
	return !link->is_virtual && mac_is_set(&doctor->primary_mac) &&
	       memcmp(&link->mac, &doctor->primary_mac, sizeof(link->mac)) == 0;
}

/* Lists the policy's overlays, each with the link that is to hold its address. NULL: no memory. */
static const struct hazard_overlay *list_overlays(const struct doctor *doctor)
{
	const struct policy *policy = doctor->operation.policy;
	struct hazard_overlay *overlays = calloc(policy->n_overlays + 1, sizeof(*overlays));

	for (size_t i = 0; overlays && i < policy->n_overlays; i++) {
		const char *name = policy->overlays[i].interface;
		bool is_primary = strcmp(name, "primary") == 0;

		overlays[i].name = policy->overlays[i].name;
		overlays[i].address = &policy->overlays[i].address;
		overlays[i].at_boot = policy_get_boot_action(&policy->overlays[i]) !=
				      POLICY_AT_BOOT_NEVER;
		for (size_t j = 0; j < doctor->observed.n_links; j++) {
			const struct net_link *link = &doctor->observed.links[j];
			bool has_name = netstate_link_by_name(&doctor->observed, name) == link;

			if (is_primary ? !is_primary_link(doctor, link) : !has_name)
				continue;
			/* No other link matches: only one has this name, or is the primary ENI. */
			overlays[i].interface = link->name;
			overlays[i].index = link->index;
		}
	}
	return overlays;
}

void doctor_hazards(struct doctor *doctor)
{
	_cleanup_(cleanup_free) const struct hazard_overlay *overlays = list_overlays(doctor);
	const struct hazard_context context = {
		.root = "",
		.now = clock_wall(),
		.has_policy = doctor->has_policy,
		.interfaces = doctor->interfaces,
		.n_interfaces = doctor->n_interfaces,
		.lists_interfaces = doctor->operation.policy->n_interfaces != 0,
		.overlays = overlays,
		.n_overlays = overlays ? doctor->operation.policy->n_overlays : 0,
		.diagnosis = doctor->diagnosis,
	};

	if (!overlays)
		doctor->diagnosis->out_of_memory = true;
	hazard_probe_all(&context);
	if (!doctor->diagnosis->passed[AREA_HAZARDS].length)
		doctor_add_passed(doctor, AREA_HAZARDS, "found no software that interferes");
}

static void doctor_done(struct doctor *doctor)
{
	overlay_result_cleanup_all(doctor->overlays, doctor->n_overlays);
	free(doctor->interfaces);
	report_done(&doctor->report);
	netstate_done(&doctor->observed);
	cloud_close(&doctor->cloud);
}

int doctor_run(const struct operation *operation, const struct doctor_options *options,
	struct diagnosis *diagnosis, struct error *error)
{
	/* Each check uses what the checks before it have found. */
	static void (*const checks[])(struct doctor * doctor) = {doctor_policy, doctor_metadata,
		doctor_vpc, doctor_host, doctor_credentials, doctor_overlays, doctor_permissions,
		doctor_hazards};
	struct doctor doctor = {
		.operation = *operation,
		.total_deadline = operation->deadline,
		.options = options,
		.has_policy = options->policy_errors.count == 0,
		.diagnosis = diagnosis,
	};

	doctor.operation.dry_run = true;
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		checks[i](&doctor);
	doctor_done(&doctor);
	return diagnosis->out_of_memory ? error_oom(error) : 0;
}
