/* SPDX-License-Identifier: Apache-2.0 */
#include "hazard/hazard.h"

#include "hazard/probe.h"

/* The last columns are the probes of the host, of each interface, and of each overlay. */
static const struct hazard hazards[] = {
	{"udev-rule-missing", AREA_HOST, FINDING_ERROR, probe_udev_rule},
	{"unit-missing", AREA_HOST, FINDING_ERROR, probe_units},
	{"boot-unit-disabled", AREA_HOST, FINDING_WARNING, probe_boot_unit},
	{"rp-filter-strict", AREA_HOST, FINDING_WARNING, probe_rp_filter},
	{"old-script", AREA_HAZARDS, FINDING_WARNING, probe_old_scripts},
	{"networkd-drops-rules", AREA_HAZARDS, FINDING_ERROR, probe_networkd_rules},
	{"networkd-not-restarted", AREA_HAZARDS, FINDING_ERROR, probe_networkd_restart},
	{"networkd-manages-interface", AREA_HAZARDS, FINDING_WARNING, NULL, probe_networkd_links},
	{"networkd-drops-routes", AREA_HAZARDS, FINDING_ERROR, NULL, probe_networkd_routes},
	{"networkd-drops-overlay", AREA_HAZARDS, FINDING_WARNING, NULL, NULL,
		probe_networkd_overlays},
	{"network-manager-manages-interface", AREA_HAZARDS, FINDING_WARNING, NULL,
		probe_network_manager},
	{"network-manager-drops-routes", AREA_HAZARDS, FINDING_NOTE, NULL,
		probe_network_manager_routes},
	{"network-manager-drops-overlay", AREA_HAZARDS, FINDING_WARNING, NULL, NULL,
		probe_network_manager_overlays},
	{"nm-cloud-setup-enabled", AREA_HAZARDS, FINDING_WARNING, probe_nm_cloud_setup},
	{"dhclient-manages-interface", AREA_HAZARDS, FINDING_WARNING, NULL, probe_dhclient},
	{"dhcpcd-manages-interface", AREA_HAZARDS, FINDING_WARNING, NULL, probe_dhcpcd},
	{"ifupdown-manages-interface", AREA_HAZARDS, FINDING_WARNING, NULL, probe_ifupdown},
	{"cloud-init-dhcp", AREA_HAZARDS, FINDING_WARNING, NULL, probe_cloud_init_dhcp},
	{"cloud-init-hotplug", AREA_HAZARDS, FINDING_WARNING, probe_cloud_init},
	{"net-utils-manages-interface", AREA_HAZARDS, FINDING_WARNING, NULL, probe_net_utils},
	{"cloud-netconfig-manages-interface", AREA_HAZARDS, FINDING_WARNING, probe_cloud_netconfig},
	{"cloud-netconfig-deletes-rules", AREA_HAZARDS, FINDING_WARNING, NULL,
		probe_cloud_netconfig_rules},
	{"cluster-manages-overlay", AREA_HAZARDS, FINDING_WARNING, probe_cluster},
	{"wicked-manages-interface", AREA_HAZARDS, FINDING_WARNING, NULL, probe_wicked},
};

void hazard_probe_all(const struct hazard_context *context)
{
	struct hazard_context copy = *context; /* to set `hazard`, which the probes report */

	for (size_t h = 0; h < ARRAY_SIZE(hazards); h++) {
		const struct hazard *hazard = &hazards[h];

		copy.hazard = hazard;
		if (hazard->probe_host)
			hazard->probe_host(&copy);
		for (size_t i = 0; hazard->probe_interface && i < context->n_interfaces; i++)
			hazard->probe_interface(&copy, &context->interfaces[i]);
		for (size_t i = 0; hazard->probe_overlay && i < context->n_overlays; i++)
			hazard->probe_overlay(&copy, &context->overlays[i]);
	}
}
