/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds hazards: other software that changes this host's network, and faults that keep myha from
 * managing it. Each hazard is a row of the table in hazard.c, and each row has a probe. Probes only
 * read files below a root directory: they run no program and use no D-Bus. Tests supply directory
 * trees of their own.
 *
 * The effects of each tool and the remedies were tried on systems that have the tool. The probes'
 * source files name the versions.
 */
#pragma once

#include "base/parse.h"
#include "hazard/diagnosis.h"
#include "policy/policy.h"

#include <stdint.h>

/* An interface that the policy lists. */
struct hazard_interface {
	const char *name; /* the kernel's; if absent, the policy's, but never a pattern */
	unsigned index; /* 0: the interface is absent */
	struct mac mac; /* all zero: not known */
	int rp_filter; /* -1: not known */
	enum policy_addresses addresses;
	bool has_host_sources; /* its source rules match single addresses, no network */
	bool has_rule; /* an IPv4 rule of myha uses its table: a strict rp_filter drops nothing */
};

/* An overlay address, and the link that holds it when it is on this host. */
struct hazard_overlay {
	const char *name;
	const struct ip_address *address;
	bool at_boot; /* myha boot places it on this host, or removes it */
	const char *interface; /* the kernel's name of the link; NULL: not known */
	unsigned index; /* of the link; 0: not known */
};

/* All borrowed. */
struct hazard_context {
	const char *root; /* "": this host's own root */
	uint64_t now; /* seconds since 1970, by the wall clock */
	bool has_policy;
	const struct hazard_interface *interfaces; /* those whose name is known */
	size_t n_interfaces;
	bool lists_interfaces; /* the policy has interfaces, even if none is in `interfaces` */
	const struct hazard_overlay *overlays;
	size_t n_overlays;
	struct diagnosis *diagnosis;
	const struct hazard *hazard; /* the row that is being probed; hazard_probe_all() sets it */
};

typedef void hazard_host_probe(const struct hazard_context *context);
typedef void hazard_interface_probe(
	const struct hazard_context *context, const struct hazard_interface *interface);
typedef void hazard_overlay_probe(
	const struct hazard_context *context, const struct hazard_overlay *overlay);

/* A kind of finding: its probe adds findings with this id, area and severity. */
struct hazard {
	const char *id;
	enum diagnosis_area area;
	enum finding_severity severity;
	/* One of these is set. */
	hazard_host_probe *probe_host;
	hazard_interface_probe *probe_interface; /* called for each interface */
	hazard_overlay_probe *probe_overlay; /* called for each overlay */
};

/* Runs all probes; they add their findings to context->diagnosis. */
void hazard_probe_all(const struct hazard_context *context);

/* Returns the name of the DHCP client that probably gave an address its lifetime; static. */
const char *hazard_find_lease_client(
	const struct hazard_context *context, const char *interface, unsigned index);
