/* SPDX-License-Identifier: Apache-2.0 */
#include "hazard/hazard.h"

#include "hazard/probe.h"

static const struct hazard hazards[] = {
	{"udev-rule-missing", AREA_HOST, FINDING_ERROR, probe_udev_rule},
	{"unit-missing", AREA_HOST, FINDING_ERROR, probe_units},
	{"boot-unit-disabled", AREA_HOST, FINDING_WARNING, probe_boot_unit},
	{"rp-filter-strict", AREA_HOST, FINDING_WARNING, probe_rp_filter},
	{"old-script", AREA_HAZARDS, FINDING_WARNING, probe_old_scripts},
	{"networkd-drops-rules", AREA_HAZARDS, FINDING_ERROR, probe_networkd_rules},
	{"networkd-not-restarted", AREA_HAZARDS, FINDING_ERROR, probe_networkd_restart},
	{"networkd-manages-interface", AREA_HAZARDS, FINDING_WARNING, probe_networkd_links},
	{"networkd-drops-routes", AREA_HAZARDS, FINDING_ERROR, probe_networkd_routes},
	{"networkd-drops-overlay", AREA_HAZARDS, FINDING_WARNING, probe_networkd_overlays},
	{"network-manager-manages-interface", AREA_HAZARDS, FINDING_WARNING, probe_network_manager},
	{"network-manager-drops-routes", AREA_HAZARDS, FINDING_NOTE, probe_network_manager_routes},
	{"network-manager-drops-overlay", AREA_HAZARDS, FINDING_WARNING,
		probe_network_manager_overlays},
	{"nm-cloud-setup-enabled", AREA_HAZARDS, FINDING_WARNING, probe_nm_cloud_setup},
	{"dhclient-manages-interface", AREA_HAZARDS, FINDING_WARNING, probe_dhclient},
	{"dhcpcd-manages-interface", AREA_HAZARDS, FINDING_WARNING, probe_dhcpcd},
	{"ifupdown-manages-interface", AREA_HAZARDS, FINDING_WARNING, probe_ifupdown},
	{"cloud-init-dhcp", AREA_HAZARDS, FINDING_WARNING, probe_cloud_init_dhcp},
	{"cloud-init-hotplug", AREA_HAZARDS, FINDING_WARNING, probe_cloud_init},
	{"net-utils-manages-interface", AREA_HAZARDS, FINDING_WARNING, probe_net_utils},
	{"cloud-netconfig-manages-interface", AREA_HAZARDS, FINDING_WARNING, probe_cloud_netconfig},
	{"cloud-netconfig-deletes-rules", AREA_HAZARDS, FINDING_WARNING,
		probe_cloud_netconfig_rules},
	{"cluster-manages-overlay", AREA_HAZARDS, FINDING_WARNING, probe_cluster},
	{"wicked-manages-interface", AREA_HAZARDS, FINDING_WARNING, probe_wicked},
};

void hazard_probe_all(const struct hazard_context *context)
{
	struct hazard_context own = *context;

	for (size_t i = 0; i < ARRAY_SIZE(hazards); i++) {
		own.hazard = &hazards[i];
		hazards[i].probe(&own);
	}
}
