/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd-networkd: whenever it configures any link it deletes the rules that it did not make, unless
 * told otherwise; of a link that it manages, the addresses and routes too. Seen from 249 to 257.
 */
#include "app/config_text.h"
#include "app/others.h"
#include "app/root_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COMM "systemd-network" /* what the kernel keeps of systemd-networkd */
#define SETTING "ManageForeignRoutingPolicyRules"
#define DROP_IN "90-myha.conf"
#define LAST_DROP_IN "zzz-myha.conf"
/* Seconds. Clock and uptime are read one after the other, and in whole steps. */
#define SLACK 2

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_running(const struct others *others)
{
	return root_has_process(others->root, COMM);
}

/* 0 with what the setting says; -ENOENT: nothing that networkd would take; -errno: not known. */
static int find_rules_setting(
	const struct others *others, struct root_setting *ret_setting, bool *ret_manages)
{
	int err = root_find_setting(others->root, "networkd.conf", "Network", SETTING, ret_setting);

	if (err)
		return err;
	return config_parse_boolean(strbuf_text(&ret_setting->value), ret_manages) ? -ENOENT : 0;
}

static void remedy_restart(const struct others *others)
{
	diagnosis_remedy(others->diagnosis, "systemctl restart systemd-networkd.service");
	if (others->has_policy)
		diagnosis_remedy(others->diagnosis, "myha boot");
}

void probe_networkd_rules(const struct others *others, const struct hazard *hazard)
{
	static const char *const lines[] = {"[Network]", SETTING "=no", NULL};
	_cleanup_(root_setting_done) struct root_setting setting = {0};
	const char *name = DROP_IN;
	char path[ROOT_PATH_SIZE];
	bool manages = true;
	int err;

	if (!is_running(others) || (others->has_policy && !others->lists_interfaces))
		return;
	err = find_rules_setting(others, &setting, &manages);
	if (err && err != -ENOENT) {
		hazard_unknown(others, hazard, "networkd.conf and its drop-ins", err);
		return;
	}
	if (!err && !manages) {
		diagnosis_good(others->diagnosis, hazard->area,
			"systemd-networkd keeps the rules of others (%s)", setting.path);
		return;
	}
	if (err)
		hazard_found(others, hazard,
			"systemd-networkd runs without " SETTING "=no: it deletes the rules that "
			"myha makes whenever it configures a link");
	else
		hazard_found(others, hazard,
			"%s tells systemd-networkd to delete the rules that it did not make, and "
			"so those of myha, whenever it configures a link",
			setting.path);
	/* The drop-in whose name sorts last counts. */
	if (!err && strstr(setting.path, ".d/") && strcmp(base_name(setting.path), name) > 0)
		name = LAST_DROP_IN;
	snprintf(path, sizeof(path), "/etc/systemd/networkd.conf.d/%s", name);
	hazard_remedy_file(others, path, lines);
	remedy_restart(others);
}

void probe_networkd_restart(const struct others *others, const struct hazard *hazard)
{
	_cleanup_(root_setting_done) struct root_setting setting = {0};
	bool manages = true;
	double started;
	int err;

	if ((others->has_policy && !others->lists_interfaces) ||
		find_rules_setting(others, &setting, &manages) || manages)
		return;
	err = root_find_process(others->root, COMM, (double)others->now, &started);
	if (err == -ESRCH)
		return;
	if (err) {
		hazard_unknown(others, hazard, "in /proc when systemd-networkd was started", err);
		return;
	}
	if (setting.changed <= started + SLACK)
		return;
	hazard_found(others, hazard,
		"systemd-networkd was started before %s came, and has not read it: it still "
		"deletes the rules that myha makes",
		setting.path);
	remedy_restart(others);
}

/*
 * Whether networkd manages the link, as its state file of the link says; and by which .network file.
 * A link that it has none for it leaves alone.
 */
static bool find_managed(const struct others *others, unsigned index, struct strbuf *ret_file)
{
	static const char *const idle[] = {"", "unmanaged", "pending", "initialized", "linger"};
	_cleanup_(strbuf_done) struct strbuf text = {0}, state = {0};
	char path[64];

	snprintf(path, sizeof(path), "/run/systemd/netif/links/%u", index);
	if (!index || root_read(others->root, path, &text, NULL) ||
		config_find_key(strbuf_text(&text), NULL, "ADMIN_STATE", &state) ||
		config_find_key(strbuf_text(&text), NULL, "NETWORK_FILE", ret_file))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(idle); i++)
		if (strcmp(strbuf_text(&state), idle[i]) == 0)
			return false;
	return ret_file->length != 0;
}

void probe_networkd_links(const struct others *others, const struct hazard *hazard)
{
	if (!is_running(others))
		return;
	for (size_t i = 0; i < others->n_interfaces; i++) {
		const struct others_interface *interface = &others->interfaces[i];
		_cleanup_(strbuf_done) struct strbuf file = {0};
		char match[64], path[ROOT_PATH_SIZE];
		const char *const lines[] = {"[Match]", match, "", "[Link]", "Unmanaged=yes", NULL};
		const char *prefix = "05-myha";

		if (interface->addresses != POLICY_ADDRESSES_IMDS ||
			!find_managed(others, interface->index, &file))
			continue;
		/* The file whose name sorts first is the link's. */
		if (strcmp(base_name(strbuf_text(&file)), prefix) < 0)
			prefix = "00-0-myha";
		snprintf(match, sizeof(match), "Name=%s", interface->name);
		snprintf(path, sizeof(path), "/etc/systemd/network/%s-%s.network", prefix,
			interface->name);
		hazard_found(others, hazard,
			"systemd-networkd manages %s too (by %s): it takes away the addresses and "
			"routes that myha puts there",
			interface->name, strbuf_text(&file));
		hazard_remedy_file(others, path, lines);
		diagnosis_remedy(others->diagnosis, "networkctl reload");
		diagnosis_remedy(others->diagnosis, "myha attach -- %s", interface->name);
	}
}

static bool keeps(const struct others *others, const struct hazard *hazard, const char *file,
	bool *ret_static)
{
	_cleanup_(root_setting_done) struct root_setting setting = {0};
	char name[ROOT_PATH_SIZE];
	bool all = false;
	int err;

	snprintf(name, sizeof(name), "network/%s", base_name(file));
	err = root_find_setting(others->root, name, "Network", "KeepConfiguration", &setting);
	if (err && err != -ENOENT)
		hazard_unknown(others, hazard, file, err);
	if (!err && config_parse_boolean(strbuf_text(&setting.value), &all))
		*ret_static = strcasecmp(strbuf_text(&setting.value), "static") == 0;
	return !err && all;
}

static void remedy_keep(const struct others *others, const char *file, const char *what)
{
	char path[ROOT_PATH_SIZE], line[64];
	const char *const lines[] = {"[Network]", line, NULL};

	snprintf(path, sizeof(path), "/etc/systemd/network/%s.d/" LAST_DROP_IN, base_name(file));
	snprintf(line, sizeof(line), "KeepConfiguration=%s", what);
	hazard_remedy_file(others, path, lines);
	diagnosis_remedy(others->diagnosis, "networkctl reload");
}

/* With "addresses: none" it is meant to manage the link, but must leave what is not its own. */
void probe_networkd_routes(const struct others *others, const struct hazard *hazard)
{
	if (!is_running(others))
		return;
	for (size_t i = 0; i < others->n_interfaces; i++) {
		const struct others_interface *interface = &others->interfaces[i];
		_cleanup_(strbuf_done) struct strbuf file = {0};
		bool is_static = false;

		if (interface->addresses != POLICY_ADDRESSES_NONE ||
			!find_managed(others, interface->index, &file) ||
			keeps(others, hazard, strbuf_text(&file), &is_static))
			continue;
		hazard_found(others, hazard,
			"systemd-networkd manages %s (by %s) without KeepConfiguration=yes: "
			"when it is restarted it deletes the routes that myha makes",
			interface->name, strbuf_text(&file));
		remedy_keep(others, strbuf_text(&file), "yes");
		diagnosis_remedy(others->diagnosis, "myha attach -- %s", interface->name);
	}
}

void probe_networkd_overlays(const struct others *others, const struct hazard *hazard)
{
	if (!is_running(others))
		return;
	for (size_t i = 0; i < others->n_overlays; i++) {
		const struct others_overlay *overlay = &others->overlays[i];
		_cleanup_(strbuf_done) struct strbuf file = {0};
		bool is_static = false;

		if (!find_managed(others, overlay->index, &file) ||
			keeps(others, hazard, strbuf_text(&file), &is_static) || is_static)
			continue;
		hazard_found(others, hazard,
			"systemd-networkd manages %s (by %s): when it is restarted it takes the "
			"address of %s away",
			overlay->interface, strbuf_text(&file), overlay->name);
		remedy_keep(others, strbuf_text(&file), "static");
		diagnosis_remedy(others->diagnosis, "myha boot");
	}
}
