/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the probes of the hazard table, and the functions that they share. */
#pragma once

#include "hazard/hazard.h"

#define NETWORK_MANAGER "NetworkManager" /* the comm of its process */
/* Its state file of a link, by index; none for a link that it has never managed. */
#define NETWORK_MANAGER_DEVICE "/run/NetworkManager/devices/%u"

/* Adds a finding of this hazard, then lines to its remedy; or a passed check. See diagnosis.h. */
void hazard_add_finding(const struct hazard_context *context, const char *format, ...)
	_printf_(2, 3);
#define hazard_add_remedy(context, ...) diagnosis_add_remedy((context)->diagnosis, __VA_ARGS__)
#define hazard_add_passed(context, ...)                                                            \
	diagnosis_add_passed((context)->diagnosis, (context)->hazard->area, __VA_ARGS__)

/* Reads another tool's file. Returns 0 or -errno. Reports an existing file that cannot be read. */
int hazard_read(const struct hazard_context *context, const char *path, struct strbuf *ret_text);

/* Marks the diagnosis as incomplete if `err` is -ENOMEM. */
void hazard_check_oom(const struct hazard_context *context, int err);

/* Returns true if the result of a query, which is 1, 0 or -errno, is 1. Checks it for -ENOMEM. */
bool hazard_is_true(const struct hazard_context *context, int result);

/* Returns false if there is a policy without interfaces: then no tool can harm their rules. */
bool hazard_may_list_interfaces(const struct hazard_context *context);

/* Adds a finding with FINDING_UNKNOWN: `object`, mostly a file, could not be read. */
void hazard_add_unknown(const struct hazard_context *context, const char *object, int err);

/* Adds remedy lines that write a configuration file; they replace an existing file or mask. */
void hazard_remedy_file(
	const struct hazard_context *context, const char *path, const char *const *lines);

/* Adds a remedy line that waits until the unit has ended: a run uses the old configuration. */
void hazard_remedy_wait_ended(const struct hazard_context *context, const char *unit);

/* Adds remedy lines after a stopped DHCP client: delete its default route, keep its address. */
void hazard_remedy_keep_address(
	const struct hazard_context *context, const struct hazard_interface *interface);

/*
 * Returns true if other tools must leave the interface alone, since myha sets its addresses, and
 * their files can exclude it by its name: a blank or a '*' has a meaning there.
 */
bool hazard_is_excludable(const struct hazard_interface *interface);

/* Returns true if cloud-init is installed and not disabled. */
bool hazard_has_cloud_init(const struct hazard_context *context);

/* Adds remedy lines that end when networkd, if it runs, has applied its files to the interface. */
void hazard_remedy_networkd(
	const struct hazard_context *context, const struct hazard_interface *interface);

/* systemd-networkd: networkd.c. */
hazard_host_probe probe_networkd_rules;
hazard_host_probe probe_networkd_restart;
hazard_interface_probe probe_networkd_links;
hazard_interface_probe probe_networkd_routes;
hazard_overlay_probe probe_networkd_overlays;
/* Tools of distributions and clouds: distro.c. */
hazard_host_probe probe_cloud_init;
hazard_interface_probe probe_net_utils;
/* DHCP clients that run on their own: dhcp.c. */
hazard_interface_probe probe_dhclient;
hazard_interface_probe probe_dhcpcd;
hazard_interface_probe probe_cloud_init_dhcp;
/* Debian's ifupdown: ifupdown.c. */
hazard_interface_probe probe_ifupdown;
/* NetworkManager: network_manager.c. */
hazard_interface_probe probe_network_manager;
hazard_interface_probe probe_network_manager_routes;
hazard_overlay_probe probe_network_manager_overlays;
hazard_host_probe probe_nm_cloud_setup;
/* Pacemaker: pacemaker.c. */
hazard_host_probe probe_cluster;
/* SUSE's tools: suse.c. */
hazard_host_probe probe_cloud_netconfig;
hazard_interface_probe probe_cloud_netconfig_rules;
hazard_interface_probe probe_wicked;
/* The installation of myha, the source filter, and old scripts: install.c. */
hazard_host_probe probe_udev_rule;
hazard_host_probe probe_units;
hazard_host_probe probe_boot_unit;
hazard_host_probe probe_rp_filter;
hazard_host_probe probe_old_scripts;
