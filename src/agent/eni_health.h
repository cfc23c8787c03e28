/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks whether a service ENI serves on this host, for the monitor of a cluster's resource. Only what the
 * service address itself needs counts as a failure; any other difference from the policy is a degradation.
 */
#pragma once

#include "eni/eni.h"

enum eni_health {
	ENI_HEALTH_GOOD,
	ENI_HEALTH_DIFFERS, /* the service is in place, but the interface is not as the policy says */
	ENI_HEALTH_UNKNOWN, /* the service is in place, and nothing more is known, or to be repaired */
	ENI_HEALTH_FAILED, /* the link is down, or the address, its rule or its route is missing */
};

/* Changes nothing. Sets words unless it is good. `look` is a dry run. */
enum eni_health eni_health_check(const struct operation *brief, const struct eni_name *name,
	const char *interface, struct error *error);

/* After ENI_HEALTH_DIFFERS: makes the interface as the policy says. 0 or -errno with words. */
int eni_health_repair(const struct operation *operation, const struct eni_name *name,
	const char *interface, struct error *error);
