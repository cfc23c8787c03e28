/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the files that start myha when it must run, the kernel's source filter, and the old
 * scripts that myha replaces.
 */
#include "base/parse.h"
#include "hazard/probe.h"
#include "hazard/root_files.h"

#include <errno.h>
#include <string.h>

#define RULES_FILE "90-myha.rules"
#define BOOT_UNIT "myha-boot.service"

/*
 * Adds remedy lines: remove each mask of `name`; reinstall myha if the file itself is missing; run
 * `reload`. `systemctl unmask` would keep empty files, and links outside of /etc and /run.
 */
static void remedy_install_file(const struct hazard_context *context,
	const char *const *directories, const char *name, const char *reload)
{
	enum root_file file = ROOT_FILE_ABSENT;

	for (; *directories && file != ROOT_FILE_PRESENT; directories++) {
		const char *const directory[] = {*directories, NULL}; /* a search path of one */
		char path[ROOT_PATH_SIZE];

		file = root_find(context->root, directory, name, path);
		if (file == ROOT_FILE_MASKED)
			hazard_add_remedy(context, "rm -f %s", path);
	}
	if (file != ROOT_FILE_PRESENT)
		hazard_add_remedy(context, "# reinstall myha (make install), then:");
	diagnosis_add_remedy_line(context->diagnosis, reload);
}

void probe_udev_rule(const struct hazard_context *context)
{
	char path[ROOT_PATH_SIZE];

	switch (root_find(context->root, root_udev_rules_directories, RULES_FILE, path)) {
	case ROOT_FILE_PRESENT:
		hazard_add_passed(context, "udev rules file %s is installed", path);
		return;
	case ROOT_FILE_MASKED:
		hazard_add_finding(context,
			"%s masks the udev rules that start myha@.service: a new ENI is not configured",
			path);
		break;
	case ROOT_FILE_ABSENT:
		hazard_add_finding(context,
			"udev rules file " RULES_FILE " is missing: a new ENI is not configured");
		break;
	}
	remedy_install_file(
		context, root_udev_rules_directories, RULES_FILE, "udevadm control --reload");
}

void probe_units(const struct hazard_context *context)
{
	static const char *const units[] = {"myha@.service", BOOT_UNIT};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		char path[ROOT_PATH_SIZE];

		switch (root_find(context->root, root_unit_directories, units[i], path)) {
		case ROOT_FILE_PRESENT:
			continue;
		case ROOT_FILE_MASKED:
			hazard_add_finding(context, "%s masks %s: systemd does not start the unit",
				path, units[i]);
			break;
		case ROOT_FILE_ABSENT:
			hazard_add_finding(
				context, "unit %s is missing: systemd cannot start it", units[i]);
			break;
		}
		remedy_install_file(
			context, root_unit_directories, units[i], "systemctl daemon-reload");
	}
}

void probe_boot_unit(const struct hazard_context *context)
{
	if (root_find(context->root, root_unit_directories, BOOT_UNIT, NULL) != ROOT_FILE_PRESENT)
		return; /* probe_units() reports this */
	if (hazard_is_true(context, root_unit_is_enabled(context->root, BOOT_UNIT))) {
		hazard_add_passed(context, BOOT_UNIT " is enabled");
		return;
	}
	hazard_add_finding(context, BOOT_UNIT
		" is not enabled: after a reboot, \"myha boot\" does not apply the policy");
	hazard_add_remedy(context, "systemctl enable " BOOT_UNIT);
}

/*
 * A strict filter looks up the route back to the sender, rules included. With myha's rules in place
 * that route leaves through the interface, so the filter passes all packets.
 */
void probe_rp_filter(const struct hazard_context *context)
{
	static const char path[] = "/proc/sys/net/ipv4/conf/all/rp_filter";
	_cleanup_(strbuf_done) struct strbuf text = {0};
	uint32_t all = 0;
	int err = root_read(context->root, path, &text, NULL);

	if (!context->n_interfaces)
		return;
	if (text.data)
		text.data[strcspn(text.data, "\n")] = '\0';
	if (err || parse_u32(strbuf_text(&text), 0, 2, &all)) {
		hazard_add_unknown(context, path, err ? err : -EBADMSG);
		return;
	}
	for (size_t i = 0; i < context->n_interfaces; i++) {
		const struct hazard_interface *interface = &context->interfaces[i];

		/* The kernel uses the larger of both values: 2 is loose, 1 is strict, 0 is off. */
		bool is_strict = all != 2 && interface->rp_filter != 2 &&
				 (all || interface->rp_filter);

		if (interface->rp_filter < 0 /* not known */ || interface->has_rule || !is_strict)
			continue;
		hazard_add_finding(context,
			"rp_filter is strict on %s (net.ipv4.conf.all.rp_filter is %u, net.ipv4.conf.%s.rp_filter is %d): the kernel drops packets from other subnets",
			interface->name, (unsigned)all, interface->name, interface->rp_filter);
		hazard_add_remedy(
			context, "echo 2 >/proc/sys/net/ipv4/conf/%s/rp_filter", interface->name);
	}
}

void probe_old_scripts(const struct hazard_context *context)
{
	static const char *const scripts[] = {"/sbin/ifup-local", "/sbin/ifdown-local",
		"/sbin/ifup.local", "/sbin/ifdown.local",
		"/etc/sysconfig/network/scripts/ifup.local",
		"/etc/sysconfig/network/scripts/ifdown.local",
		"/etc/sysconfig/network-scripts/ifup.local",
		"/etc/sysconfig/network-scripts/ifdown.local"};
	static const char *const commands[] = {
		"ip rule", "ip route", "ip -4 rule", "ip -6 rule", "ip addr"};

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		_cleanup_(strbuf_done) struct strbuf text = {0};
		bool changes_network = false;

		if (hazard_read(context, scripts[i], &text))
			continue; /* mostly: there is no such script */
		for (size_t j = 0; !changes_network && j < ARRAY_SIZE(commands); j++)
			changes_network = strstr(strbuf_text(&text), commands[j]) != NULL;
		if (!changes_network)
			continue;
		hazard_add_finding(context,
			"script %s also changes addresses, routes or rules, which myha manages now",
			scripts[i]);
		hazard_add_remedy(context, "mv %s %s.before-myha", scripts[i], scripts[i]);
	}
}
