/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What else configures this host's network, or keeps myha from doing so: one hazard a row of a table
 * (others.c), each with a probe that looks at files, never at processes' mouths or a bus. All files
 * are below a root directory, so that tests bring trees of their own.
 *
 * What each tool does, and what helps, was tried on the systems that have it; the probes say how far
 * the knowledge goes.
 */
#pragma once

#include "app/diagnosis.h"
#include "base/parse.h"
#include "policy/policy.h"

#include <stdint.h>

/* An interface that the policy lists. */
struct others_interface {
	const char *
		name; /* the kernel's; of one that is not here the policy's, where it is no pattern */
	unsigned index; /* 0: it is not here */
	struct mac mac; /* zero: not known */
	int rp_filter; /* -1: not known */
	enum policy_addresses addresses;
	bool has_host_sources; /* no rule of the policy's for it is from a whole network */
	bool has_rule; /* what it answers is looked up in its own table: strict filtering passes it */
};

/* An overlay address, and the link that is to carry it. */
struct others_overlay {
	const char *name;
	const struct ip_address *address;
	bool at_boot; /* a boot puts it on this host, or takes it off */
	const char *interface; /* the kernel's name; NULL: not known */
	unsigned index;
};

/* All borrowed. */
struct others {
	const char *root; /* "": this host's own */
	uint64_t now; /* seconds since 1970 */
	bool has_policy;
	const struct others_interface *interfaces;
	size_t n_interfaces;
	bool lists_interfaces; /* the policy does, even where none of them is known by name */
	const struct others_overlay *overlays;
	size_t n_overlays;
	struct diagnosis *diagnosis;
};

struct hazard {
	const char *id;
	enum doctor_area area;
	enum finding_severity severity;
	void (*probe)(const struct others *others, const struct hazard *hazard);
};

extern const struct hazard hazards[];
extern const size_t n_hazards;

/* All of them. */
void others_probe(const struct others *others);

/* For the probes: a finding of this hazard; diagnosis_remedy() adds to it. */
void hazard_found(const struct others *others, const struct hazard *hazard, const char *format, ...)
	_printf_(3, 4);

/*
 * A file of another tool. One that is there and cannot be read is something unknown, and said to be so.
 * 0 or -errno.
 */
int hazard_read(const struct others *others, const struct hazard *hazard, const char *path,
	struct strbuf *ret_text);

/*
 * Whether a question is answered with yes: `answer` is 1, 0 or -errno. Memory that ran out is no answer,
 * and fails the diagnosis.
 */
bool hazard_holds(const struct others *others, int answer);

/* Something of it could not be looked at. */
void hazard_unknown(
	const struct others *others, const struct hazard *hazard, const char *what, int err);

/* The lines that write a configuration file: what is there is replaced, a mask too. */
void hazard_remedy_file(const struct others *others, const char *path, const char *const *lines);

/* A line that waits for the end of a unit's run: until then it acts by the configuration of before. */
void hazard_remedy_ended(const struct others *others, const char *unit);

/* A line that deletes the default route that a DHCP client has left in the main table. */
void hazard_remedy_lease_route(const struct others *others, const char *interface);

/*
 * Whether myha puts the interface's addresses there, and other tools' files, in which a blank or a '*' has
 * a meaning, can name the interface.
 */
bool others_is_writable_name(const struct others_interface *interface);

/* The DHCP client to which an address with a lifetime is likely due. Static text. */
const char *others_lease_client(const struct others *others, const char *interface, unsigned index);

/* Whether cloud-init is installed and has not been switched off. */
bool others_has_cloud_init(const struct others *others, const struct hazard *hazard);

/* Lines after which networkd, if it runs, has done what it was told to do with the interface. */
void hazard_remedy_networkd(const struct others *others, const struct others_interface *interface);

/* systemd-networkd: others_networkd.c. */
void probe_networkd_rules(const struct others *others, const struct hazard *hazard);
void probe_networkd_restart(const struct others *others, const struct hazard *hazard);
void probe_networkd_links(const struct others *others, const struct hazard *hazard);
void probe_networkd_routes(const struct others *others, const struct hazard *hazard);
void probe_networkd_overlays(const struct others *others, const struct hazard *hazard);

/* What distributions and clouds bring: others_tools.c. */
void probe_cloud_init(const struct others *others, const struct hazard *hazard);
void probe_net_utils(const struct others *others, const struct hazard *hazard);

/* DHCP clients that run by themselves: others_dhcp.c. */
void probe_dhclient(const struct others *others, const struct hazard *hazard);
void probe_dhcpcd(const struct others *others, const struct hazard *hazard);
void probe_cloud_init_dhcp(const struct others *others, const struct hazard *hazard);

/* Debian's: others_ifupdown.c. */
void probe_ifupdown(const struct others *others, const struct hazard *hazard);

/* NetworkManager: others_manager.c. */
void probe_network_manager(const struct others *others, const struct hazard *hazard);
void probe_manager_routes(const struct others *others, const struct hazard *hazard);
void probe_manager_overlays(const struct others *others, const struct hazard *hazard);
void probe_nm_cloud_setup(const struct others *others, const struct hazard *hazard);

/* Pacemaker: others_cluster.c. */
void probe_cluster(const struct others *others, const struct hazard *hazard);

/* SUSE's: others_suse.c. */
void probe_cloud_netconfig(const struct others *others, const struct hazard *hazard);
void probe_cloud_netconfig_rules(const struct others *others, const struct hazard *hazard);
void probe_wicked(const struct others *others, const struct hazard *hazard);

/* What myha needs on the host: others_host.c. */
void probe_udev_rule(const struct others *others, const struct hazard *hazard);
void probe_units(const struct others *others, const struct hazard *hazard);
void probe_boot_unit(const struct others *others, const struct hazard *hazard);
void probe_rp_filter(const struct others *others, const struct hazard *hazard);
void probe_old_scripts(const struct others *others, const struct hazard *hazard);
