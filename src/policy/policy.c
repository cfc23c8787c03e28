/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const policy_manager_words[] = {"self", "cluster", NULL};

void policy_init(struct policy *policy)
{
	*policy = (struct policy){.aws = {.fips = -1, .dualstack = -1}};
}

void policy_done(struct policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->n_interfaces; i++)
		policy_interface_done(&policy->interfaces[i]);
	free(policy->interfaces);
	for (size_t i = 0; i < policy->n_overlays; i++)
		policy_overlay_done(&policy->overlays[i]);
	free(policy->overlays);
	free(policy->aws.region);
	free(policy->aws.endpoint);
	free(policy->aws.profile);
	free(policy->aws.ca_bundle);
	free(policy->imds.endpoint);
	free(policy->imds.interface);
	policy_init(policy);
}

/* Without `match` in the file, the entry's key is the name of the interface that it matches. */
int policy_interface_init(struct policy_interface *interface, const char *name)
{
	*interface = (struct policy_interface){
		.name = strdup(name),
		.match = {.name = strdup(name), .device_number = -1},
		.table = POLICY_TABLE_NUMBER,
		.priority = 100,
	};
	if (interface->name && interface->match.name)
		return 0;
	policy_interface_done(interface);
	return -ENOMEM;
}

void policy_interface_done(struct policy_interface *interface)
{
	if (!interface)
		return;
	free(interface->name);
	free(interface->match.name);
	free(interface->match.eni);
	free(interface->match.subnet);
	free(interface->match.driver);
	free(interface->sources);
	free(interface->except);
	*interface = (struct policy_interface){0};
}

int policy_overlay_init(struct policy_overlay *overlay, const char *name)
{
	*overlay = (struct policy_overlay){
		.name = strdup(name),
		.interface = strdup("primary"),
	};
	if (overlay->name && overlay->interface)
		return 0;
	policy_overlay_done(overlay);
	return -ENOMEM;
}

void policy_overlay_done(struct policy_overlay *overlay)
{
	if (!overlay)
		return;
	free(overlay->name);
	free(overlay->interface);
	for (size_t i = 0; i < overlay->n_route_tables; i++)
		free(overlay->route_tables[i]);
	free(overlay->route_tables);
	free(overlay->role_arn);
	*overlay = (struct policy_overlay){0};
}

const struct policy_interface *policy_find_interface(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->n_interfaces; i++)
		if (strcmp(policy->interfaces[i].name, name) == 0)
			return &policy->interfaces[i];
	return NULL;
}

const char *policy_get_eni(const struct policy_interface *interface)
{
	return interface->match.eni;
}

const char *policy_get_subnet(const struct policy_interface *interface)
{
	return interface->match.subnet;
}

/* `get_id` is policy_get_eni() or policy_get_subnet(). Without entries, returns false. */
bool policy_has_all_ids(const struct policy *policy,
	const char *(*get_id)(const struct policy_interface *interface))
{
	for (size_t i = 0; i < policy->n_interfaces; i++)
		if (!get_id(&policy->interfaces[i]))
			return false;
	return policy->n_interfaces != 0;
}

/* No role (NULL) means the host's own credentials: two NULLs are equal. */
bool policy_is_same_role(const char *role_arn, const char *other_arn)
{
	if (!role_arn || !other_arn)
		return !role_arn && !other_arn;
	return strcmp(role_arn, other_arn) == 0;
}

enum policy_at_boot policy_get_boot_action(const struct policy_overlay *overlay)
{
	return overlay->managed_by == POLICY_MANAGER_CLUSTER ? POLICY_AT_BOOT_NEVER
							     : overlay->at_boot;
}
