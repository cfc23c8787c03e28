/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What else configures this host's network, or keeps myha from doing so: one hazard a row of a table
 * (hazard.c), each with a probe that looks at files, never at processes' mouths or a bus. All files
 * are below a root directory, so that tests bring trees of their own.
 *
 * What each tool does, and what helps, was tried on the systems that have it; the probes say how far
 * the knowledge goes.
 */
#pragma once

#include "base/parse.h"
#include "hazard/diagnosis.h"
#include "policy/policy.h"

#include <stdint.h>

/* An interface that the policy lists. */
struct hazard_interface {
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
struct hazard_overlay {
	const char *name;
	const struct ip_address *address;
	bool at_boot; /* a boot puts it on this host, or takes it off */
	const char *interface; /* the kernel's name; NULL: not known */
	unsigned index;
};

/* All borrowed. */
struct hazard_context {
	const char *root; /* "": this host's own */
	uint64_t now; /* seconds since 1970 */
	bool has_policy;
	const struct hazard_interface *interfaces;
	size_t n_interfaces;
	bool lists_interfaces; /* the policy does, even where none of them is known by name */
	const struct hazard_overlay *overlays;
	size_t n_overlays;
	struct diagnosis *diagnosis;
};

struct hazard {
	const char *id;
	enum doctor_area area;
	enum finding_severity severity;
	void (*probe)(const struct hazard_context *context, const struct hazard *hazard);
};

extern const struct hazard hazards[];
extern const size_t n_hazards;

/* All of them. */
void hazard_probe_all(const struct hazard_context *context);

/* The DHCP client to which an address with a lifetime is likely due. Static text. */
const char *hazard_lease_client(
	const struct hazard_context *context, const char *interface, unsigned index);
