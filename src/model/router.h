/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the IPv6 router that is advertised on a link. The kernel, networkd and NetworkManager all put it
 * into a route of protocol ra.
 */
#pragma once

#include "model/netstate.h"

/*
 * The router of our route in `table` stays as long as it is advertised, or none is. False: there is no
 * router.
 */
bool router_find(const struct netstate *observed, unsigned link, uint32_t table,
	struct ip_address *ret_gateway);
