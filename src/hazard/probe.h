/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Declares the probes of the hazard table, and the functions that they share.
 */
#pragma once

#include "hazard/hazard.h"

#define NETWORK_MANAGER "NetworkManager" /* the comm of its process */
/* Its state file of a link, by index; none for a link that it has never managed. */
#define NETWORK_MANAGER_DEVICE "/run/NetworkManager/devices/%u"

/* Adds a finding of this hazard; diagnosis_add_remedy() then adds lines to its remedy. */
void hazard_add_finding(const struct hazard_context *context, const char *format, ...)
	_printf_(2, 3);

/*
 * Reads a file of another tool. Returns 0 or -errno. If the file exists but cannot be read, it also
 * adds a finding with FINDING_UNKNOWN.
 */
int hazard_read(const struct hazard_context *context, const char *path, struct strbuf *ret_text);

/*
 * Returns true if `response`, the result of a yes/no query, is positive. It is 1, 0 or -errno;
 * -ENOMEM also marks the diagnosis as failed.
 */
bool hazard_is_true(const struct hazard_context *context, int response);

/* Adds a finding with FINDING_UNKNOWN: `object`, mostly a file, could not be read. */
void hazard_add_unknown(const struct hazard_context *context, const char *object, int err);

/* Adds remedy lines that write a configuration file; they replace an existing file or mask. */
void hazard_remedy_file(
	const struct hazard_context *context, const char *path, const char *const *lines);

/* Adds a remedy line that waits until the unit has ended: a run uses the old configuration. */
void hazard_remedy_wait_ended(const struct hazard_context *context, const char *unit);

/* Adds a remedy line that deletes the default route that a DHCP client left in the main table. */
void hazard_remedy_delete_lease_route(const struct hazard_context *context, const char *interface);

/*
 * Returns true if myha sets the interface's addresses, and other tools' files can contain its name:
 * a blank or a '*' has a meaning there.
 */
bool hazard_is_writable_name(const struct hazard_interface *interface);

/* Returns true if cloud-init is installed and not disabled. */
bool hazard_has_cloud_init(const struct hazard_context *context);

/* Adds remedy lines that end when networkd, if it runs, has applied its files to the interface. */
void hazard_remedy_networkd(
	const struct hazard_context *context, const struct hazard_interface *interface);

/* systemd-networkd: networkd.c. */
void probe_networkd_rules(const struct hazard_context *context);
void probe_networkd_restart(const struct hazard_context *context);
void probe_networkd_links(const struct hazard_context *context);
void probe_networkd_routes(const struct hazard_context *context);
void probe_networkd_overlays(const struct hazard_context *context);

/* Tools of distributions and clouds: distro.c. */
void probe_cloud_init(const struct hazard_context *context);
void probe_net_utils(const struct hazard_context *context);

/* DHCP clients that run on their own: dhcp.c. */
void probe_dhclient(const struct hazard_context *context);
void probe_dhcpcd(const struct hazard_context *context);
void probe_cloud_init_dhcp(const struct hazard_context *context);

/* Debian's ifupdown: ifupdown.c. */
void probe_ifupdown(const struct hazard_context *context);

/* NetworkManager: network_manager.c. */
void probe_network_manager(const struct hazard_context *context);
void probe_network_manager_routes(const struct hazard_context *context);
void probe_network_manager_overlays(const struct hazard_context *context);
void probe_nm_cloud_setup(const struct hazard_context *context);

/* Pacemaker: pacemaker.c. */
void probe_cluster(const struct hazard_context *context);

/* SUSE's tools: suse.c. */
void probe_cloud_netconfig(const struct hazard_context *context);
void probe_cloud_netconfig_rules(const struct hazard_context *context);
void probe_wicked(const struct hazard_context *context);

/* The installation of myha, the source filter, and old scripts: install.c. */
void probe_udev_rule(const struct hazard_context *context);
void probe_units(const struct hazard_context *context);
void probe_boot_unit(const struct hazard_context *context);
void probe_rp_filter(const struct hazard_context *context);
void probe_old_scripts(const struct hazard_context *context);
