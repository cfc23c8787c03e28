/* SPDX-License-Identifier: Apache-2.0 */
/* Waits for a network interface to appear on this host, on the kernel's events (no polling). */
#pragma once

#include "core/operation.h"

/*
 * Waits for the link with this MAC address. Returns 0; -ETIME after the deadline; or another
 * -errno; each with a message.
 */
int link_wait_for_mac(const struct operation *operation, const struct mac *mac,
	struct net_link *ret_link, struct error *error);

/* Whether there is a link with this MAC address now. Returns 0 or -errno with a message. */
int link_check_presence(const struct operation *operation, const struct mac *mac,
	bool *ret_is_present, struct error *error);
