/* SPDX-License-Identifier: Apache-2.0 */
#include "model/plan.h"

#include "base/shell.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#define IPV6_METRIC 1024 /* the kernel's default for a route without a metric */

struct number_name {
	unsigned char number;
	const char *name;
};

/* Route types as ip(8) writes them before the destination; unicast is the default and omitted. */
static const struct number_name type_names[] = {
	{RTN_LOCAL, "local"},
	{RTN_BROADCAST, "broadcast"},
	{RTN_ANYCAST, "anycast"},
	{RTN_MULTICAST, "multicast"},
	{RTN_BLACKHOLE, "blackhole"},
	{RTN_UNREACHABLE, "unreachable"},
	{RTN_PROHIBIT, "prohibit"},
	{RTN_THROW, "throw"},
};

static const struct number_name scope_names[] = {
	{RT_SCOPE_UNIVERSE, "global"},
	{RT_SCOPE_SITE, "site"},
	{RT_SCOPE_LINK, "link"},
	{RT_SCOPE_HOST, "host"},
	{RT_SCOPE_NOWHERE, "nowhere"},
};

void plan_done(struct plan *plan)
{
	if (!plan)
		return;
	free(plan->steps);
	*plan = (struct plan){0};
}

int plan_add(struct plan *plan, const struct step *step)
{
	return array_add(&plan->steps, &plan->capacity, &plan->count, step, sizeof(*step));
}

static const char *find_name(const struct number_name *names, size_t count, unsigned char number)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].number == number)
			return names[i].name;
	return NULL;
}

/* IPv6 requires "-6": arguments may not show the family. NULL: only the object is printed. */
static void print_command(unsigned char family, const char *command, struct strbuf *out)
{
	if (command)
		strbuf_printf(out, "ip%s %s ", family == AF_INET6 ? " -6" : "", command);
}

/* Prints the destination or source of a route or rule as ip(8) does; `any`: for length 0. */
static void print_prefix(const struct ip_prefix *prefix, const char *any, struct strbuf *out)
{
	char text[IP_PREFIX_TEXT_SIZE];

	if (ip_prefix_is_default(prefix))
		strbuf_add_string(out, any);
	else if (prefix->length == ip_family_bits(prefix->address.family))
		strbuf_add_string(out, ip_address_format(&prefix->address, text));
	else
		strbuf_add_string(out, ip_prefix_format(prefix, text));
}

/* A dot in the interface's name becomes a slash: sysctl(8) separates levels by dots. */
static void print_sysctl(
	const struct step *step, const char *setting, int value, struct strbuf *out)
{
	char name[IFNAMSIZ];
	size_t i;

	for (i = 0; step->interface[i]; i++)
		name[i] = step->interface[i] == '.' ? '/' : step->interface[i];
	name[i] = '\0';
	shell_printf(out, "sysctl -w net.ipv4.conf.%s", name);
	strbuf_printf(out, ".%s=%d", setting, value);
}

static void print_address(const struct step *step, const char *command, struct strbuf *out)
{
	const struct net_address *address = &step->address;
	unsigned char family = address->prefix.address.family;
	char text[IP_PREFIX_TEXT_SIZE];

	print_command(family, command, out);
	strbuf_add_string(out, ip_prefix_format(&address->prefix, text));
	shell_printf(out, " dev %s", step->interface);
	if (step->kind == STEP_ADDRESS_DELETE)
		return; /* the attributes below are only for an addition */
	/* EC2 ensures that the address is unique: duplicate address detection is not needed. */
	if (family == AF_INET6)
		strbuf_add_string(out, " nodad");
	if (address->no_prefix_route)
		strbuf_add_string(out, " noprefixroute");
	if (address->label[0])
		shell_printf(out, " label %s", address->label);
	if (address->not_preferred)
		strbuf_add_string(out, " valid_lft forever preferred_lft 0");
	else if (step->kind == STEP_ADDRESS_REPLACE)
		strbuf_add_string(out, " valid_lft forever preferred_lft forever");
}

/* Omits "global" if it is ip(8)'s default: not for direct routes. IPv6 routes have no scope. */
static void print_scope(const struct net_route *route, struct strbuf *out)
{
	const char *name = find_name(scope_names, ARRAY_SIZE(scope_names), route->scope);
	bool direct = route->type == RTN_UNICAST && !ip_address_is_set(&route->gateway);

	if (route->family != AF_INET || (route->scope == RT_SCOPE_UNIVERSE && !direct))
		return;
	if (name)
		strbuf_printf(out, " scope %s", name);
	else
		strbuf_printf(out, " scope %u", route->scope);
}

static void print_route(const struct step *step, const char *command,
	const struct table_names *names, struct strbuf *out)
{
	const struct net_route *route = &step->route;
	const char *type = find_name(type_names, ARRAY_SIZE(type_names), route->type);
	char number[16], gateway[IP_ADDRESS_TEXT_SIZE];

	print_command(route->family, command, out);
	if (type)
		strbuf_printf(out, "%s ", type);
	else if (route->type != RTN_UNICAST)
		strbuf_printf(out, "%u ", route->type);
	print_prefix(&route->destination, "default", out);
	if (route->tos)
		strbuf_printf(out, " tos 0x%02x", route->tos);
	if (ip_address_is_set(&route->gateway))
		strbuf_printf(out, " via %s%s",
			route->gateway.family == route->family ? "" : "inet6 ",
			ip_address_format(&route->gateway, gateway));
	if (route->link)
		shell_printf(out, " dev %s", step->interface);
	shell_printf(out, " table %s proto %u", table_names_format(names, route->table, number),
		route->protocol);
	print_scope(route, out);
	if (route->metric && !(route->family == AF_INET6 && route->metric == IPV6_METRIC))
		strbuf_printf(out, " metric %u", (unsigned)route->metric);
	if (route->onlink)
		strbuf_add_string(out, " onlink");
}

/* Prints "sport 80" or "sport 80-90"; last port 0: any port. */
static void print_ports(const char *keyword, const uint16_t ports[2], struct strbuf *out)
{
	if (!ports[1])
		return;
	strbuf_printf(out, " %s %u", keyword, ports[0]);
	if (ports[1] != ports[0])
		strbuf_printf(out, "-%u", ports[1]);
}

/* Prints a mask only if it does not cover all bits, as ip(8) does. */
static void print_mark(const struct net_selectors *selectors, struct strbuf *out)
{
	if (!selectors->mark_mask)
		return;
	strbuf_printf(out, " fwmark 0x%x", (unsigned)selectors->mark);
	if (selectors->mark_mask != UINT32_MAX)
		strbuf_printf(out, "/0x%x", (unsigned)selectors->mark_mask);
}

static void print_selectors(const struct net_selectors *selectors, struct strbuf *out)
{
	if (selectors->tos)
		strbuf_printf(out, " tos 0x%02x", selectors->tos);
	print_mark(selectors, out);
	if (selectors->input[0])
		shell_printf(out, " iif %s", selectors->input);
	if (selectors->output[0])
		shell_printf(out, " oif %s", selectors->output);
	if (selectors->has_users)
		strbuf_printf(out, " uidrange %u-%u", (unsigned)selectors->users[0],
			(unsigned)selectors->users[1]);
	if (selectors->ip_protocol)
		strbuf_printf(out, " ipproto %u", selectors->ip_protocol);
	print_ports("sport", selectors->source_ports, out);
	print_ports("dport", selectors->destination_ports, out);
}

static void print_action(
	const struct net_rule *rule, const struct table_names *names, struct strbuf *out)
{
	/* The actions that drop packets have the numbers and names of route types. */
	bool drops = rule->action == FR_ACT_BLACKHOLE || rule->action == FR_ACT_UNREACHABLE ||
		     rule->action == FR_ACT_PROHIBIT;
	const char *drop_name = find_name(type_names, ARRAY_SIZE(type_names), rule->action);
	char number[16];

	if (rule->selectors.l3mdev)
		strbuf_add_string(out, " l3mdev");
	else if (rule->action == FR_ACT_GOTO)
		strbuf_printf(out, " goto %u", (unsigned)rule->selectors.go_to);
	else if (drops)
		strbuf_printf(out, " %s", drop_name);
	else
		shell_printf(out, " lookup %s", table_names_format(names, rule->table, number));
	if (rule->selectors.suppresses)
		strbuf_printf(out, " suppress_prefixlength %u",
			(unsigned)rule->selectors.suppress_length);
}

static void print_rule(const struct step *step, const char *command,
	const struct table_names *names, struct strbuf *out)
{
	const struct net_rule *rule = &step->rule;

	print_command(rule->family, command, out);
	strbuf_add_string(out, rule->selectors.inverted ? "not from " : "from ");
	print_prefix(&rule->source, "all", out);
	if (!ip_prefix_is_default(&rule->destination)) {
		strbuf_add_string(out, " to ");
		print_prefix(&rule->destination, "all", out);
	}
	print_selectors(&rule->selectors, out);
	print_action(rule, names, out);
	strbuf_printf(out, " priority %u protocol %u", (unsigned)rule->priority, rule->protocol);
}

int step_print(const struct step *step, const struct table_names *names, struct strbuf *out)
{
	switch (step->kind) {
	case STEP_LINK_UP:
		shell_printf(out, "ip link set dev %s up", step->interface);
		break;
	case STEP_LINK_MTU:
		shell_printf(out, "ip link set dev %s mtu %u", step->interface,
			(unsigned)step->link.mtu);
		break;
	case STEP_LINK_RP_FILTER:
		print_sysctl(step, "rp_filter", step->link.rp_filter, out);
		break;
	case STEP_LINK_PROMOTE_SECONDARIES:
		print_sysctl(step, "promote_secondaries", step->link.promote_secondaries, out);
		break;
	case STEP_ADDRESS_ADD:
		print_address(step, "address add", out);
		break;
	case STEP_ADDRESS_REPLACE:
		print_address(step, "address replace", out);
		break;
	case STEP_ADDRESS_DELETE:
		print_address(step, "address delete", out);
		break;
	case STEP_ROUTE_ADD:
		print_route(step, "route add", names, out);
		break;
	case STEP_ROUTE_REPLACE:
		print_route(step, "route replace", names, out);
		break;
	case STEP_ROUTE_DELETE:
		print_route(step, "route delete", names, out);
		break;
	case STEP_RULE_ADD:
		print_rule(step, "rule add", names, out);
		break;
	case STEP_RULE_DELETE:
		print_rule(step, "rule delete", names, out);
		break;
	}
	return out->failed ? -ENOMEM : 0;
}

int step_print_object(const struct step *step, const struct table_names *names, struct strbuf *out)
{
	if (step->kind == STEP_ADDRESS_ADD)
		print_address(step, NULL /* no command */, out);
	else if (step->kind == STEP_ROUTE_ADD)
		print_route(step, NULL /* no command */, names, out);
	else
		print_rule(step, NULL /* no command */, names, out);
	return out->failed ? -ENOMEM : 0;
}
