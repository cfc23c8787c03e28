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
#define MANAGE_KEY "CLOUD_NETCONFIG_MANAGE"
#define NETCONFIG_DEFAULTS "/etc/default/cloud-netconfig"
#define NETCONFIG_UNIT "cloud-netconfig.service"

/* Returns true if the file sets the variable to the value. Both tools ignore case. */
static bool has_setting(const struct hazard_context *context, const char *path,
	const char *variable, const char *value)
{
	_cleanup_(strbuf_done) struct strbuf text = {0}, found = {0};
	int err = hazard_read(context, path, &text);

	if (!err)
		err = config_find_variable(strbuf_text(&text), variable, &found);
	hazard_check_oom(context, err);
	return !err && strcasecmp(strbuf_text(&found), value) == 0;
}

/* Adds remedy lines that set a variable in a file, which they create if it does not exist. */
static void remedy_set_variable(const struct hazard_context *context, const char *path,
	const char *variable, const char *value)
{
	hazard_add_remedy(context, "touch %s", path);
	/* These plain words get no quotes from shell_printf(), so they can stand inside quotes. */
	hazard_add_remedy(context, "sed -i '/^%s=/d' %s", variable, path);
	hazard_add_remedy(context, "echo \"%s='%s'\" >>%s", variable, value, path);
}

static void remedy_wait_netconfig(const struct hazard_context *context)
{
	if (root_find(context->root, root_unit_directories, NETCONFIG_UNIT, NULL) ==
		ROOT_FILE_PRESENT)
		hazard_remedy_wait_ended(context, NETCONFIG_UNIT);
}

/* On SLES 15, the ifcfg file decides whether cloud-netconfig manages the interface. */
static void probe_netconfig_interface(const struct hazard_context *context, const char *name)
{
	char path[ROOT_PATH_SIZE];

	snprintf(path, sizeof(path), IFCFG, name);
	if (has_setting(context, path, MANAGE_KEY, "no"))
		return;
	/* For an interface without a file, cloud-netconfig writes one with its default value. */
	if (!root_exists(context->root, path) &&
		has_setting(context, NETCONFIG_DEFAULTS, MANAGE_KEY, "no"))
		return;
	hazard_add_finding(context,
		"cloud-netconfig also manages %s, with its own rules and tables from 30000 on, and deletes each rule whose source is not an address of this host",
		name);
	remedy_set_variable(context, path, "STARTMODE", "off");
	remedy_set_variable(context, path, MANAGE_KEY, "no");
	remedy_wait_netconfig(context);
	hazard_add_remedy(context, "myha attach -- %s", name);
}

static bool has_netconfig(const struct hazard_context *context)
{
	static const char *const installed_paths[] = {
		("/usr/lib/systemd/system/" NETCONFIG_UNIT), /* one path */
		"/usr/libexec/cloud-netconfig", "/usr/lib/cloud-netconfig",
		"/etc/netconfig.d/cloud-netconfig"};

	for (size_t i = 0; i < ARRAY_SIZE(installed_paths); i++)
		if (root_exists(context->root, installed_paths[i]))
			return true;
	return false;
}

void probe_cloud_netconfig(const struct hazard_context *context)
{
	bool has_ifcfg_files = root_exists(context->root, NETWORK_DIRECTORY); /* SLES 15 */

	if (!has_netconfig(context) || !hazard_may_list_interfaces(context))
		return;
	for (size_t i = 0; has_ifcfg_files && i < context->n_interfaces; i++)
		probe_netconfig_interface(context, context->interfaces[i].name);
	if (has_ifcfg_files || has_setting(context, NETCONFIG_DEFAULTS, MANAGE_KEY, "no"))
		return;
	hazard_add_finding(context,
		"cloud-netconfig manages all interfaces, with its own rules and tables from 30000 on, and deletes each rule whose source is not an address of this host");
	remedy_set_variable(context, NETCONFIG_DEFAULTS, MANAGE_KEY, "no");
	remedy_wait_netconfig(context);
	if (context->has_policy)
		hazard_add_remedy(context, "myha boot");
}

/* cloud-netconfig deletes rules even of interfaces that it is configured not to manage. */
void probe_cloud_netconfig_rules(
	const struct hazard_context *context, const struct hazard_interface *interface)
{
	if (!has_netconfig(context))
		return;
	if (interface->has_host_sources)
		return;
	hazard_add_finding(context,
		"cloud-netconfig deletes the rule of %s whenever another interface leaves this host, even if cloud-netconfig does not manage %s: the rule's source is a network, not an address",
		interface->name, interface->name);
	hazard_add_remedy(context,
		"# in the policy file, set \"source: addresses\" for %s; then:", interface->name);
	hazard_add_remedy(context, "myha attach -- %s", interface->name);
}

void probe_wicked(const struct hazard_context *context, const struct hazard_interface *interface)
{
	char path[ROOT_PATH_SIZE];

	if (!root_exists(context->root, "/usr/sbin/wickedd") &&
		!root_exists(context->root, "/usr/sbin/wicked"))
		return;
	snprintf(path, sizeof(path), IFCFG, interface->name);
	if (interface->addresses != POLICY_ADDRESSES_IMDS || !root_exists(context->root, path) ||
		has_setting(context, path, "STARTMODE", "off"))
		return;
	hazard_add_finding(context,
		"wicked also configures %s (see %s): the DHCP lease adds a default route, and the address is removed with the lease",
		interface->name, path);
	remedy_set_variable(context, path, "STARTMODE", "off");
	if (interface->index)
		hazard_add_remedy(context, "wicked ifdown -- %s", interface->name);
	hazard_add_remedy(context, "myha attach -- %s", interface->name);
}
