/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for a network interface to come to this host: on the kernel's events, not by looking again
 * and again.
 */
#pragma once

#include "core/operation.h"

/* The link with this MAC address, as soon as there is one. -ETIME with words after the deadline. */
int link_wait(const struct operation *operation, const struct mac *mac, struct net_link *ret_link,
	struct error *error);

/* Whether there is one now. */
int link_is_here(const struct operation *operation, const struct mac *mac, bool *ret_is_here,
	struct error *error);
