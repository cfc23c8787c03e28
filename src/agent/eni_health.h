/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks for the monitor of a cluster's resource whether a service ENI serves on this host. It is a
 * failure only if the service address lacks something that it needs. Any other difference from the
 * policy is a degradation.
 */
#pragma once

#include "eni/eni.h"

enum eni_health {
	ENI_HEALTH_GOOD,
	ENI_HEALTH_DIFFERS, /* the service works, but the interface differs from the policy */
	ENI_HEALTH_UNKNOWN, /* a check failed, or the difference must not be repaired */
	ENI_HEALTH_FAILED, /* the link is down, or the address, its rule or its route is missing */
};

/* `read_only` must be a dry run; `interface` is the ENI's link. GOOD sets no message. */
enum eni_health eni_health_check(const struct operation *read_only, const struct eni_name *name,
	const char *interface, struct error *error);

/* For ENI_HEALTH_DIFFERS: configures the interface. Returns 0 or -errno with a message. */
int eni_health_repair(const struct operation *operation, const struct eni_name *name,
	const char *interface, struct error *error);
