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

static bool is_any_there(const struct others *others, const char *const *paths)
{
	for (; *paths; paths++)
		if (root_exists(others->root, *paths))
			return true;
	return false;
}

/* Whether the file says it of the variable; case does not matter to either tool. */
static bool says(const struct others *others, const struct hazard *hazard, const char *path,
	const char *variable, const char *value)
{
	_cleanup_(strbuf_done) struct strbuf text = {0}, found = {0};

	int err = hazard_read(others, hazard, path, &text);

	if (!err)
		err = config_find_variable(strbuf_text(&text), variable, &found);
	if (err)
		return hazard_holds(others, err);
	return strcasecmp(strbuf_text(&found), value) == 0;
}

static void remedy_variable(
	const struct others *others, const char *path, const char *variable, const char *value)
{
	diagnosis_remedy(others->diagnosis, "touch %s", path);
	/* The variable and its value are ours: quotes around them would change nothing. */
	diagnosis_remedy(others->diagnosis, "sed -i '/^%s=/d' %s", variable, path);
	diagnosis_remedy(others->diagnosis, "echo \"%s='%s'\" >>%s", variable, value, path);
}

static void remedy_netconfig_ended(const struct others *others)
{
	char path[ROOT_PATH_SIZE];

	if (root_find(others->root, root_unit_directories, UNIT, path) == ROOT_FILE_PRESENT)
		hazard_remedy_ended(others, UNIT);
}

static void probe_netconfig_interface(
	const struct others *others, const struct hazard *hazard, const char *name)
{
	char path[ROOT_PATH_SIZE];

	snprintf(path, sizeof(path), IFCFG, name);
	if (says(others, hazard, path, MANAGE, "no"))
		return;
	/* An interface without a file gets one that says what the defaults say. */
	if (!root_exists(others->root, path) && says(others, hazard, DEFAULTS, MANAGE, "no"))
		return;
	hazard_found(others, hazard,
		"cloud-netconfig manages %s too: it makes rules and tables of its own from 30000 "
		"on, and deletes each rule whose source is no address of this host",
		name);
	remedy_variable(others, path, "STARTMODE", "off");
	remedy_variable(others, path, MANAGE, "no");
	remedy_netconfig_ended(others);
	diagnosis_remedy(others->diagnosis, "myha attach -- %s", name);
}

static bool is_netconfig_there(const struct others *others)
{
	static const char *const places[] = {"/usr/lib/systemd/system/" UNIT,
		"/usr/libexec/cloud-netconfig", "/usr/lib/cloud-netconfig",
		"/etc/netconfig.d/cloud-netconfig", NULL};

	return is_any_there(others, places);
}

void probe_cloud_netconfig(const struct others *others, const struct hazard *hazard)
{
	if (!is_netconfig_there(others) || (others->has_policy && !others->lists_interfaces))
		return;
	for (size_t i = 0; i < others->n_interfaces && root_exists(others->root, NETWORK_DIRECTORY);
		i++)
		probe_netconfig_interface(others, hazard, others->interfaces[i].name);
	if (root_exists(others->root, NETWORK_DIRECTORY) ||
		says(others, hazard, DEFAULTS, MANAGE, "no"))
		return;
	hazard_found(others, hazard,
		"cloud-netconfig manages all interfaces: it makes rules and tables of its own from "
		"30000 on, and deletes each rule whose source is no address of this host");
	remedy_variable(others, DEFAULTS, MANAGE, "no");
	remedy_netconfig_ended(others);
	if (others->has_policy)
		diagnosis_remedy(others->diagnosis, "myha boot");
}

/* Its clean-up looks at all rules, whatever interface it is not to manage. */
void probe_cloud_netconfig_rules(const struct others *others, const struct hazard *hazard)
{
	if (!is_netconfig_there(others))
		return;
	for (size_t i = 0; i < others->n_interfaces; i++) {
		const struct others_interface *interface = &others->interfaces[i];

		if (interface->has_host_sources)
			continue;
		hazard_found(others, hazard,
			"cloud-netconfig deletes the rule of %s whenever another interface leaves "
			"this host, even if it does not manage %s: the rule's source is a network",
			interface->name, interface->name);
		diagnosis_remedy(others->diagnosis,
			"# give %s \"source: addresses\" in the policy; then:", interface->name);
		diagnosis_remedy(others->diagnosis, "myha attach -- %s", interface->name);
	}
}

void probe_wicked(const struct others *others, const struct hazard *hazard)
{
	static const char *const places[] = {"/usr/sbin/wickedd", "/usr/sbin/wicked", NULL};

	if (!is_any_there(others, places))
		return;
	for (size_t i = 0; i < others->n_interfaces; i++) {
		const struct others_interface *interface = &others->interfaces[i];
		char path[ROOT_PATH_SIZE];

		snprintf(path, sizeof(path), IFCFG, interface->name);
		if (interface->addresses != POLICY_ADDRESSES_IMDS ||
			!root_exists(others->root, path) ||
			says(others, hazard, path, "STARTMODE", "off"))
			continue;
		hazard_found(others, hazard,
			"wicked configures %s too (by %s): its lease brings a default route and "
			"takes its address away with it",
			interface->name, path);
		remedy_variable(others, path, "STARTMODE", "off");
		if (interface->index)
			diagnosis_remedy(others->diagnosis, "wicked ifdown -- %s", interface->name);
		diagnosis_remedy(others->diagnosis, "myha attach -- %s", interface->name);
	}
}
