/* SPDX-License-Identifier: Apache-2.0 */
#include "app/overlay_host.h"

#include "app/carry_out.h"
#include "app/trace.h"
#include "base/clock.h"
#include "kernel/snapshot.h"
#include "model/carry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Once to do it, once to read it back, and again where others were changing the same. */
#define ROUNDS_MAX 4

#define WHY_SIZE 64

#define TRACE_KIND "moved"

int overlay_host_open(const struct deed *deed, const struct overlay_subject *subject,
	struct overlay_host *ret_host, struct error *error)
{
	struct overlay_host host = {.deed = deed, .lock = {.fd = -1}};
	char name[IP_ADDRESS_TEXT_SIZE + 8], address[IP_ADDRESS_TEXT_SIZE];
	int err = 0;

	snprintf(name, sizeof(name), "address-%s", ip_address_format(&subject->address, address));
	if (!deed->dry_run)
		err = lock_take(deed->run_directory, name, &deed->deadline, &host.lock, error);
	if (!err)
		err = rtnl_socket_open(&host.rtnl, error);
	if (err)
		lock_release(&host.lock);
	else
		*ret_host = host;
	return err;
}

void overlay_host_close(struct overlay_host *host)
{
	if (!host->deed)
		return;
	rtnl_socket_close(&host->rtnl);
	lock_release(&host->lock);
}

static int look(struct overlay_host *host, struct netstate *ret_observed, struct error *error)
{
	return snapshot_take(&host->rtnl, NULL, 0, &host->deed->deadline, ret_observed, error);
}

static const struct net_link *find_by_mac(const struct netstate *observed, const struct mac *mac)
{
	for (size_t i = 0; i < observed->n_links; i++)
		if (memcmp(&observed->links[i].mac, mac, sizeof(*mac)) == 0)
			return &observed->links[i];
	return NULL;
}

int overlay_host_link(struct overlay_host *host, struct cloud *cloud,
	const struct overlay_subject *subject, struct net_link *ret_link, struct error *error)
{
	_cleanup_(netstate_done) struct netstate observed = {0};
	bool is_primary = strcmp(subject->interface, "primary") == 0;
	const struct net_link *link;
	struct mac mac = {{0}};
	char text[MAC_TEXT_SIZE];
	int err = look(host, &observed, error);

	if (!err && is_primary)
		err = cloud_primary_mac(cloud, &mac, error);
	if (err)
		return err;
	link = is_primary ? find_by_mac(&observed, &mac)
			  : netstate_link_by_name(&observed, subject->interface);
	if (!link && is_primary)
		return error_set(error, OUTCOME_FAILED, ENODEV,
			"this host has no link with the primary ENI's MAC address, %s",
			mac_format(&mac, text));
	if (!link)
		return error_set(error, OUTCOME_USAGE, ENODEV,
			"there is no interface %s to carry it: see \"ip link\"",
			subject->interface);
	*ret_link = *link;
	return 0;
}

/* The host's own addresses are not to be lost by a slip of the keyboard. */
static int refuse_own_address(
	const struct overlay_subject *subject, const struct netstate *observed, struct error *error)
{
	char address[IP_ADDRESS_TEXT_SIZE], text[IP_PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < observed->n_addresses; i++) {
		const struct ip_prefix *prefix = &observed->addresses[i].prefix;
		const struct net_link *link = netstate_link_by_index(
			observed, observed->addresses[i].link);
		struct ip_prefix network;

		if (prefix->length == ip_family_bits(prefix->address.family) ||
			!ip_prefix_contains(prefix, &subject->address))
			continue;
		network = ip_prefix_network(prefix);
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s is in %s, the subnet of %s: it cannot be an overlay",
			ip_address_format(&subject->address, address),
			ip_prefix_format(&network, text), link ? link->name : "a link");
	}
	return 0;
}

int overlay_host_where(struct overlay_host *host, const struct overlay_subject *subject,
	char ret_name[IFNAMSIZ], struct error *error)
{
	_cleanup_(netstate_done) struct netstate observed = {0};
	int err = look(host, &observed, error);

	if (!err && !subject->policy && !subject->is_secondary)
		err = refuse_own_address(subject, &observed, error);
	if (err)
		return err;
	const struct net_link *link = carry_find(&observed, &subject->address);
	snprintf(ret_name, IFNAMSIZ, "%s", link ? link->name : "");
	return 0;
}

static int make_plan(struct overlay_host *host, const struct carry *carry, struct plan *plan,
	struct error *error)
{
	_cleanup_(netstate_done) struct netstate observed = {0};
	int err = look(host, &observed, error);

	if (!err && carry_plan(carry, &observed, plan))
		err = error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	return err;
}

int overlay_host_note_move(
	struct overlay_host *host, const struct overlay_subject *subject, struct error *error)
{
	char address[IP_ADDRESS_TEXT_SIZE], text[TRACE_SIZE_MAX];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)clock_now());
	return trace_leave(
		host->deed, ip_address_format(&subject->address, address), TRACE_KIND, text, error);
}

int overlay_host_is_moved_after(struct overlay_host *host, const struct overlay_subject *subject,
	uint64_t time, bool *ret_moved, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char address[IP_ADDRESS_TEXT_SIZE];
	int err = trace_read(host->deed, ip_address_format(&subject->address, address), TRACE_KIND,
		&text, error);

	if (err)
		return err;
	*ret_moved = strtoull(strbuf_text(&text), NULL, 10) > time;
	return 0;
}

/* It was about an address that is not here any more. */
static void forget_move(struct overlay_host *host, const struct overlay_subject *subject)
{
	char address[IP_ADDRESS_TEXT_SIZE];

	trace_wipe(host->deed, ip_address_format(&subject->address, address), TRACE_KIND, NULL);
}

static const char *why_here(const struct overlay_subject *subject)
{
	if (subject->is_secondary)
		return "is assigned to this host";
	if (subject->policy && policy_overlay_at_boot(subject->policy) == POLICY_AT_BOOT_ALWAYS)
		return "is to be on this host always";
	return "is routed to this host";
}

static const char *why_nowhere(const struct overlay_result *result, char buffer[WHY_SIZE])
{
	const struct overlay_route *route = overlay_result_route(result);

	if (result->reach != OVERLAY_ELSEWHERE || !route || !route->target[0])
		return "is not to be on this host";
	snprintf(buffer, WHY_SIZE, "is routed to %.*s", EC2_ID_SIZE, route->target);
	return buffer;
}

int overlay_host_carry(struct overlay_host *host, const struct net_link *link,
	struct overlay_result *result, struct error *error)
{
	char why[WHY_SIZE];
	const struct carry carry = {
		.kind = result->subject.is_secondary ? "address" : "overlay",
		.why = link ? why_here(&result->subject) : why_nowhere(result, why),
		.name = result->subject.name,
		.label = result->subject.label,
		.address = result->subject.address,
		.link = link,
	};

	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		_cleanup_(plan_done) struct plan plan;
		int err;

		plan_init(&plan);
		err = make_plan(host, &carry, &plan, error);
		if (!err && host->deed->dry_run) {
			plan_done(&result->host.plan);
			result->host.plan = plan;
			plan_init(&plan);
			return 0;
		}
		if (!err && plan.count)
			err = carry_out(&host->rtnl, host->deed, &plan, &result->host, error);
		if (err)
			return err;
		if (!plan.count) {
			snprintf(result->carried_by, IFNAMSIZ, "%s", link ? link->name : "");
			if (!link)
				forget_move(host, &result->subject);
			return 0;
		}
	}
	if (!error->text[0])
		error_set(error, OUTCOME_FAILED, EBUSY,
			"its address is changed again and again: look for another tool that adds "
			"or removes it");
	return -EBUSY;
}
