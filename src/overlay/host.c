/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/host.h"

#include "base/clock.h"
#include "base/shell.h"
#include "core/converge.h"
#include "core/resource_record.h"
#include "failover/flow.h"
#include "kernel/snapshot.h"
#include "model/address_place.h"
#include "overlay/address_record.h"
#include "overlay/rule.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASON_SIZE 64
#define RECORD_KIND "moved"

static int open_host(const struct operation *operation, const struct overlay_subject *subject,
	bool is_release, struct overlay_host *host, struct error *error)
{
	int err = 0;

	*host = (struct overlay_host){
		.operation = operation,
		.lock = {.fd = -1},
		.placement = {.lock = {.fd = -1}},
		.is_release = is_release,
	};
	/* Reads the release count before the wait for the lock, to notice a release meanwhile. */
	if (operation_takes_lock(operation))
		err = placement_open(
			operation->run_directory, &subject->address, &host->placement, error);
	/* A release goes on without the count, except if the removal would fail as well (-EACCES). */
	if (err && is_release && err != -EACCES) {
		*error = (struct error){0};
		err = 0;
	}
	if (!err && !is_release)
		err = overlay_host_lock(host, subject, error);
	return err ? err : rtnl_socket_open(&host->rtnl, error);
}

int overlay_host_open(const struct operation *operation, const struct overlay_subject *subject,
	struct overlay_host *host, struct error *error)
{
	return open_host(operation, subject, false /* is_release */, host, error);
}

int overlay_host_open_release(const struct operation *operation,
	const struct overlay_subject *subject, struct overlay_host *host, struct error *error)
{
	return open_host(operation, subject, true /* is_release */, host, error);
}

int overlay_host_lock(
	struct overlay_host *host, const struct overlay_subject *subject, struct error *error)
{
	const struct operation *operation = host->operation;
	char name[IP_ADDRESS_TEXT_SIZE + 8 /* "address-" */], address[IP_ADDRESS_TEXT_SIZE];

	if (!operation_takes_lock(operation))
		return 0;
	snprintf(name, sizeof(name), "address-%s", ip_address_format(&subject->address, address));
	return lock_acquire(
		operation->run_directory, name, &operation->deadline, &host->lock, error);
}

void overlay_host_close(struct overlay_host *host)
{
	if (!host->operation) /* never opened */
		return;
	rtnl_socket_close(&host->rtnl);
	placement_close(&host->placement);
	lock_release(&host->lock);
}

int overlay_host_check_released(const struct overlay_host *host, struct error *error)
{
	if (!placement_is_released(&host->placement))
		return 0;
	return error_set(error, OUTCOME_FAILED, ECANCELED,
		"another run of myha released the address meanwhile: repeat the move on the node that should hold the address");
}

static int read_kernel(
	struct overlay_host *host, struct netstate *ret_observed, struct error *error)
{
	return snapshot_take(&host->rtnl, NULL, 0 /* no routes */, &host->operation->deadline,
		ret_observed, error);
}

int overlay_host_find_link(struct overlay_host *host, struct cloud *cloud,
	const struct overlay_subject *subject, struct net_link *ret_link, struct error *error)
{
	_cleanup_(netstate_done) struct netstate observed = {0};
	bool is_primary = strcmp(subject->interface, "primary") == 0;
	const struct net_link *link;
	struct mac mac = {{0}};
	char text[MAC_TEXT_SIZE];
	int err = read_kernel(host, &observed, error);

	if (!err && is_primary)
		err = cloud_get_primary_mac(cloud, &mac, error);
	if (err)
		return err;
	link = is_primary ? netstate_link_of_eni(&observed, &mac)
			  : netstate_link_by_name(&observed, subject->interface);
	if (!link && is_primary)
		return error_set(error, OUTCOME_FAILED, ENODEV,
			"no interface of this host has the MAC address of the primary ENI, %s: see \"ip link\"",
			mac_format(&mac, text));
	if (!link)
		return error_set(error, OUTCOME_USAGE, ENODEV,
			"there is no interface %s for the address: see \"ip link\"",
			subject->interface);
	*ret_link = *link;
	return 0;
}

int overlay_host_check_link(const struct net_link *link, struct error *error)
{
	const char *fault = net_link_fault(link);
	char quoted[SHELL_WORD_SIZE];

	if (!fault)
		return 0;
	if (link->up)
		return error_set(error, OUTCOME_FAILED, ENETDOWN,
			"%s %s: no client can reach this host through this interface: see \"ethtool %s\"",
			link->name, fault, shell_quote(link->name, quoted));
	return error_set(error, OUTCOME_FAILED, ENETDOWN,
		"%s %s: no client can reach this host through this interface: run \"ip link set %s up\"",
		link->name, fault, shell_quote(link->name, quoted));
}

int overlay_host_check_named_link(struct overlay_host *host, const char *name, struct error *error)
{
	_cleanup_(netstate_done) struct netstate observed = {0};
	const struct net_link *link;
	int err = read_kernel(host, &observed, error);

	link = err ? NULL : netstate_link_by_name(&observed, name);
	return link ? overlay_host_check_link(link, error) : err;
}

/* A typing error must not remove `own`, an address of the host, or take one of its subnet. */
static int refuse_own_address(const struct overlay_subject *subject,
	const struct netstate *observed, const struct net_address *own, struct error *error)
{
	const struct net_link *link = netstate_link_by_index(observed, own->link);
	struct ip_prefix network = ip_prefix_network(&own->prefix);
	char address[IP_ADDRESS_TEXT_SIZE], text[IP_PREFIX_TEXT_SIZE];

	ip_address_format(&subject->address, address);
	if (own->prefix.length == ip_family_bits(own->prefix.address.family))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s is %s's own address and cannot be an overlay", address,
			link ? link->name : "an interface");
	return error_set(error, OUTCOME_USAGE, EINVAL,
		"%s is in %s, the subnet of %s, and cannot be an overlay", address,
		ip_prefix_format(&network, text), link ? link->name : "an interface");
}

/*
 * Finds the address if it belongs to the host itself. ret_own is NULL if the host has the address
 * as an overlay or not at all. An address in the record of an attached interface is a secondary
 * address of an ENI, unless the policy lists it as an overlay.
 */
static int find_own_address(const struct overlay_host *host, const struct overlay_subject *subject,
	const struct netstate *observed, const struct net_address **ret_own, struct error *error)
{
	const struct net_address *found;
	bool is_recorded;
	int err;

	*ret_own = NULL;
	if (subject->is_secondary) /* not an overlay, so it may be the host's own */
		return 0;
	*ret_own = address_place_find_own(observed, &subject->address, subject->policy != NULL);
	found = netstate_find_address(observed, &subject->address);
	if (*ret_own || !found || subject->policy)
		return 0;
	err = address_record_exists(host->operation, &subject->address, &is_recorded, error);
	if (!err && is_recorded)
		*ret_own = found;
	return err;
}

/*
 * Finds the link that holds the address as an overlay; NULL: none. ret_own: an address of the host
 * that is the same or has it in its subnet, so that it cannot be an overlay; NULL: none.
 */
static int find_holder(const struct overlay_host *host, const struct overlay_subject *subject,
	const struct netstate *observed, const struct net_link **ret_link,
	const struct net_address **ret_own, struct error *error)
{
	const struct net_link *link = address_place_find(observed, &subject->address);
	int err = find_own_address(host, subject, observed, ret_own, error);

	if (!*ret_own && !link && !subject->policy && !subject->is_secondary)
		*ret_own = address_place_find_subnet(observed, &subject->address);
	*ret_link = *ret_own ? NULL : link;
	return err;
}

int overlay_host_find_holder(struct overlay_host *host, const struct overlay_subject *subject,
	char ret_name[IFNAMSIZ], struct error *error)
{
	struct error failure = {0};
	int err = overlay_host_check_address(host, subject, ret_name, &failure);
	bool is_own_address = err == -EINVAL && failure.outcome == OUTCOME_USAGE;

	if (!err || is_own_address) /* then ret_name is "" */
		return 0;
	*error = failure;
	return err;
}

int overlay_host_check_address(struct overlay_host *host, const struct overlay_subject *subject,
	char ret_name[IFNAMSIZ], struct error *error)
{
	_cleanup_(netstate_done) struct netstate observed = {0};
	const struct net_address *own;
	const struct net_link *link;
	int err = read_kernel(host, &observed, error);

	if (!err)
		err = find_holder(host, subject, &observed, &link, &own, error);
	if (err)
		return err;
	snprintf(ret_name, IFNAMSIZ, "%s", link ? link->name : "");
	return own ? refuse_own_address(subject, &observed, own, error) : 0;
}

/* For make_placement_plan(). `place` says what to place, or to remove. */
struct placing {
	struct overlay_host *host;
	struct overlay_result *result;
	const struct address_placement *place;
};

/* Plans the missing steps until the address and its rule are placed, or removed. For converge(). */
static int make_placement_plan(
	const struct convergence *work, struct plan *plan, struct error *error)
{
	const struct placing *placing = work->data;
	struct overlay_host *host = placing->host;
	const struct overlay_subject *subject = &placing->result->subject;
	const struct address_placement *place = placing->place;
	_cleanup_(netstate_done) struct netstate observed = {0};
	struct address_placement place_with_rules = *place;
	const struct net_address *own;
	struct net_rule rule, kept;
	bool places_now, has_placed;
	int err = read_kernel(host, &observed, error);

	if (!err)
		err = find_own_address(host, subject, &observed, &own, error);
	if (err)
		return err;
	if (own)
		return refuse_own_address(subject, &observed, own, error);
	if (place->is_overlay &&
		overlay_rule_find(host->operation, place->link, &observed, &place->address, &rule))
		place_with_rules.rule = &rule;
	/* As long as the interface that the policy names is attached, it keeps its rule. */
	if (subject->policy && overlay_rule_find(host->operation,
				       netstate_link_by_name(&observed, subject->policy->interface),
				       &observed, &place->address, &kept))
		place_with_rules.kept_rule = &kept;
	if (address_place_plan(&place_with_rules, &observed, plan))
		return error_oom(error);
	places_now = place->link && plan->count;
	has_placed = place->link && work->result->plan.count;
	/* Before and after the change: a release without the lock may come in between. */
	return places_now || has_placed ? overlay_host_check_released(host, error) : 0;
}

int overlay_host_record_move(
	struct overlay_host *host, const struct overlay_subject *subject, struct error *error)
{
	char address[IP_ADDRESS_TEXT_SIZE], text[RESOURCE_RECORD_SIZE_MAX];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)clock_now());
	return resource_record_store(host->operation, ip_address_format(&subject->address, address),
		RECORD_KIND, text, error);
}

int overlay_host_is_moved_since(struct overlay_host *host, const struct overlay_subject *subject,
	uint64_t read_at, bool *ret_moved, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char address[IP_ADDRESS_TEXT_SIZE];
	int err = resource_record_load(host->operation,
		ip_address_format(&subject->address, address), RECORD_KIND, &text, error);

	if (err)
		return err;
	*ret_moved = text.length &&
		     flow_read_may_be_older(read_at, strtoull(strbuf_text(&text), NULL, 10));
	return 0;
}

/* The address is no longer on this host. A failure is harmless: an old record has no effect. */
static void remove_move_record(struct overlay_host *host, const struct overlay_subject *subject)
{
	char address[IP_ADDRESS_TEXT_SIZE];

	resource_record_remove(
		host->operation, ip_address_format(&subject->address, address), RECORD_KIND, NULL);
}

static const char *get_place_reason(
	const struct overlay_host *host, const struct overlay_subject *subject)
{
	if (host->reason)
		return host->reason;
	if (subject->is_secondary)
		return "is assigned to this host";
	if (subject->policy && policy_get_boot_action(subject->policy) == POLICY_AT_BOOT_ALWAYS)
		return "is placed on this host at every boot";
	return "is routed to this host";
}

static const char *get_removal_reason(const struct overlay_host *host,
	const struct overlay_result *result, char buffer[REASON_SIZE])
{
	const struct overlay_route *route = overlay_result_first_route(result);

	if (host->reason)
		return host->reason;
	if (host->is_release)
		return "is being released";
	if (result->subject.is_secondary)
		return "is not assigned to this host";
	if (result->routes != ROUTES_LEAD_ELSEWHERE || !route || !route->target[0])
		return "is not routed to this host";
	snprintf(buffer, REASON_SIZE, "is routed to %.*s", EC2_ID_SIZE, route->target);
	return buffer;
}

/* The file of the count is not open if it could not be created: see open_host(). */
static int count_if_release(struct overlay_host *host, struct error *error)
{
	if (!host->is_release || host->placement.lock.fd < 0)
		return 0;
	return placement_count_release(&host->placement, error);
}

static int change_until_done(struct overlay_host *host, const struct address_placement *place,
	struct overlay_result *result, struct error *error)
{
	struct placing placing = {host, result, place};
	const struct convergence work = {
		.operation = host->operation,
		.rtnl = &host->rtnl,
		.make_plan = make_placement_plan,
		.data = &placing,
		.result = &result->host,
	};
	int err = converge(&work, error);

	/* No text: the kernel refused no step, so another program reverted the changes. */
	if (err == -EBUSY && !error->text[0])
		error_set(error, OUTCOME_FAILED, EBUSY,
			"changes to the address keep being reverted: another program adds or removes the address; run \"myha check\"");
	return err;
}

/*
 * A release does not depend on the lock: it waits for half of its remaining time and then goes on
 * without it. Only a run that was stopped while it held the lock can hold it for that long.
 */
static int lock_placement(struct overlay_host *host, struct error *error)
{
	uint64_t now = clock_now(), left = deadline_left(&host->operation->deadline, now);
	const struct deadline limit = deadline_after(now, host->is_release ? left / 2 : left);
	int err = placement_begin(&host->placement, &limit, error);

	if (!err || !host->is_release)
		return err;
	*error = (struct error){0};
	return 0;
}

/* Removes the address, which another run has released meanwhile. Returns -ECANCELED or an error. */
static int undo_placement(struct overlay_host *host, const struct address_placement *place,
	struct overlay_result *result, struct error *error)
{
	struct address_placement removal = *place;
	struct error failure = {0};
	int err;

	removal.link = NULL;
	removal.reason = "was released by another run of myha";
	err = change_until_done(host, &removal, result, &failure);
	if (err)
		*error = failure;
	return err ? err : -ECANCELED;
}

/* `link` NULL: removes the address, for overlay_host_remove(). */
int overlay_host_place(struct overlay_host *host, const struct net_link *link,
	struct overlay_result *result, struct error *error)
{
	char why[REASON_SIZE];
	const struct address_placement place = {
		.kind = result->subject.is_secondary ? "address" : "overlay",
		.reason = link ? get_place_reason(host, &result->subject)
			       : get_removal_reason(host, result, why),
		.name = result->subject.name,
		.label = result->subject.label,
		.address = result->subject.address,
		.is_overlay = !result->subject.is_secondary,
		.link = link,
	};
	size_t n_steps_before = result->host.plan.count;
	int err = count_if_release(host, error);

	if (!err)
		err = lock_placement(host, error);
	if (err)
		return err;
	err = change_until_done(host, &place, result, error);
	if (err == -ECANCELED && result->host.plan.count > n_steps_before)
		err = undo_placement(host, &place, result, error);
	placement_end(&host->placement);
	if (err == -ECANCELED)
		link = NULL; /* released, and undone: no link has the address */
	else if (err || host->operation->dry_run)
		return err;
	snprintf(result->holder, IFNAMSIZ, "%s", link ? link->name : "");
	if (!link)
		remove_move_record(host, &result->subject);
	return err;
}

int overlay_host_remove(
	struct overlay_host *host, struct overlay_result *result, struct error *error)
{
	return overlay_host_place(host, NULL, result, error);
}
