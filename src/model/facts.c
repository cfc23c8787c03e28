/* SPDX-License-Identifier: Apache-2.0 */
#include "model/facts.h"

#include "policy/policy_address.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 64 /* bytes; the longest line, an IPv6 prefix, has 49 */
#define SHOWN_BYTES 40 /* maximum bytes of an invalid value in a message */
#define DEVICE_NUMBER_MAX INT32_MAX /* the largest number in a policy_match */

/* A value that is read line by line. */
struct lines {
	const char *at; /* the begin of the next line */
	const char *end;
	const char *line; /* the latest line as received; NULL: none yet */
	char text[LINE_SIZE]; /* the latest line, NUL-terminated */
};

struct fact_kind {
	const char *key;
	const char *form; /* the expected form, for messages */
	/* Returns 0, -EBADMSG or -ENOMEM. */
	int (*read)(struct lines *lines, const struct fact_kind *kind, void *target);
	size_t offset; /* of the target in struct facts */
	const char *id_prefix; /* for read_id() */
	int (*parse)(/* each line, for read_list() */
		const char *text, unsigned char family, struct ip_prefix *ret_prefix);
	unsigned char family;
};

/* Returns 0; -ENODATA: no more lines; -EBADMSG: a line that is empty, too long or contains NUL. */
static int read_line(struct lines *lines)
{
	if (lines->at == lines->end)
		return -ENODATA;
	size_t left = (size_t)(lines->end - lines->at);
	const char *newline = memchr(lines->at, '\n', left);
	size_t length = newline ? (size_t)(newline - lines->at) : left;

	lines->line = lines->at;
	lines->at += length + (newline ? 1 : 0);
	if (length == 0 || length >= sizeof(lines->text) || memchr(lines->line, '\0', length))
		return -EBADMSG;
	memcpy(lines->text, lines->line, length);
	lines->text[length] = '\0';
	return 0;
}

/* Reads the only line of a value. -EBADMSG: no line, more lines, or an invalid line. */
static int read_single_line(struct lines *lines)
{
	int err = read_line(lines);

	return err || lines->at != lines->end ? -EBADMSG : 0;
}

static int read_mac(struct lines *lines, const struct fact_kind *kind, void *ret_target)
{
	(void)kind;
	if (read_single_line(lines) || parse_mac(lines->text, ret_target))
		return -EBADMSG;
	return 0;
}

static int read_number(struct lines *lines, const struct fact_kind *kind, void *ret_target)
{
	(void)kind;
	if (read_single_line(lines) || parse_u32(lines->text, 0, DEVICE_NUMBER_MAX, ret_target))
		return -EBADMSG;
	return 0;
}

static int read_id(struct lines *lines, const struct fact_kind *kind, void *ret_target)
{
	if (read_single_line(lines) || parse_ec2_id(lines->text, kind->id_prefix))
		return -EBADMSG;
	/* The id fits: it has at most 17 digits. */
	memcpy(ret_target, lines->text, strlen(lines->text) + 1);
	return 0;
}

/* No subnet contains unspecified, loopback, multicast or reserved addresses. */
static bool is_unicast(const struct ip_address *address)
{
	static const struct ip_prefix reserved[] = {
		{{AF_INET, {0}}, 8},
		{{AF_INET, {127}}, 8},
		{{AF_INET, {224}}, 3},
		{{AF_INET6, {0}}, 64},
		{{AF_INET6, {0xff}}, 8},
	};

	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (ip_prefix_contains(&reserved[i], address))
			return false;
	return true;
}

static int parse_host(const char *text, unsigned char family, struct ip_prefix *ret_host)
{
	struct ip_address address;

	/* Special addresses (link-local, …) can be neither overlays nor an ENI's addresses. */
	if (ip_address_parse(text, &address) || address.family != family || !is_unicast(&address) ||
		policy_find_overlay_problem(&address))
		return -EBADMSG;
	*ret_host = ip_prefix_of_host(&address);
	return 0;
}

static int parse_network(const char *text, unsigned char family, struct ip_prefix *ret_network)
{
	struct ip_prefix network;

	if (!strchr(text, '/') || ip_prefix_parse(text, &network) ||
		network.address.family != family || !is_unicast(&network.address) ||
		ip_prefix_is_default(&network) || ip_prefix_has_host_bits(&network))
		return -EBADMSG;
	*ret_network = network;
	return 0;
}

static int read_network(struct lines *lines, const struct fact_kind *kind, void *ret_target)
{
	return read_single_line(lines) ? -EBADMSG
				       : parse_network(lines->text, kind->family, ret_target);
}

/* Ignores repeated values. Changes the target only if all lines are valid. */
static int read_list(struct lines *lines, const struct fact_kind *kind, void *target)
{
	_cleanup_(prefix_list_done) struct prefix_list list = {0};
	int err;

	while (!(err = read_line(lines))) {
		struct ip_prefix prefix;
		err = kind->parse(lines->text, kind->family, &prefix);
		if (!err && !prefix_list_has(&list, &prefix))
			err = prefix_list_add(&list, &prefix);
		if (err)
			return err;
	}
	if (err != -ENODATA || list.count == 0)
		return -EBADMSG;
	prefix_list_done(target);
	*(struct prefix_list *)target = TAKE_STRUCT(list);
	return 0;
}

#define TARGET(member) offsetof(struct facts, member)

static const struct fact_kind kinds[FACT_COUNT_] = {
	[FACT_PRIMARY_MAC] = {"mac", "a MAC address", read_mac, TARGET(primary_mac)},
	[FACT_DEVICE_NUMBER] = {"device-number", "a number", read_number, TARGET(device_number)},
	[FACT_INTERFACE_ID] = {"interface-id", "an ENI id", read_id, TARGET(interface_id), "eni"},
	[FACT_SUBNET_ID] = {"subnet-id", "a subnet id", read_id, TARGET(subnet_id), "subnet"},
	[FACT_LOCAL_IPV4S] = {"local-ipv4s", "a list of IPv4 addresses", read_list, TARGET(ipv4s),
		NULL, parse_host, AF_INET},
	[FACT_SUBNET_IPV4] = {"subnet-ipv4-cidr-block", "an IPv4 prefix", read_network,
		TARGET(subnet4), NULL, NULL, AF_INET},
	[FACT_IPV6S] = {"ipv6s", "a list of IPv6 addresses", read_list, TARGET(ipv6s), NULL,
		parse_host, AF_INET6},
	[FACT_SUBNET_IPV6] = {"subnet-ipv6-cidr-blocks", "a list of IPv6 prefixes", read_list,
		TARGET(subnets6), NULL, parse_network, AF_INET6},
	[FACT_IPV4_PREFIX] = {"ipv4-prefix", "a list of IPv4 prefixes", read_list,
		TARGET(delegated4), NULL, parse_network, AF_INET},
	[FACT_IPV6_PREFIX] = {"ipv6-prefix", "a list of IPv6 prefixes", read_list,
		TARGET(delegated6), NULL, parse_network, AF_INET6},
};

void facts_init(struct facts *facts, const struct mac *mac)
{
	char text[MAC_TEXT_SIZE];

	*facts = (struct facts){.mac = *mac};
	snprintf(facts->not_listed, sizeof(facts->not_listed), "EC2's metadata do not list %s yet",
		mac_format(mac, text));
}

void facts_done(struct facts *facts)
{
	if (!facts)
		return;
	prefix_list_done(&facts->ipv4s);
	prefix_list_done(&facts->ipv6s);
	prefix_list_done(&facts->subnets6);
	prefix_list_done(&facts->delegated4);
	prefix_list_done(&facts->delegated6);
	*facts = (struct facts){0};
}

void facts_clear(struct facts *facts)
{
	struct mac mac = facts->mac;

	facts_done(facts);
	facts_init(facts, &mac);
}

const char *facts_key(enum fact fact)
{
	return kinds[fact].key;
}

/* Quotes the latest line, which is invalid, up to SHOWN_BYTES. */
static int set_value_error(
	const struct fact_kind *kind, const struct lines *lines, struct error *error)
{
	char shown[SHOWN_BYTES + 1];
	size_t left = lines->line ? (size_t)(lines->end - lines->line) : 0;
	const char *newline = left ? memchr(lines->line, '\n', left) : NULL;
	size_t length = newline ? (size_t)(newline - lines->line) : left;
	bool is_cut = length > SHOWN_BYTES;

	if (is_cut)
		length = SHOWN_BYTES;
	for (size_t i = 0; i < length; i++)
		shown[i] = lines->line[i] ? lines->line[i] : '?';
	shown[length] = '\0';
	return error_set(error, OUTCOME_FAILED, EBADMSG,
		"EC2's metadata are invalid: %s is \"%s%s\", not %s", kind->key, shown,
		is_cut ? "..." : "", kind->form);
}

int facts_set(
	struct facts *facts, enum fact fact, const char *bytes, size_t length, struct error *error)
{
	const struct fact_kind *kind = &kinds[fact];
	struct lines lines = {.at = bytes, .end = bytes + length};

	if (length > FACT_VALUE_MAX)
		return error_set(error, OUTCOME_FAILED, EBADMSG,
			"EC2's metadata are invalid: %s is too long: %zu bytes", kind->key, length);
	int err = kind->read(&lines, kind, (char *)facts + kind->offset);
	if (err == -ENOMEM)
		return error_oom(error);
	if (err)
		return set_value_error(kind, &lines, error);
	facts->known |= FACT_BIT(fact);
	facts->absent &= ~FACT_BIT(fact);
	return 0;
}

void facts_set_absent(struct facts *facts, enum fact fact)
{
	const struct fact_kind *kind = &kinds[fact];

	/* Users of a list do not check `known`, so an absent list must be empty. */
	if (kind->read == read_list)
		prefix_list_done((struct prefix_list *)((char *)facts + kind->offset));
	facts->known &= ~FACT_BIT(fact);
	facts->absent |= FACT_BIT(fact);
}

/*
 * A state that no complete ENI has: all facts of `known` are known and all facts of `absent` are
 * absent. So the metadata have not propagated yet.
 */
struct lag {
	unsigned known;
	unsigned absent;
	const char *text; /* for facts_find_lag(); NULL: facts->not_listed */
};

static const struct lag lags[] = {
	{0, FACT_BIT(FACT_DEVICE_NUMBER), NULL},
	{0, FACT_BIT(FACT_INTERFACE_ID), NULL},
	{0, FACT_BIT(FACT_SUBNET_ID), NULL},
	{0, FACT_BIT(FACT_LOCAL_IPV4S) | FACT_BIT(FACT_IPV6S),
		"EC2's metadata have no address for this ENI yet"},
	{FACT_BIT(FACT_SUBNET_IPV4), FACT_BIT(FACT_LOCAL_IPV4S),
		"EC2's metadata have an IPv4 subnet but no local-ipv4s for this ENI yet"},
	{FACT_BIT(FACT_LOCAL_IPV4S), FACT_BIT(FACT_SUBNET_IPV4),
		"EC2's metadata have local-ipv4s but no subnet-ipv4-cidr-block for this ENI yet"},
	{FACT_BIT(FACT_IPV6S), FACT_BIT(FACT_SUBNET_IPV6),
		"EC2's metadata have ipv6s but no subnet-ipv6-cidr-blocks for this ENI yet"},
};

static bool has_device_number_zero(const struct facts *facts)
{
	return facts->known & FACT_BIT(FACT_DEVICE_NUMBER) && facts->device_number == 0;
}

static bool has_primary_mac(const struct facts *facts)
{
	return facts->known & FACT_BIT(FACT_PRIMARY_MAC) &&
	       memcmp(&facts->primary_mac, &facts->mac, sizeof(facts->mac)) == 0;
}

/* Only the primary ENI has device number 0: another ENI's 0 means that the metadata lag behind. */
const char *facts_find_lag(const struct facts *facts)
{
	for (size_t i = 0; i < ARRAY_SIZE(lags); i++) {
		const struct lag *lag = &lags[i];
		if ((facts->known & lag->known) == lag->known &&
			(facts->absent & lag->absent) == lag->absent)
			return lag->text ? lag->text : facts->not_listed;
	}
	if (has_device_number_zero(facts) && !has_primary_mac(facts))
		return "EC2's metadata still report device-number 0 for this ENI";
	return NULL;
}

/* Whether facts_find_lag() would compare the primary ENI's MAC, which was not fetched yet. */
bool facts_lag_needs_primary_mac(const struct facts *facts)
{
	unsigned queried = facts->known | facts->absent;

	return has_device_number_zero(facts) && !(queried & FACT_BIT(FACT_PRIMARY_MAC));
}

/* Whether a recent change contradicts the metadata. A change after `now` is a broken record. */
bool facts_lag_behind_change(
	const struct facts *facts, const struct facts_change *change, uint64_t now)
{
	const struct ip_prefix host = ip_prefix_of_host(&change->address);
	bool is_recent = change->at <= now && now - change->at < FACTS_CHANGE_MSEC;

	return facts->known & FACT_BIT(FACT_LOCAL_IPV4S) && is_recent &&
	       prefix_list_has(&facts->ipv4s, &host) != change->is_assigned;
}

/* Whether the address was released from the ENI, but the metadata still list it. */
static bool has_lagging_release(const struct facts *facts, const struct facts_change *changes,
	size_t count, uint64_t now, const struct ip_prefix *host)
{
	for (size_t i = 0; i < count; i++)
		if (!changes[i].is_assigned && facts_lag_behind_change(facts, &changes[i], now) &&
			ip_address_compare(&changes[i].address, &host->address) == 0)
			return true;
	return false;
}

int facts_apply_changes(const struct facts *facts, const struct facts_change *changes, size_t count,
	uint64_t now, struct prefix_list *ret_ipv4s)
{
	_cleanup_(prefix_list_done) struct prefix_list ipv4s = {0};
	int err = 0;

	for (size_t i = 0; !err && i < facts->ipv4s.count; i++) {
		const struct ip_prefix *host = &facts->ipv4s.items[i];
		bool is_primary = i == 0;
		if (is_primary || !has_lagging_release(facts, changes, count, now, host))
			err = prefix_list_add(&ipv4s, host);
	}
	for (size_t i = 0; !err && i < count; i++) {
		const struct ip_prefix host = ip_prefix_of_host(&changes[i].address);
		if (changes[i].is_assigned && facts_lag_behind_change(facts, &changes[i], now))
			err = prefix_list_add(&ipv4s, &host);
	}
	if (err)
		return err;
	*ret_ipv4s = TAKE_STRUCT(ipv4s);
	return 0;
}

int prefix_list_add(struct prefix_list *list, const struct ip_prefix *prefix)
{
	return array_add(&list->items, &list->capacity, &list->count, prefix, sizeof(*prefix));
}

bool prefix_list_has(const struct prefix_list *list, const struct ip_prefix *prefix)
{
	for (size_t i = 0; i < list->count; i++)
		if (ip_prefix_compare(&list->items[i], prefix) == 0)
			return true;
	return false;
}

void prefix_list_done(struct prefix_list *list)
{
	if (!list)
		return;
	free(list->items);
	*list = (struct prefix_list){0};
}
