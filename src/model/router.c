/* SPDX-License-Identifier: Apache-2.0 */
#include "model/router.h"

#include <linux/rtnetlink.h>

static bool is_default_via(const struct net_route *route, unsigned link, unsigned char protocol)
{
	return route->family == AF_INET6 && route->protocol == protocol && route->link == link &&
	       route->type == RTN_UNICAST && ip_prefix_is_default(&route->destination) &&
	       ip_address_is_set(&route->gateway);
}

/* Prefers the gateway of myha's route: with two routers, each run could else replace the route. */
bool router_find(const struct netstate *observed, unsigned link, uint32_t table,
	struct ip_address *ret_gateway)
{
	const struct ip_address *advertised = NULL;
	const struct ip_address *in_use = NULL; /* by myha's route */
	bool in_use_is_advertised = false;

	for (size_t i = 0; i < observed->n_routes; i++) {
		const struct net_route *route = &observed->routes[i];
		if (route->table == table && is_default_via(route, link, NET_PROTOCOL_MYHA))
			in_use = &route->gateway;
	}
	for (size_t i = 0; i < observed->n_routes; i++) {
		const struct net_route *route = &observed->routes[i];
		if (!is_default_via(route, link, RTPROT_RA))
			continue;
		if (!advertised)
			advertised = &route->gateway;
		if (in_use && ip_address_compare(in_use, &route->gateway) == 0)
			in_use_is_advertised = true;
	}
	bool keeps_router = in_use && (in_use_is_advertised || !advertised);
	if (!keeps_router && !advertised)
		return false;
	*ret_gateway = keeps_router ? *in_use : *advertised;
	return true;
}
