/* SPDX-License-Identifier: Apache-2.0 */
#include "model/address_delete.h"

#include <stdio.h>

/* Whether the kernel would delete other (secondary) IPv4 addresses together with this address. */
static bool has_secondaries(const struct net_address *address, const struct netstate *observed)
{
	if (address->secondary || address->prefix.address.family != AF_INET)
		return false;
	for (size_t i = 0; i < observed->n_addresses; i++) {
		const struct net_address *other = &observed->addresses[i];
		if (other->secondary && other->link == address->link &&
			other->prefix.length == address->prefix.length &&
			ip_prefix_contains(&address->prefix, &other->prefix.address))
			return true;
	}
	return false;
}

/* Sets promote_secondaries of the link to `value`, for the interface of the step `deletion`. */
static int add_promotion_step(const struct step *deletion, const struct net_link *link, int value,
	const char *reason, struct plan *plan)
{
	struct step setting = {.kind = STEP_LINK_PROMOTE_SECONDARIES, .link = *link};

	setting.link.promote_secondaries = value;
	snprintf(setting.interface, sizeof(setting.interface), "%s", deletion->interface);
	snprintf(setting.reason, sizeof(setting.reason), "%s", reason);
	return plan_add(plan, &setting);
}

/* With promote_secondaries, the kernel keeps secondary addresses: the oldest becomes primary. */
int address_delete_plan(const struct step *step, const struct netstate *observed, struct plan *plan)
{
	const struct net_link *link = netstate_link_by_index(observed, step->address.link);
	int err;

	if (!link || link->promote_secondaries != 0 || !has_secondaries(&step->address, observed))
		return plan_add(plan, step);
	err = add_promotion_step(
		step, link, 1, "keeps the other addresses of the subnet on the link", plan);
	if (!err)
		err = plan_add(plan, step);
	if (!err)
		err = add_promotion_step(step, link, 0, "restores the previous value", plan);
	return err;
}
