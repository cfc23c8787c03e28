/* SPDX-License-Identifier: Apache-2.0 */
/* Finds links that NetworkManager manages, and nm-cloud-setup (RHEL, SLES 16). */
#include "hazard/config_text.h"
#include "hazard/probe.h"
#include "hazard/root_files.h"

#include <stdio.h>
#include <string.h>

#define MANAGER_DIRECTORY "/etc/NetworkManager/conf.d"

/* index 0: no link. Its state file has no "managed" before NetworkManager (1.42) has decided. */
static bool is_managed(const struct hazard_context *context, unsigned index)
{
	_cleanup_(strbuf_done) struct strbuf text = {0}, value = {0};
	char path[64];
	bool managed = false;
	int err;

	if (!index || !hazard_is_true(context, root_has_process(context->root, NETWORK_MANAGER)))
		return false;
	snprintf(path, sizeof(path), NETWORK_MANAGER_DEVICE, index);
	err = hazard_read(context, path, &text);
	if (!err)
		err = config_find_key(strbuf_text(&text), "device", "managed", &value);
	hazard_check_oom(context, err);
	return !err && !config_parse_boolean(strbuf_text(&value), &managed) && managed;
}

/* Returns a prefix that sorts behind all files that set the list, which "+=" then extends. */
static const char *choose_file_prefix(const struct hazard_context *context)
{
	_cleanup_(root_names_done) struct root_names names = {0};
	const char *prefix = "90-myha";

	if (root_list(context->root, MANAGER_DIRECTORY, ".conf", &names))
		context->diagnosis->out_of_memory = true;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_(strbuf_done) struct strbuf text = {0}, value = {0};
		char path[ROOT_PATH_SIZE];
		int err;

		snprintf(path, sizeof(path), MANAGER_DIRECTORY "/%.255s", names.items[i]);
		if (strcmp(names.items[i], prefix) < 0 || hazard_read(context, path, &text))
			continue;
		err = config_find_key(strbuf_text(&text), "keyfile", "unmanaged-devices", &value);
		hazard_check_oom(context, err);
		if (!err)
			prefix = "zzz-myha";
	}
	return prefix;
}

/*
 * Adds remedy lines that make NetworkManager stop managing the link, and wait until it has.
 * `device` names the link in NetworkManager's syntax. State 10, "unmanaged", is a number in all
 * languages.
 */
static void remedy_unmanage(
	const struct hazard_context *context, const char *interface, const char *device)
{
	char path[ROOT_PATH_SIZE], line[64];
	const char *const lines[] = {"[keyfile]", line, NULL};

	snprintf(path, sizeof(path), MANAGER_DIRECTORY "/%s-%s.conf", choose_file_prefix(context),
		interface);
	snprintf(line, sizeof(line), "unmanaged-devices+=%s", device);
	hazard_remedy_file(context, path, lines);
	hazard_add_remedy(context, "systemctl reload NetworkManager.service");
	/* A device that NetworkManager has configured stays managed despite the file, except lo. */
	if (strcmp(interface, "lo") != 0)
		hazard_add_remedy(context, "nmcli device set %s managed no", interface);
	hazard_add_remedy(context,
		"until nmcli -g GENERAL.STATE device show %s | grep -q '^10 '; do sleep 0.2; done",
		interface);
}

void probe_network_manager(
	const struct hazard_context *context, const struct hazard_interface *interface)
{
	char device[64], mac[MAC_TEXT_SIZE];

	if (interface->addresses != POLICY_ADDRESSES_IMDS || !is_managed(context, interface->index))
		return;
	hazard_add_finding(context,
		"NetworkManager also manages %s: a profile with DHCP adds its own lease and default route, and nmcli device reapply removes myha's addresses and routes",
		interface->name);
	snprintf(device, sizeof(device), "mac:%s", mac_format(&interface->mac, mac));
	remedy_unmanage(context, interface->name, device);
	hazard_remedy_keep_address(context, interface);
}

/* With "addresses: none" NetworkManager may manage the link, but no setting keeps myha's routes. */
void probe_network_manager_routes(
	const struct hazard_context *context, const struct hazard_interface *interface)
{
	if (interface->addresses != POLICY_ADDRESSES_NONE || !is_managed(context, interface->index))
		return;
	hazard_add_finding(context,
		"NetworkManager manages %s: nmcli device reapply and nmcli connection up delete myha's routes",
		interface->name);
	hazard_add_remedy(
		context, "# after each of these events: myha attach -- %s", interface->name);
}

/*
 * On the loopback NetworkManager keeps the addresses that it finds, except after "networking off".
 * Since 1.42 it can be configured not to manage the loopback; before 1.42 it never manages it.
 */
void probe_network_manager_overlays(
	const struct hazard_context *context, const struct hazard_overlay *overlay)
{
	bool on_loopback;

	if (!is_managed(context, overlay->index))
		return;
	on_loopback = strcmp(overlay->interface, "lo") == 0; /* else the remedy moves it to lo */
	hazard_add_finding(context,
		"NetworkManager manages %s: %s can remove the address of overlay %s",
		overlay->interface,
		on_loopback ? "nmcli networking off"
			    : "nmcli device reapply, nmcli connection up and nmcli networking off",
		overlay->name);
	remedy_unmanage(context, "lo", "interface-name:lo");
	if (!on_loopback)
		hazard_add_remedy(context,
			"# in the policy file, set \"interface: lo\" for overlay %s; then run myha boot",
			overlay->name);
}

/* Returns true if NetworkManager manages none of the interfaces, and each one is on this host. */
static bool manages_none(const struct hazard_context *context)
{
	size_t n_present = 0;

	for (size_t i = 0; i < context->n_interfaces; i++) {
		if (is_managed(context, context->interfaces[i].index))
			return false;
		n_present += context->interfaces[i].index != 0;
	}
	return n_present == context->n_interfaces && n_present /* at least one is listed */;
}

void probe_nm_cloud_setup(const struct hazard_context *context)
{
	if (!hazard_is_true(context, root_unit_is_enabled(context->root, "nm-cloud-setup.timer")) &&
		!hazard_is_true(
			context, root_unit_is_enabled(context->root, "nm-cloud-setup.service")))
		return;
	/* nm-cloud-setup configures only links that NetworkManager manages. */
	if (!hazard_may_list_interfaces(context) || manages_none(context))
		return;
	hazard_add_finding(context,
		"nm-cloud-setup is enabled: each interface that NetworkManager manages gets additional rules and tables from 30200 on");
	hazard_add_remedy(context, "systemctl disable --now nm-cloud-setup.timer");
	hazard_add_remedy(context, "systemctl disable nm-cloud-setup.service");
	hazard_remedy_wait_ended(context, "nm-cloud-setup.service");
	if (context->has_policy)
		hazard_add_remedy(context, "myha boot");
}
