/* SPDX-License-Identifier: Apache-2.0 */
#include "golden/golden_kernel.h"

#include "base/file.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

/* The words of one line, and where they stand. */
struct line {
	const char *path;
	unsigned number;
	char *word[32];
	size_t count;
	size_t at;
	const struct table_names *names;
	struct netstate *state;
};

static void wrong(const struct line *line, const char *what)
{
	fail_msg("%s:%u: %s", line->path, line->number, what);
}

static const char *next(struct line *line)
{
	if (line->at == line->count)
		wrong(line, "a word is missing at the end of the line");
	return line->word[line->at++];
}

/* Whether the next word is this one; then it is taken. */
static bool is(struct line *line, const char *word)
{
	if (line->at == line->count || strcmp(line->word[line->at], word) != 0)
		return false;
	line->at++;
	return true;
}

static uint32_t next_number(struct line *line)
{
	uint32_t value = 0;

	if (parse_u32(next(line), 0, UINT32_MAX, &value))
		wrong(line, "not a number");
	return value;
}

static struct ip_prefix next_prefix(struct line *line)
{
	struct ip_prefix prefix = {0};

	if (is(line, "default") || is(line, "all"))
		return prefix;
	if (ip_prefix_parse(next(line), &prefix))
		wrong(line, "not a prefix");
	return prefix;
}

static uint32_t next_table(struct line *line)
{
	const char *word = next(line);
	uint32_t table = 0;

	if (table_names_find(line->names, word, &table) && parse_u32(word, 1, UINT32_MAX, &table))
		wrong(line, "not a table");
	return table;
}

static unsigned char next_protocol(struct line *line)
{
	static const struct {
		const char *name;
		unsigned char number;
	} protocols[] = {
		{"kernel", RTPROT_KERNEL},
		{"boot", RTPROT_BOOT},
		{"static", RTPROT_STATIC},
		{"ra", RTPROT_RA},
		{"dhcp", RTPROT_DHCP},
		{"myha", NET_PROTOCOL_MYHA},
	};
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (is(line, protocols[i].name))
			return protocols[i].number;
	return (unsigned char)next_number(line);
}

static unsigned next_link(struct line *line)
{
	const struct net_link *link = netstate_link_by_name(line->state, next(line));

	if (!link)
		wrong(line, "there is no such link above");
	return link->index;
}

static void read_link(struct line *line)
{
	struct net_link link = {.index = next_number(line), .mtu = 1500};

	snprintf(link.name, sizeof(link.name), "%s", next(line));
	while (line->at < line->count) {
		if (is(line, "mac")) {
			if (parse_mac(next(line), &link.mac))
				wrong(line, "not a MAC address");
		} else if (is(line, "mtu"))
			link.mtu = next_number(line);
		else if (is(line, "max-mtu"))
			link.max_mtu = next_number(line);
		else if (is(line, "rp_filter"))
			link.rp_filter = (int)next_number(line);
		else if (is(line, "up"))
			link.up = true;
		else if (is(line, "loopback"))
			link.loopback = true;
		else if (is(line, "no-ipv6"))
			link.no_ipv6 = true;
		else
			wrong(line, "not an attribute of a link");
	}
	assert_int_equal(netstate_add_link(line->state, &link), 0);
}

static void read_address(struct line *line)
{
	struct net_address address = {.prefix = next_prefix(line)};

	if (!is(line, "dev"))
		wrong(line, "an address requires \"dev NAME\"");
	address.link = next_link(line);
	address.expires = is(line, "dynamic");
	assert_int_equal(netstate_add_address(line->state, &address), 0);
}

static void read_route(struct line *line)
{
	struct net_route route = {
		.type = is(line, "throw") ? RTN_THROW : RTN_UNICAST,
		.protocol = RTPROT_BOOT,
		.table = RT_TABLE_MAIN,
	};
	unsigned char family = AF_INET;

	route.destination = next_prefix(line);
	if (route.destination.address.family)
		family = route.destination.address.family;
	while (line->at < line->count) {
		if (is(line, "via")) {
			if (ip_address_parse(next(line), &route.gateway))
				wrong(line, "not an address");
			family = route.gateway.family;
		} else if (is(line, "dev"))
			route.link = next_link(line);
		else if (is(line, "table"))
			route.table = next_table(line);
		else if (is(line, "proto"))
			route.protocol = next_protocol(line);
		else if (is(line, "metric"))
			route.metric = next_number(line);
		else if (is(line, "-6"))
			family = AF_INET6;
		else if (is(line, "multipath"))
			route.multipath = true;
		else if (is(line, "scope")) {
			if (!is(line, "link"))
				wrong(line, "a scope other than link");
			route.scope = RT_SCOPE_LINK;
		} else
			wrong(line, "not an attribute of a route");
	}
	route.family = family;
	route.destination.address.family = family;
	if (family == AF_INET6 && !route.metric)
		route.metric = 1024;
	assert_int_equal(netstate_add_route(line->state, &route), 0);
}

static void read_rule(struct line *line)
{
	struct net_rule rule = {.action = FR_ACT_TO_TBL, .protocol = RTPROT_BOOT};
	unsigned char family = AF_INET;

	while (line->at < line->count) {
		if (is(line, "from"))
			rule.source = next_prefix(line);
		else if (is(line, "to"))
			rule.destination = next_prefix(line);
		else if (is(line, "lookup"))
			rule.table = next_table(line);
		else if (is(line, "priority"))
			rule.priority = next_number(line);
		else if (is(line, "protocol"))
			rule.protocol = next_protocol(line);
		else if (is(line, "-6"))
			family = AF_INET6;
		else
			wrong(line, "not an attribute of a rule");
	}
	if (rule.source.address.family)
		family = rule.source.address.family;
	else if (rule.destination.address.family)
		family = rule.destination.address.family;
	rule.family = rule.source.address.family = rule.destination.address.family = family;
	assert_int_equal(netstate_add_rule(line->state, &rule), 0);
}

static void read_line(struct line *line, char *text)
{
	char *save = NULL;

	text[strcspn(text, "#")] = '\0';
	line->count = line->at = 0;
	for (char *word = strtok_r(text, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		if (line->count == ARRAY_SIZE(line->word))
			wrong(line, "too many words");
		line->word[line->count++] = word;
	}
	if (!line->count)
		return;
	if (is(line, "link"))
		read_link(line);
	else if (is(line, "address"))
		read_address(line);
	else if (is(line, "route"))
		read_route(line);
	else if (is(line, "rule"))
		read_rule(line);
	else
		wrong(line, "begins with none of link, address, route, rule");
}

void golden_read_kernel(const char *path, const struct table_names *names, struct netstate *state)
{
	_cleanup_(strbuf_done) struct strbuf content = {0};
	struct line line = {.path = path, .names = names, .state = state};
	char *save = NULL, *text;

	if (file_read(path, 1 << 20, &content, NULL))
		fail_msg("cannot read %s", path);
	/* strtok_r() would pass over empty lines, and the numbers would be off. */
	for (text = content.data; text; text = save) {
		line.number++;
		save = strchr(text, '\n');
		if (save)
			*save++ = '\0';
		read_line(&line, text);
	}
}
