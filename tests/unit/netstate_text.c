/* SPDX-License-Identifier: Apache-2.0 */
#include "netstate_text.h"

#include <stdint.h>

static const char *word(bool is, const char *text)
{
	return is ? text : "";
}

static const char *prefix(const struct ip_prefix *value, char buffer[IP_PREFIX_TEXT_SIZE])
{
	return ip_address_is_set(&value->address) ? ip_prefix_format(value, buffer) : "none";
}

void link_text(const struct net_link *link, struct strbuf *out)
{
	char mac[MAC_TEXT_SIZE];

	strbuf_printf(out, "link %u %s ", link->index, link->name);
	for (size_t i = 0; i < NET_ALTNAMES_MAX && link->altnames[i][0]; i++)
		strbuf_printf(out, "%s ", link->altnames[i]);
	strbuf_printf(out, "%s%s%s%s%s%s mtu %u max %u rp_filter %d\n", mac_format(&link->mac, mac),
		word(link->up, " up"), word(link->no_carrier, " no-carrier"),
		word(link->loopback, " loopback"), word(link->no_ipv6, " no-ipv6"),
		word(link->is_virtual, " virtual"), link->mtu, link->max_mtu, link->rp_filter);
}

void address_text(const struct net_address *address, struct strbuf *out)
{
	char text[IP_PREFIX_TEXT_SIZE];

	strbuf_printf(out, "address %u %s%s%s%s%s\n", address->link, prefix(&address->prefix, text),
		word(address->no_prefix_route, " noprefixroute"),
		word(address->tentative, " tentative"), word(address->secondary, " secondary"),
		word(address->expires, " expires"));
}

void route_text(const struct net_route *route, struct strbuf *out)
{
	char text[IP_PREFIX_TEXT_SIZE];
	char gateway[IP_ADDRESS_TEXT_SIZE] = "none";

	if (ip_address_is_set(&route->gateway))
		ip_address_format(&route->gateway, gateway);
	strbuf_printf(out,
		"route family %u table %u %s via %s dev %u type %u proto %u scope %u tos %u "
		"metric %u%s%s\n",
		route->family, route->table, prefix(&route->destination, text), gateway,
		route->link, route->type, route->protocol, route->scope, route->tos, route->metric,
		word(route->onlink, " onlink"), word(route->multipath, " multipath"));
}

void rule_text(const struct net_rule *rule, struct strbuf *out)
{
	char from[IP_PREFIX_TEXT_SIZE];
	char to[IP_PREFIX_TEXT_SIZE];

	strbuf_printf(out,
		"rule family %u priority %u from %s to %s action %u table %u proto %u%s\n",
		rule->family, rule->priority, prefix(&rule->source, from),
		prefix(&rule->destination, to), rule->action, rule->table, rule->protocol,
		word(rule->other_selectors, " other"));
}

void netstate_text(const struct netstate *state, struct strbuf *out)
{
	for (size_t i = 0; i < state->n_links; i++)
		link_text(&state->links[i], out);
	for (size_t i = 0; i < state->n_addresses; i++)
		address_text(&state->addresses[i], out);
	for (size_t i = 0; i < state->n_rules; i++)
		rule_text(&state->rules[i], out);
	for (size_t i = 0; i < state->n_routes; i++)
		route_text(&state->routes[i], out);
}
