/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/subject.h"

#include "base/utf8.h"
#include "policy/policy_address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void overlay_subject_init(const struct policy_overlay *overlay, struct overlay_subject *ret_subject)
{
	*ret_subject = (struct overlay_subject){
		.address = overlay->address,
		.tables = (const char *const *)overlay->route_tables,
		.role_arn = overlay->role_arn,
		.policy = overlay,
	};
	snprintf(ret_subject->name, sizeof(ret_subject->name), "%s", overlay->name);
	snprintf(ret_subject->interface, sizeof(ret_subject->interface), "%s", overlay->interface);
}

/* `prefix` is the address in `text`; not set: `text` is not an address. */
static const struct policy_overlay *find_in_policy(
	const struct policy *policy, const char *text, const struct ip_prefix *prefix)
{
	bool is_host = prefix->length == ip_family_bits(prefix->address.family);

	for (size_t i = 0; i < policy->n_overlays; i++) {
		const struct policy_overlay *overlay = &policy->overlays[i];
		if (strcmp(overlay->name, text) == 0 ||
			(is_host && ip_address_is_set(&prefix->address) &&
				ip_address_compare(&overlay->address, &prefix->address) == 0))
			return overlay;
	}
	return NULL;
}

static int refuse_unknown(
	const struct policy *policy, const char *text, bool is_address, struct error *error)
{
	const char *nearest = find_nearest_word(
		text, policy->overlays, policy->n_overlays, sizeof(*policy->overlays));
	char shown[UTF8_SHORT_SIZE];

	utf8_shorten(text, shown);
	if (is_address)
		return error_set(error, OUTCOME_USAGE, ENOENT,
			"%s: the policy has no overlay with this address: give the route tables with --route-table, or add the overlay to the policy",
			shown);
	if (nearest)
		return error_set(error, OUTCOME_USAGE, ENOENT,
			"the policy has no overlay \"%s\": did you mean \"%s\"?", shown, nearest);
	return error_set(error, OUTCOME_USAGE, ENOENT,
		"the policy has no overlay \"%s\": add the overlay to the policy, or give an address and --route-table",
		shown);
}

/* Fills in the subject from an address of the command line, with the same checks as a policy. */
static int set_address(
	const struct ip_prefix *prefix, struct overlay_subject *subject, struct error *error)
{
	const char *problem = policy_find_overlay_problem(&prefix->address);
	char text[IP_PREFIX_TEXT_SIZE];

	if (prefix->length != ip_family_bits(prefix->address.family))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s is a network: an overlay is a single address, without a prefix length",
			ip_prefix_format(prefix, text));
	ip_address_format(&prefix->address, text);
	if (problem)
		return error_set(error, OUTCOME_USAGE, EINVAL, "%s is %s and cannot be an overlay",
			text, problem);
	subject->address = prefix->address;
	snprintf(subject->name, sizeof(subject->name), "%s", text);
	snprintf(subject->interface, sizeof(subject->interface), "primary");
	return 0;
}

int overlay_find_subject(const struct policy *policy, const char *text,
	const struct overlay_override *override, struct overlay_subject *ret_subject,
	struct error *error)
{
	const char *const *tables = override->tables && *override->tables ? override->tables : NULL;
	struct overlay_subject subject = {0};
	struct ip_prefix prefix = {0};
	bool is_address = ip_prefix_parse(text, &prefix) == 0;
	const struct policy_overlay *overlay = find_in_policy(policy, text, &prefix);
	int err = 0;

	if (overlay) {
		overlay_subject_init(overlay, &subject);
	} else if (is_address && (tables || override->without_tables)) {
		err = set_address(&prefix, &subject, error);
	} else {
		err = refuse_unknown(policy, text, is_address, error);
	}
	if (err)
		return err;
	if (tables)
		subject.tables = tables;
	if (override->interface)
		snprintf(subject.interface, sizeof(subject.interface), "%s", override->interface);
	*ret_subject = subject;
	return 0;
}

struct overlay_routes overlay_subject_get_routes(
	const struct overlay_subject *subject, const char *vpc)
{
	return (struct overlay_routes){
		.name = subject->name,
		.destination = ip_prefix_of_host(&subject->address),
		.tables = subject->tables,
		.vpc = *vpc ? vpc : NULL,
	};
}
