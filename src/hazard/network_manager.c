/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds links that NetworkManager manages, and nm-cloud-setup (RHEL, SLES 16).
 */
#include "hazard/config_text.h"
#include "hazard/probe.h"
#include "hazard/root_files.h"

#include <stdio.h>
#include <string.h>

#define MANAGER_DIRECTORY "/etc/NetworkManager/conf.d"

/* "managed" is missing if NetworkManager has not decided. Tried with 1.42. */
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
	if (err)
		return hazard_is_true(context, err);
	return !config_parse_boolean(strbuf_text(&value), &managed) && managed;
}

/*
 * Of the files that set "unmanaged-devices=", the one whose name sorts last counts. Ours must sort
 * behind it, since "unmanaged-devices+=" adds to the list so far.
 */
static const char *choose_prefix(const struct hazard_context *context)
{
	_cleanup_(root_names_done) struct root_names names = {0};
	const char *prefix = "90-myha";

	if (root_list(context->root, MANAGER_DIRECTORY, ".conf", &names))
		context->diagnosis->failed = true;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_(strbuf_done) struct strbuf text = {0}, value = {0};
		char path[ROOT_PATH_SIZE];
		int err;

		snprintf(path, sizeof(path), MANAGER_DIRECTORY "/%.255s", names.items[i]);
		if (strcmp(names.items[i], prefix) < 0 || hazard_read(context, path, &text))
			continue;
		err = config_find_key(strbuf_text(&text), "keyfile", "unmanaged-devices", &value);
		if (hazard_is_true(context, err ? err : 1))
			prefix = "zzz-myha";
	}
	return prefix;
}

/*
 * Adds remedy lines that make NetworkManager stop managing the link, and wait until it has. The
 * number of the state is the same in all languages.
 */
static void remedy_unmanage(const struct hazard_context *context, const char *interface,
	const char *device, bool is_forced)
{
	char path[ROOT_PATH_SIZE], line[64];
	const char *const lines[] = {"[keyfile]", line, NULL};

	snprintf(path, sizeof(path), MANAGER_DIRECTORY "/%s-%s.conf", choose_prefix(context),
		interface);
	snprintf(line, sizeof(line), "unmanaged-devices+=%s", device);
	hazard_remedy_file(context, path, lines);
	diagnosis_add_remedy(context->diagnosis, "systemctl reload NetworkManager.service");
	/* The file is not enough for a device that NetworkManager has already configured. */
	if (is_forced)
		diagnosis_add_remedy(
			context->diagnosis, "nmcli device set %s managed no", interface);
	diagnosis_add_remedy(context->diagnosis,
		"until nmcli -g GENERAL.STATE device show %s | grep -q '^10 '; do sleep 0.2; done",
		interface);
}

void probe_network_manager(const struct hazard_context *context)
{
	for (size_t i = 0; i < context->n_interfaces; i++) {
		const struct hazard_interface *interface = &context->interfaces[i];
		char device[64], mac[MAC_TEXT_SIZE];

		if (interface->addresses != POLICY_ADDRESSES_IMDS ||
			!is_managed(context, interface->index))
			continue;
		hazard_add_finding(context,
			"NetworkManager also manages %s: a profile with DHCP adds its own lease and default route, and nmcli device reapply removes myha's addresses and routes",
			interface->name);
		snprintf(device, sizeof(device), "mac:%s", mac_format(&interface->mac, mac));
		remedy_unmanage(context, interface->name, device, true);
		hazard_remedy_delete_lease_route(context, interface->name);
		diagnosis_add_remedy(context->diagnosis, "myha attach -- %s", interface->name);
	}
}

/*
 * With "addresses: none" NetworkManager is meant to manage the link. It has no setting to keep the
 * routes that it did not create.
 */
void probe_network_manager_routes(const struct hazard_context *context)
{
	for (size_t i = 0; i < context->n_interfaces; i++) {
		const struct hazard_interface *interface = &context->interfaces[i];

		if (interface->addresses != POLICY_ADDRESSES_NONE ||
			!is_managed(context, interface->index))
			continue;
		hazard_add_finding(context,
			"NetworkManager manages %s: nmcli device reapply and nmcli connection up delete myha's routes",
			interface->name);
		diagnosis_add_remedy(context->diagnosis,
			"# after each of these events: myha attach -- %s", interface->name);
	}
}

/*
 * On the loopback NetworkManager keeps the addresses that it finds, except after "networking off".
 * Since 1.42 it can be configured not to manage the loopback; before 1.42 it never manages it.
 */
void probe_network_manager_overlays(const struct hazard_context *context)
{
	for (size_t i = 0; i < context->n_overlays; i++) {
		const struct hazard_overlay *overlay = &context->overlays[i];
		bool on_loopback;

		if (!is_managed(context, overlay->index))
			continue;
		on_loopback = strcmp(overlay->interface, "lo") == 0;
		hazard_add_finding(context,
			"NetworkManager manages %s: %s can remove the address of overlay %s",
			overlay->interface,
			on_loopback
				? "nmcli networking off"
				: "nmcli device reapply, nmcli connection up and nmcli networking off",
			overlay->name);
		remedy_unmanage(context, "lo", "interface-name:lo", false);
		if (!on_loopback)
			diagnosis_add_remedy(context->diagnosis,
				"# in the policy file, set \"interface: lo\" for overlay %s; then run myha boot",
				overlay->name);
	}
}

/*
 * nm-cloud-setup configures only links that NetworkManager manages. Returns true if all interfaces
 * are present and NetworkManager manages none of them.
 */
static bool has_none_managed(const struct hazard_context *context)
{
	size_t n_present = 0;

	for (size_t i = 0; i < context->n_interfaces; i++) {
		if (is_managed(context, context->interfaces[i].index))
			return false;
		n_present += context->interfaces[i].index != 0;
	}
	return n_present == context->n_interfaces && n_present;
}

void probe_nm_cloud_setup(const struct hazard_context *context)
{
	if (!hazard_is_true(context, root_unit_is_enabled(context->root, "nm-cloud-setup.timer")) &&
		!hazard_is_true(
			context, root_unit_is_enabled(context->root, "nm-cloud-setup.service")))
		return;
	if ((context->has_policy && !context->lists_interfaces) || has_none_managed(context))
		return;
	hazard_add_finding(context,
		"nm-cloud-setup is enabled: each interface that NetworkManager manages gets additional rules and tables from 30200 on");
	diagnosis_add_remedy(context->diagnosis, "systemctl disable --now nm-cloud-setup.timer");
	diagnosis_add_remedy(context->diagnosis, "systemctl disable nm-cloud-setup.service");
	hazard_remedy_wait_ended(context, "nm-cloud-setup.service");
	if (context->has_policy)
		diagnosis_add_remedy(context->diagnosis, "myha boot");
}
