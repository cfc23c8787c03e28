/* SPDX-License-Identifier: Apache-2.0 */
#include "model/router.h"

#include <linux/rtnetlink.h>

static bool is_default_via(const struct net_route *route, unsigned link, unsigned char protocol)
{
	return route->family == AF_INET6 && route->protocol == protocol && route->link == link &&
	       route->type == RTN_UNICAST && ip_prefix_is_default(&route->destination) &&
	       ip_address_is_set(&route->gateway);
}

bool router_find(const struct netstate *observed, unsigned link, uint32_t table,
	struct ip_address *ret_gateway)
{
	const struct ip_address *advertised = NULL;
	const struct ip_address *ours = NULL;
	bool ours_advertised = false;

	for (size_t i = 0; i < observed->n_routes; i++) {
		const struct net_route *route = &observed->routes[i];
		if (route->table == table && is_default_via(route, link, NET_PROTOCOL_MYHA))
			ours = &route->gateway;
	}
	for (size_t i = 0; i < observed->n_routes; i++) {
		const struct net_route *route = &observed->routes[i];
		if (!is_default_via(route, link, RTPROT_RA))
			continue;
		if (!advertised)
			advertised = &route->gateway;
		if (ours && ip_address_compare(ours, &route->gateway) == 0)
			ours_advertised = true;
	}
	if (ours && (ours_advertised || !advertised))
		advertised = ours;
	if (!advertised)
		return false;
	*ret_gateway = *advertised;
	return true;
}
