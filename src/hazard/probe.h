/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probes of the table of hazards, and what they share.
 */
#pragma once

#include "hazard/hazard.h"

/* A finding of this hazard; diagnosis_remedy() adds to it. */
void hazard_found(const struct hazard_context *context, const struct hazard *hazard,
	const char *format, ...) _printf_(3, 4);

/*
 * A file of another tool. One that is there and cannot be read is something unknown, and said to be so.
 * 0 or -errno.
 */
int hazard_read(const struct hazard_context *context, const struct hazard *hazard, const char *path,
	struct strbuf *ret_text);

/*
 * Whether a question is answered with yes: `answer` is 1, 0 or -errno. Memory that ran out is no answer,
 * and fails the diagnosis.
 */
bool hazard_holds(const struct hazard_context *context, int response);

/* Something of it could not be looked at. */
void hazard_unknown(const struct hazard_context *context, const struct hazard *hazard,
	const char *what, int err);

/* The lines that write a configuration file: what is there is replaced, a mask too. */
void hazard_remedy_file(
	const struct hazard_context *context, const char *path, const char *const *lines);

/* A line that waits for the end of a unit's run: until then it acts by the configuration of before. */
void hazard_remedy_ended(const struct hazard_context *context, const char *unit);

/* A line that deletes the default route that a DHCP client has left in the main table. */
void hazard_remedy_lease_route(const struct hazard_context *context, const char *interface);

/*
 * Whether myha puts the interface's addresses there, and other tools' files, in which a blank or a '*' has
 * a meaning, can name the interface.
 */
bool hazard_is_writable_name(const struct hazard_interface *interface);

/* Whether cloud-init is installed and has not been switched off. */
bool hazard_has_cloud_init(const struct hazard_context *context, const struct hazard *hazard);

/* Lines after which networkd, if it runs, has done what it was told to do with the interface. */
void hazard_remedy_networkd(
	const struct hazard_context *context, const struct hazard_interface *interface);

/* systemd-networkd: networkd.c. */
void probe_networkd_rules(const struct hazard_context *context, const struct hazard *hazard);
void probe_networkd_restart(const struct hazard_context *context, const struct hazard *hazard);
void probe_networkd_links(const struct hazard_context *context, const struct hazard *hazard);
void probe_networkd_routes(const struct hazard_context *context, const struct hazard *hazard);
void probe_networkd_overlays(const struct hazard_context *context, const struct hazard *hazard);

/* What distributions and clouds bring: distro.c. */
void probe_cloud_init(const struct hazard_context *context, const struct hazard *hazard);
void probe_net_utils(const struct hazard_context *context, const struct hazard *hazard);

/* DHCP clients that run by themselves: dhcp.c. */
void probe_dhclient(const struct hazard_context *context, const struct hazard *hazard);
void probe_dhcpcd(const struct hazard_context *context, const struct hazard *hazard);
void probe_cloud_init_dhcp(const struct hazard_context *context, const struct hazard *hazard);

/* Debian's: ifupdown.c. */
void probe_ifupdown(const struct hazard_context *context, const struct hazard *hazard);

/* NetworkManager: network_manager.c. */
void probe_network_manager(const struct hazard_context *context, const struct hazard *hazard);
void probe_manager_routes(const struct hazard_context *context, const struct hazard *hazard);
void probe_manager_overlays(const struct hazard_context *context, const struct hazard *hazard);
void probe_nm_cloud_setup(const struct hazard_context *context, const struct hazard *hazard);

/* Pacemaker: pacemaker.c. */
void probe_cluster(const struct hazard_context *context, const struct hazard *hazard);

/* SUSE's: suse.c. */
void probe_cloud_netconfig(const struct hazard_context *context, const struct hazard *hazard);
void probe_cloud_netconfig_rules(const struct hazard_context *context, const struct hazard *hazard);
void probe_wicked(const struct hazard_context *context, const struct hazard *hazard);

/* What myha needs on the host: install.c. */
void probe_udev_rule(const struct hazard_context *context, const struct hazard *hazard);
void probe_units(const struct hazard_context *context, const struct hazard *hazard);
void probe_boot_unit(const struct hazard_context *context, const struct hazard *hazard);
void probe_rp_filter(const struct hazard_context *context, const struct hazard *hazard);
void probe_old_scripts(const struct hazard_context *context, const struct hazard *hazard);
