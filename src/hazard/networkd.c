/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds configurations of systemd-networkd that delete myha's rules, routes or addresses. Whenever
 * networkd configures any link, it deletes the rules that it did not create, unless configured
 * otherwise. From the links that it manages, it also deletes the addresses and routes that it did
 * not create. Seen in versions 249 to 257.
 */
#include "hazard/config_text.h"
#include "hazard/probe.h"
#include "hazard/root_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NETWORKD "systemd-network" /* the kernel truncates "systemd-networkd" */
#define RULES_KEY "ManageForeignRoutingPolicyRules"
#define DROP_IN "90-myha.conf"
#define LAST_DROP_IN "zzz-myha.conf"
/* If networkctl times out, networkd may still reload later; so repeat until it has replied. */
#define RELOAD_COMMAND "until networkctl reload; do sleep 1; done"

/* The foreign addresses and routes that networkd keeps when it configures a link. */
enum keep {
	KEEPS_NOTHING,
	KEEPS_ADDRESSES,
	KEEPS_ALL,
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool has_networkd(const struct hazard_context *context)
{
	return hazard_is_true(context, root_has_process(context->root, NETWORKD));
}

/* 0; -ENOENT: no value that networkd accepts, so its default applies; -errno: cannot be read. */
static int find_rules_setting(
	const struct hazard_context *context, struct root_setting *ret_setting, bool *ret_deletes)
{
	int err = root_find_setting(
		context->root, "networkd.conf", "Network", RULES_KEY, ret_setting);

	if (err)
		return err;
	return config_parse_boolean(strbuf_text(&ret_setting->value), ret_deletes) ? -ENOENT : 0;
}

/*
 * Returns true if networkd runs and manages the link, by its state file of the link; ret_file is
 * then the link's .network file, without which networkd changes no link. index 0: absent.
 */
static bool is_managed(
	const struct hazard_context *context, unsigned index, struct strbuf *ret_file)
{
	static const char *const idle[] = {"", "unmanaged", "pending", "initialized", "linger"};
	_cleanup_(strbuf_done) struct strbuf text = {0}, state = {0};
	char path[64];
	int err;

	if (!index)
		return false;
	snprintf(path, sizeof(path), "/run/systemd/netif/links/%u", index);
	err = root_read(context->root, path, &text, NULL);
	if (!err)
		err = config_find_key(strbuf_text(&text), NULL, "ADMIN_STATE", &state);
	if (!err)
		err = config_find_key(strbuf_text(&text), NULL, "NETWORK_FILE", ret_file);
	hazard_check_oom(context, err);
	if (err)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(idle); i++)
		if (strcmp(strbuf_text(&state), idle[i]) == 0)
			return false;
	return ret_file->length != 0 && has_networkd(context);
}

/* Finds which foreign objects the link's .network file tells networkd to keep. 0 or -errno. */
static int find_keep_setting(
	const struct hazard_context *context, const char *file, enum keep *ret_keep)
{
	_cleanup_(root_setting_done) struct root_setting setting = {0};
	char name[ROOT_PATH_SIZE];
	bool all = false;
	int err;

	snprintf(name, sizeof(name), "network/%s", base_name(file));
	err = root_find_setting(context->root, name, "Network", "KeepConfiguration", &setting);
	if (err && err != -ENOENT)
		return err;
	*ret_keep = KEEPS_NOTHING;
	if (!err && strcasecmp(strbuf_text(&setting.value), "static") == 0)
		*ret_keep = KEEPS_ADDRESSES;
	if (!err && !config_parse_boolean(strbuf_text(&setting.value), &all) && all)
		*ret_keep = KEEPS_ALL;
	return 0;
}

/* Like find_keep_setting(), but reports a file that cannot be read. */
static enum keep read_keep(const struct hazard_context *context, const char *file)
{
	enum keep keep = KEEPS_NOTHING;
	int err = find_keep_setting(context, file, &keep);

	if (err)
		hazard_add_unknown(context, file, err);
	return keep;
}

/* Returns the policy's interface that is the link; NULL: the policy does not list the link. */
static const struct hazard_interface *find_interface(
	const struct hazard_context *context, unsigned index)
{
	for (size_t i = 0; i < context->n_interfaces; i++)
		if (context->interfaces[i].index == index)
			return &context->interfaces[i];
	return NULL;
}

/* Adds remedy lines: an overlay's address needs only "static", an interface's routes "yes". */
static void remedy_keep(const struct hazard_context *context, unsigned index, const char *file)
{
	const struct hazard_interface *interface = find_interface(context, index);
	bool all = interface && interface->addresses == POLICY_ADDRESSES_NONE;
	const char *const lines[] = {
		"[Network]", all ? "KeepConfiguration=yes" : "KeepConfiguration=static", NULL};
	char path[ROOT_PATH_SIZE];

	snprintf(path, sizeof(path), "/etc/systemd/network/%s.d/" LAST_DROP_IN, base_name(file));
	hazard_remedy_file(context, path, lines);
}

/* Returns true if no overlay before this one is on the same link: a remedy names a link once. */
static bool is_first_of_link(
	const struct hazard_context *context, const struct hazard_overlay *overlay)
{
	for (const struct hazard_overlay *earlier = context->overlays; earlier < overlay; earlier++)
		if (earlier->index == overlay->index)
			return false;
	return true;
}

/* A restart must keep the overlays' addresses: myha boot does not place a cluster's again. */
static void remedy_keep_overlays(const struct hazard_context *context)
{
	for (size_t i = 0; i < context->n_overlays; i++) {
		const struct hazard_overlay *overlay = &context->overlays[i];
		_cleanup_(strbuf_done) struct strbuf file = {0};
		enum keep keep = KEEPS_NOTHING;

		if (!is_first_of_link(context, overlay) ||
			!is_managed(context, overlay->index, &file))
			continue;
		/* probe_networkd_overlays() reports a file that cannot be read. */
		hazard_check_oom(context, find_keep_setting(context, strbuf_text(&file), &keep));
		if (keep == KEEPS_NOTHING)
			remedy_keep(context, overlay->index, strbuf_text(&file));
	}
}

/*
 * Adds a remedy line that waits until networkd has configured the link. networkd replies before it
 * has acted, and updates its state files late, but the state in D-Bus changes with the link. The
 * remedy of another finding may meanwhile have made the link unmanaged.
 */
static void remedy_wait_configured(const struct hazard_context *context, const char *interface)
{
	hazard_add_remedy(context,
		"until networkctl status --json=short -- %s | grep -Eq '\"AdministrativeState\":\"(configured|unmanaged|failed)\"'; do sleep 0.2; done",
		interface);
}

/*
 * The tool that the remedy stops may have asked networkd for a reload that networkd has yet to do.
 * After the remedy's reload, such a reload changes nothing. The reconfiguration makes the link's
 * state show at once that networkd is at work. It does not change a link that is not managed.
 */
void hazard_remedy_networkd(
	const struct hazard_context *context, const struct hazard_interface *interface)
{
	if (!interface->index || !has_networkd(context))
		return;
	hazard_add_remedy(context, RELOAD_COMMAND);
	hazard_add_remedy(
		context, "until networkctl reconfigure -- %s; do sleep 1; done", interface->name);
	remedy_wait_configured(context, interface->name);
}

/* When networkd starts, it removes foreign objects from its links: wait until it is done. */
static void remedy_wait_all_configured(const struct hazard_context *context)
{
	for (size_t i = 0; i < context->n_interfaces; i++) {
		_cleanup_(strbuf_done) struct strbuf file = {0};

		if (is_managed(context, context->interfaces[i].index, &file))
			remedy_wait_configured(context, context->interfaces[i].name);
	}
	for (size_t i = 0; i < context->n_overlays; i++) {
		const struct hazard_overlay *overlay = &context->overlays[i];
		_cleanup_(strbuf_done) struct strbuf file = {0};

		if (is_first_of_link(context, overlay) &&
			!find_interface(context, overlay->index) &&
			is_managed(context, overlay->index, &file))
			remedy_wait_configured(context, overlay->interface);
	}
}

/*
 * Adds remedy lines that restart networkd and then apply the policy again. A reload would be worse:
 * from links whose files have changed, it briefly removes DHCP leases and addresses.
 */
static void remedy_restart(const struct hazard_context *context)
{
	remedy_keep_overlays(context);
	/* Several findings may restart networkd more often than systemd permits in 10 s. */
	hazard_add_remedy(context, "systemctl reset-failed systemd-networkd.service");
	hazard_add_remedy(context, "systemctl restart systemd-networkd.service");
	remedy_wait_all_configured(context);
	if (context->has_policy)
		hazard_add_remedy(context, "myha boot");
}

void probe_networkd_rules(const struct hazard_context *context)
{
	static const char *const lines[] = {"[Network]", RULES_KEY "=no", NULL};
	_cleanup_(root_setting_done) struct root_setting setting = {0};
	const char *name = DROP_IN;
	char path[ROOT_PATH_SIZE];
	bool deletes_rules = true;
	int err;

	if (!has_networkd(context) || !hazard_may_list_interfaces(context))
		return;
	err = find_rules_setting(context, &setting, &deletes_rules);
	if (err && err != -ENOENT) {
		hazard_add_unknown(context, "networkd.conf and its drop-ins", err);
		return;
	}
	if (!err && !deletes_rules) {
		hazard_add_passed(
			context, "systemd-networkd keeps foreign rules (see %s)", setting.path);
		return;
	}
	if (err) /* -ENOENT */
		hazard_add_finding(context,
			"systemd-networkd runs without " RULES_KEY
			"=no: myha's rules are deleted whenever systemd-networkd configures a link");
	else
		hazard_add_finding(context,
			"%s makes systemd-networkd delete all foreign rules, including myha's, whenever systemd-networkd configures a link",
			setting.path);
	/* The drop-in whose name sorts last takes precedence. */
	if (!err && setting.is_drop_in && strcmp(base_name(setting.path), name) > 0)
		name = LAST_DROP_IN;
	snprintf(path, sizeof(path), "/etc/systemd/networkd.conf.d/%s", name);
	hazard_remedy_file(context, path, lines);
	remedy_restart(context);
}

void probe_networkd_restart(const struct hazard_context *context)
{
	_cleanup_(root_setting_done) struct root_setting setting = {0};
	bool deletes_rules = true;
	int newer; /* 1, 0 or -errno */

	if (!hazard_may_list_interfaces(context) ||
		find_rules_setting(context, &setting, &deletes_rules) || deletes_rules)
		return;
	newer = root_is_newer_than_process(context->root, NETWORKD, context->now, setting.changed);
	if (newer < 0 && newer != -ESRCH) /* -ESRCH: networkd does not run */
		hazard_add_unknown(context, "the start time of systemd-networkd in /proc", newer);
	if (newer <= 0)
		return;
	hazard_add_finding(context,
		"systemd-networkd has not read %s yet (the file changed after the service started): myha's rules are still deleted",
		setting.path);
	remedy_restart(context);
}

void probe_networkd_links(
	const struct hazard_context *context, const struct hazard_interface *interface)
{
	_cleanup_(strbuf_done) struct strbuf file = {0};
	char match[64], path[ROOT_PATH_SIZE];
	const char *const lines[] = {"[Match]", match, "", "[Link]", "Unmanaged=yes", NULL};
	const char *prefix = "05-myha";

	if (interface->addresses != POLICY_ADDRESSES_IMDS ||
		!is_managed(context, interface->index, &file))
		return;
	/* networkd uses the matching file that sorts first; '0' sorts "00-0" before "00-eth0". */
	if (strcmp(base_name(strbuf_text(&file)), prefix) < 0)
		prefix = "00-0-myha";
	snprintf(match, sizeof(match), "Name=%s", interface->name);
	snprintf(path, sizeof(path), "/etc/systemd/network/%s-%s.network", prefix, interface->name);
	hazard_add_finding(context,
		"systemd-networkd also manages %s (see %s) and removes myha's addresses and routes",
		interface->name, strbuf_text(&file));
	hazard_remedy_file(context, path, lines);
	hazard_add_remedy(context, RELOAD_COMMAND);
	hazard_add_remedy(context,
		"until networkctl status --json=short -- %s | grep -q '\"AdministrativeState\":\"unmanaged\"'; do sleep 0.2; done",
		interface->name);
	hazard_add_remedy(context, "myha attach -- %s", interface->name);
}

/* With "addresses: none" networkd is meant to manage the link, but must keep myha's routes. */
void probe_networkd_routes(
	const struct hazard_context *context, const struct hazard_interface *interface)
{
	_cleanup_(strbuf_done) struct strbuf file = {0};

	if (interface->addresses != POLICY_ADDRESSES_NONE ||
		!is_managed(context, interface->index, &file))
		return;
	if (read_keep(context, strbuf_text(&file)) == KEEPS_ALL) {
		/* Only a note: no setting prevents this on a link that networkd manages. */
		diagnosis_add(context->diagnosis, context->hazard->area, FINDING_NOTE,
			context->hazard->id,
			"systemd-networkd manages %s (see %s): a restart of systemd-networkd keeps myha's routes, but networkctl reconfigure, netplan apply and a link that goes down delete these routes",
			interface->name, strbuf_text(&file));
		hazard_add_remedy(context, "# after each of these events: myha attach -- %s",
			interface->name);
		return;
	}
	hazard_add_finding(context,
		"systemd-networkd manages %s (see %s) without KeepConfiguration=yes: a restart of systemd-networkd deletes myha's routes; networkctl reconfigure, netplan apply and a link that goes down delete these routes even with KeepConfiguration=yes",
		interface->name, strbuf_text(&file));
	remedy_keep(context, interface->index, strbuf_text(&file));
	remedy_restart(context);
}

void probe_networkd_overlays(
	const struct hazard_context *context, const struct hazard_overlay *overlay)
{
	_cleanup_(strbuf_done) struct strbuf file = {0};

	if (!is_managed(context, overlay->index, &file) ||
		read_keep(context, strbuf_text(&file)) != KEEPS_NOTHING)
		return;
	hazard_add_finding(context,
		"systemd-networkd manages %s (see %s): a restart of systemd-networkd removes the address of overlay %s",
		overlay->interface, strbuf_text(&file), overlay->name);
	remedy_restart(context);
}
