/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the IPv6 router that is advertised on a link. The kernel, networkd and NetworkManager all
 * add a route of protocol ra for it.
 */
#pragma once

#include "model/netstate.h"

/*
 * Prefers the router of myha's route in `table` while it is advertised, or while no router is.
 * Returns false if there is no router.
 */
bool router_find(const struct netstate *observed, unsigned link, uint32_t table,
	struct ip_address *ret_gateway);
