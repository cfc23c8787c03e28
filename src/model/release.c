/* SPDX-License-Identifier: Apache-2.0 */
#include "model/release.h"

#include "policy/policy_address.h"

#include <errno.h>

static int check_not_overlay(const struct release_input *input, struct error *error)
{
	const struct policy *policy = input->policy;

	for (size_t i = 0; i < policy->n_overlays; i++)
		if (ip_address_compare(&policy->overlays[i].address, &input->address) == 0)
			return error_set(error, OUTCOME_USAGE, EINVAL,
				"belongs to overlay %s: run \"myha overlay release %s\" instead",
				policy->overlays[i].name, policy->overlays[i].name);
	return 0;
}

/*
 * A primary address has its subnet's length and no IFA_F_SECONDARY: the kernel sets that flag for
 * later addresses of the subnet. A link's only IPv4 address counts as its primary address, too.
 */
static int check_observed(
	const struct release_input *input, const struct net_address *found, struct error *error)
{
	const struct net_link *link = netstate_link_by_index(input->observed, found->link);
	const char *name = link ? link->name : "a link";

	if (found->expires)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"leased by DHCP on %s: not released, since DHCP would add the address again",
			name);
	bool is_secondary = found->prefix.length == 32 || found->secondary;
	bool is_only = netstate_count_addresses(input->observed, found->link, AF_INET) == 1;
	if ((link && link->loopback) || (is_secondary && !is_only))
		return 0; /* may be released */
	return error_set(error, OUTCOME_USAGE, EINVAL,
		"primary address of %s: cannot be released without its ENI: run \"myha eni detach\"",
		name);
}

static int check_address(const struct release_input *input, struct error *error)
{
	int err;

	/* Special addresses (loopback, …) can be neither overlays nor secondary addresses. */
	if (input->address.family != AF_INET || policy_find_overlay_problem(&input->address))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"not a secondary private IPv4 address: only such addresses can be released");
	err = check_not_overlay(input, error);
	for (size_t i = 0; !err && i < input->n_primaries; i++)
		if (ip_address_compare(&input->primaries[i], &input->address) == 0)
			err = error_set(error, OUTCOME_USAGE, EINVAL,
				"primary address of an ENI: cannot be released without the ENI: run \"myha eni detach\"");
	for (size_t i = 0; !err && i < input->observed->n_addresses; i++) {
		const struct net_address *found = &input->observed->addresses[i];
		if (ip_address_compare(&found->prefix.address, &input->address) == 0)
			err = check_observed(input, found, error);
	}
	return err;
}

int release_check(const struct release_input *input, struct error *error)
{
	char text[IP_ADDRESS_TEXT_SIZE];
	int err = check_address(input, error);

	if (err)
		error_prefix(error, "%s", ip_address_format(&input->address, text));
	return err;
}
