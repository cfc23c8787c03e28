/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SUSE's cloud-netconfig and wicked. On SLES 15 both go by the ifcfg file of an interface; on SLES 16
 * there is no wicked, and cloud-netconfig goes by one file for all.
 */
#include "hazard/config_text.h"
#include "hazard/probe.h"
#include "hazard/root_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define IFCFG "/etc/sysconfig/network/ifcfg-%s"
#define NETWORK_DIRECTORY "/etc/sysconfig/network"
#define MANAGE "CLOUD_NETCONFIG_MANAGE"
#define DEFAULTS "/etc/default/cloud-netconfig"
#define UNIT "cloud-netconfig.service"

static bool is_any_there(const struct hazard_context *context, const char *const *paths)
{
	for (; *paths; paths++)
		if (root_exists(context->root, *paths))
			return true;
	return false;
}

/* Whether the file says it of the variable; case does not matter to either tool. */
static bool says(const struct hazard_context *context, const struct hazard *hazard,
	const char *path, const char *variable, const char *value)
{
	_cleanup_(strbuf_done) struct strbuf text = {0}, found = {0};

	int err = hazard_read(context, hazard, path, &text);

	if (!err)
		err = config_find_variable(strbuf_text(&text), variable, &found);
	if (err)
		return hazard_holds(context, err);
	return strcasecmp(strbuf_text(&found), value) == 0;
}

static void remedy_variable(const struct hazard_context *context, const char *path,
	const char *variable, const char *value)
{
	diagnosis_remedy(context->diagnosis, "touch %s", path);
	/* The variable and its value are ours: quotes around them would change nothing. */
	diagnosis_remedy(context->diagnosis, "sed -i '/^%s=/d' %s", variable, path);
	diagnosis_remedy(context->diagnosis, "echo \"%s='%s'\" >>%s", variable, value, path);
}

static void remedy_netconfig_ended(const struct hazard_context *context)
{
	char path[ROOT_PATH_SIZE];

	if (root_find(context->root, root_unit_directories, UNIT, path) == ROOT_FILE_PRESENT)
		hazard_remedy_ended(context, UNIT);
}

static void probe_netconfig_interface(
	const struct hazard_context *context, const struct hazard *hazard, const char *name)
{
	char path[ROOT_PATH_SIZE];

	snprintf(path, sizeof(path), IFCFG, name);
	if (says(context, hazard, path, MANAGE, "no"))
		return;
	/* An interface without a file gets one that says what the defaults say. */
	if (!root_exists(context->root, path) && says(context, hazard, DEFAULTS, MANAGE, "no"))
		return;
	hazard_found(context, hazard,
		"cloud-netconfig manages %s too: it makes rules and tables of its own from 30000 "
		"on, and deletes each rule whose source is no address of this host",
		name);
	remedy_variable(context, path, "STARTMODE", "off");
	remedy_variable(context, path, MANAGE, "no");
	remedy_netconfig_ended(context);
	diagnosis_remedy(context->diagnosis, "myha attach -- %s", name);
}

static bool is_netconfig_there(const struct hazard_context *context)
{
	static const char *const places[] = {"/usr/lib/systemd/system/" UNIT,
		"/usr/libexec/cloud-netconfig", "/usr/lib/cloud-netconfig",
		"/etc/netconfig.d/cloud-netconfig", NULL};

	return is_any_there(context, places);
}

void probe_cloud_netconfig(const struct hazard_context *context, const struct hazard *hazard)
{
	if (!is_netconfig_there(context) || (context->has_policy && !context->lists_interfaces))
		return;
	for (size_t i = 0;
		i < context->n_interfaces && root_exists(context->root, NETWORK_DIRECTORY); i++)
		probe_netconfig_interface(context, hazard, context->interfaces[i].name);
	if (root_exists(context->root, NETWORK_DIRECTORY) ||
		says(context, hazard, DEFAULTS, MANAGE, "no"))
		return;
	hazard_found(context, hazard,
		"cloud-netconfig manages all interfaces: it makes rules and tables of its own from "
		"30000 on, and deletes each rule whose source is no address of this host");
	remedy_variable(context, DEFAULTS, MANAGE, "no");
	remedy_netconfig_ended(context);
	if (context->has_policy)
		diagnosis_remedy(context->diagnosis, "myha boot");
}

/* Its clean-up looks at all rules, whatever interface it is not to manage. */
void probe_cloud_netconfig_rules(const struct hazard_context *context, const struct hazard *hazard)
{
	if (!is_netconfig_there(context))
		return;
	for (size_t i = 0; i < context->n_interfaces; i++) {
		const struct hazard_interface *interface = &context->interfaces[i];

		if (interface->has_host_sources)
			continue;
		hazard_found(context, hazard,
			"cloud-netconfig deletes the rule of %s whenever another interface leaves "
			"this host, even if it does not manage %s: the rule's source is a network",
			interface->name, interface->name);
		diagnosis_remedy(context->diagnosis,
			"# give %s \"source: addresses\" in the policy; then:", interface->name);
		diagnosis_remedy(context->diagnosis, "myha attach -- %s", interface->name);
	}
}

void probe_wicked(const struct hazard_context *context, const struct hazard *hazard)
{
	static const char *const places[] = {"/usr/sbin/wickedd", "/usr/sbin/wicked", NULL};

	if (!is_any_there(context, places))
		return;
	for (size_t i = 0; i < context->n_interfaces; i++) {
		const struct hazard_interface *interface = &context->interfaces[i];
		char path[ROOT_PATH_SIZE];

		snprintf(path, sizeof(path), IFCFG, interface->name);
		if (interface->addresses != POLICY_ADDRESSES_IMDS ||
			!root_exists(context->root, path) ||
			says(context, hazard, path, "STARTMODE", "off"))
			continue;
		hazard_found(context, hazard,
			"wicked configures %s too (by %s): its lease brings a default route and "
			"takes its address away with it",
			interface->name, path);
		remedy_variable(context, path, "STARTMODE", "off");
		if (interface->index)
			diagnosis_remedy(
				context->diagnosis, "wicked ifdown -- %s", interface->name);
		diagnosis_remedy(context->diagnosis, "myha attach -- %s", interface->name);
	}
}
