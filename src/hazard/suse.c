/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds SUSE's cloud-netconfig and wicked. On SLES 15 both read the ifcfg file of an interface.
 * SLES 16 has no wicked, and cloud-netconfig reads one file for all interfaces.
 */
#include "hazard/config_text.h"
#include "hazard/probe.h"
#include "hazard/root_files.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define IFCFG "/etc/sysconfig/network/ifcfg-%s"
#define NETWORK_DIRECTORY "/etc/sysconfig/network"
#define MANAGE "CLOUD_NETCONFIG_MANAGE"
#define DEFAULTS "/etc/default/cloud-netconfig"
#define UNIT "cloud-netconfig.service"

/* Returns true if the file sets the variable to the value. Both tools ignore case. */
static bool has_value(const struct hazard_context *context, const char *path, const char *variable,
	const char *value)
{
	_cleanup_(strbuf_done) struct strbuf text = {0}, found = {0};
	int err = hazard_read(context, path, &text);

	if (!err)
		err = config_find_variable(strbuf_text(&text), variable, &found);
	if (err)
		return hazard_is_true(context, err);
	return strcasecmp(strbuf_text(&found), value) == 0;
}

static void remedy_variable(const struct hazard_context *context, const char *path,
	const char *variable, const char *value)
{
	diagnosis_add_remedy(context->diagnosis, "touch %s", path);
	/* shell_printf() adds no quotes to such plain words, so they can stand inside quotes. */
	diagnosis_add_remedy(context->diagnosis, "sed -i '/^%s=/d' %s", variable, path);
	diagnosis_add_remedy(context->diagnosis, "echo \"%s='%s'\" >>%s", variable, value, path);
}

static void remedy_wait_netconfig(const struct hazard_context *context)
{
	if (root_find(context->root, root_unit_directories, UNIT, NULL) == ROOT_FILE_PRESENT)
		hazard_remedy_wait_ended(context, UNIT);
}

static void probe_netconfig_interface(const struct hazard_context *context, const char *name)
{
	char path[ROOT_PATH_SIZE];

	snprintf(path, sizeof(path), IFCFG, name);
	if (has_value(context, path, MANAGE, "no"))
		return;
	/*
	 * For an interface without a file, cloud-netconfig writes one with the value of its
	 * defaults.
	 */
	if (!root_exists(context->root, path) && has_value(context, DEFAULTS, MANAGE, "no"))
		return;
	hazard_add_finding(context,
		"cloud-netconfig also manages %s, with its own rules and tables from 30000 on, and deletes each rule whose source is not an address of this host",
		name);
	remedy_variable(context, path, "STARTMODE", "off");
	remedy_variable(context, path, MANAGE, "no");
	remedy_wait_netconfig(context);
	diagnosis_add_remedy(context->diagnosis, "myha attach -- %s", name);
}

static bool has_netconfig(const struct hazard_context *context)
{
	static const char *const places[] = {"/usr/lib/systemd/system/" UNIT,
		"/usr/libexec/cloud-netconfig", "/usr/lib/cloud-netconfig",
		"/etc/netconfig.d/cloud-netconfig"};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (root_exists(context->root, places[i]))
			return true;
	return false;
}

void probe_cloud_netconfig(const struct hazard_context *context)
{
	if (!has_netconfig(context) || (context->has_policy && !context->lists_interfaces))
		return;
	for (size_t i = 0;
		i < context->n_interfaces && root_exists(context->root, NETWORK_DIRECTORY); i++)
		probe_netconfig_interface(context, context->interfaces[i].name);
	if (root_exists(context->root, NETWORK_DIRECTORY) ||
		has_value(context, DEFAULTS, MANAGE, "no"))
		return;
	hazard_add_finding(context,
		"cloud-netconfig manages all interfaces, with its own rules and tables from 30000 on, and deletes each rule whose source is not an address of this host");
	remedy_variable(context, DEFAULTS, MANAGE, "no");
	remedy_wait_netconfig(context);
	if (context->has_policy)
		diagnosis_add_remedy(context->diagnosis, "myha boot");
}

/* Its clean-up checks all rules, also those of interfaces that it is configured not to manage. */
void probe_cloud_netconfig_rules(const struct hazard_context *context)
{
	if (!has_netconfig(context))
		return;
	for (size_t i = 0; i < context->n_interfaces; i++) {
		const struct hazard_interface *interface = &context->interfaces[i];

		if (interface->has_host_sources)
			continue;
		hazard_add_finding(context,
			"cloud-netconfig deletes the rule of %s whenever another interface leaves this host, even if cloud-netconfig does not manage %s: the rule's source is a network, not an address",
			interface->name, interface->name);
		diagnosis_add_remedy(context->diagnosis,
			"# in the policy file, set \"source: addresses\" for %s; then:",
			interface->name);
		diagnosis_add_remedy(context->diagnosis, "myha attach -- %s", interface->name);
	}
}

void probe_wicked(const struct hazard_context *context)
{
	if (!root_exists(context->root, "/usr/sbin/wickedd") &&
		!root_exists(context->root, "/usr/sbin/wicked"))
		return;
	for (size_t i = 0; i < context->n_interfaces; i++) {
		const struct hazard_interface *interface = &context->interfaces[i];
		char path[ROOT_PATH_SIZE];

		snprintf(path, sizeof(path), IFCFG, interface->name);
		if (interface->addresses != POLICY_ADDRESSES_IMDS ||
			!root_exists(context->root, path) ||
			has_value(context, path, "STARTMODE", "off"))
			continue;
		hazard_add_finding(context,
			"wicked also configures %s (see %s): the DHCP lease adds a default route, and the address is removed with the lease",
			interface->name, path);
		remedy_variable(context, path, "STARTMODE", "off");
		if (interface->index)
			diagnosis_add_remedy(
				context->diagnosis, "wicked ifdown -- %s", interface->name);
		diagnosis_add_remedy(context->diagnosis, "myha attach -- %s", interface->name);
	}
}
