/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds DHCP clients that run on their own: dhclient and dhcpcd, as a daemon or as cloud-init
 * starts it at a boot. The probes of networkd, NetworkManager and wicked cover their own DHCP
 * clients. Tried with dhclient 4.4 and with dhcpcd 9.4, 10.0 and 10.1.
 */
#include "hazard/config_text.h"
#include "hazard/probe.h"
#include "hazard/root_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DHCLIENT "dhclient"
#define DHCPCD "dhcpcd"
#define DHCPCD_CONF "/etc/dhcpcd.conf"
#define DHCPCD_UNIT "dhcpcd.service"
#define NEW_CONF DHCPCD_CONF ".myha"

/* The interfaces that a running dhcpcd configures. */
enum dhcpcd_scope {
	DHCPCD_ABSENT,
	DHCPCD_OF_ALL, /* all interfaces that its configuration does not deny */
	DHCPCD_OF_ONE, /* only the interface in question */
	DHCPCD_OF_ONE_IPV4, /* only the interface in question, and only its IPv4 */
};

/* Finds the interface's dhclient, but not NetworkManager's, which a kill would only restart. */
static bool find_dhclient(
	const struct hazard_context *context, const char *interface, char ret_pid[ROOT_PID_SIZE])
{
	_cleanup_(strbuf_done) struct strbuf command = {0};

	return hazard_is_true(context,
		       root_find_process(context->root, DHCLIENT, interface, ret_pid, &command)) &&
	       !strstr(strbuf_text(&command), "nm-dhcp-helper");
}

/* Returns true if the PID in the file is a dhcpcd's: a killed dhcpcd leaves its PID file behind. */
static bool is_pid_file_of_dhcpcd(const struct hazard_context *context, const char *path)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};

	if (root_read(context->root, path, &text, NULL) || !text.data)
		return false;
	text.data[strcspn(text.data, "\n")] = '\0';
	return hazard_is_true(context, root_is_process(context->root, text.data, DHCPCD));
}

/* The name of a PID file shows the interfaces of its dhcpcd. suffix NULL: all interfaces. */
static enum dhcpcd_scope find_dhcpcd(const struct hazard_context *context, const char *interface)
{
	static const struct {
		const char *prefix, *suffix;
		enum dhcpcd_scope scope;
	} files[] = {
		{"/run/dhcpcd/", "-4.pid", DHCPCD_OF_ONE_IPV4},
		{"/run/dhcpcd/", ".pid", DHCPCD_OF_ONE},
		{"/run/dhcpcd-", "-4.pid", DHCPCD_OF_ONE_IPV4}, /* before version 9 */
		{"/run/dhcpcd-", ".pid", DHCPCD_OF_ONE},
		{"/run/dhcpcd/pid", NULL, DHCPCD_OF_ALL},
		{"/run/dhcpcd.pid", NULL, DHCPCD_OF_ALL},
	};
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s%s%s", files[i].prefix,
			files[i].suffix ? interface : "", files[i].suffix ? files[i].suffix : "");
		if (is_pid_file_of_dhcpcd(context, path))
			return files[i].scope;
	}
	return DHCPCD_ABSENT;
}

static bool begins_with_word(const char *line, const char *word)
{
	size_t length = strlen(word);

	return strncmp(line, word, length) == 0 && (!line[length] || strchr(" \t", line[length]));
}

/* Returns true if dhcpcd.conf(5) excludes the interface, in a line that is not in a block. */
static bool denies_interface(char *text, const char *interface)
{
	static const char deny_key[] = "denyinterfaces", allow_key[] = "allowinterfaces";
	bool denies = false, allows = true; /* without allowinterfaces, all are allowed */
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		line += strspn(line, " \t");
		if (begins_with_word(line, "interface") || begins_with_word(line, "ssid") ||
			begins_with_word(line, "profile"))
			break;
		if (begins_with_word(line, deny_key))
			denies |= config_matches_pattern(
				line + strlen(deny_key), " \t,", '\0' /* no prefix */, interface);
		else if (begins_with_word(line, allow_key))
			allows = config_matches_pattern(
				line + strlen(allow_key), " \t,", '\0' /* no prefix */, interface);
	}
	return denies || !allows;
}

/* The configuration of dhcpcd for one interface. */
struct dhcpcd_conf {
	bool is_empty; /* the file is empty, absent or cannot be read */
	bool denies; /* dhcpcd must not configure the interface */
	double changed; /* the file's mtime, in seconds since 1970 */
};

/* If the file cannot be read, sets `denies`: no remedy may then overwrite the file. */
static struct dhcpcd_conf read_dhcpcd_conf(
	const struct hazard_context *context, const char *interface)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	struct dhcpcd_conf conf = {.is_empty = true};
	struct stat stat;
	int err = root_read(context->root, DHCPCD_CONF, &text, &stat);

	if (err && err != -ENOENT) {
		hazard_add_unknown(context, DHCPCD_CONF, err);
		conf.denies = true;
	}
	if (err || !text.data)
		return conf;
	conf.is_empty = false;
	conf.changed = (double)stat.st_mtime;
	conf.denies = denies_interface(text.data, interface);
	return conf;
}

/* Adds remedy lines that put a denyinterfaces line before the text of dhcpcd.conf. */
static void remedy_deny_interface(
	const struct hazard_context *context, const char *interface, bool is_conf_empty)
{
	_cleanup_(strbuf_done) struct strbuf line = {0};

	if (strbuf_printf(&line, "denyinterfaces %s", interface))
		context->diagnosis->out_of_memory = true;
	/* A line after a block would belong to the block. "cat >" keeps the file's mode. */
	hazard_add_remedy(context, "echo %s >" NEW_CONF, strbuf_text(&line));
	if (!is_conf_empty)
		hazard_add_remedy(context, "cat " DHCPCD_CONF " >>" NEW_CONF);
	hazard_add_remedy(context, "cat " NEW_CONF " >" DHCPCD_CONF);
	hazard_add_remedy(context, "rm " NEW_CONF);
}

void probe_dhclient(const struct hazard_context *context, const struct hazard_interface *interface)
{
	char pid[ROOT_PID_SIZE];

	if (!hazard_is_excludable(interface) || !find_dhclient(context, interface->name, pid))
		return;
	hazard_add_finding(context,
		"dhclient (process %s) also configures %s: the ENI's address gets the lifetime of the DHCP lease, and all addresses are removed when dhclient stops",
		pid, interface->name);
	/* After another signal than KILL, or after dhclient -x, dhclient removes the addresses. */
	hazard_add_remedy(context, "kill -KILL %s", pid);
	hazard_remedy_keep_address(context, interface);
}

void probe_dhcpcd(const struct hazard_context *context, const struct hazard_interface *interface)
{
	struct dhcpcd_conf conf;
	enum dhcpcd_scope scope;
	bool has_read_conf;

	if (!hazard_is_excludable(interface))
		return;
	scope = find_dhcpcd(context, interface->name);
	if (scope == DHCPCD_ABSENT)
		return;
	conf = read_dhcpcd_conf(context, interface->name);
	/* dhcpcd reads its file only when it starts. If the start time is not known, assume so. */
	has_read_conf = root_is_newer_than_process(
				context->root, DHCPCD, context->now, conf.changed) <= 0;
	if (conf.denies && has_read_conf)
		return;
	hazard_add_finding(context,
		"dhcpcd also configures %s: the ENI's address gets the lifetime of the DHCP lease, so the routes in its table are lost, and dhcpcd adds a default route",
		interface->name);
	remedy_deny_interface(context, interface->name, conf.is_empty);
	if (scope == DHCPCD_OF_ALL)
		hazard_add_remedy(context, "systemctl restart " DHCPCD_UNIT);
	else if (scope == DHCPCD_OF_ONE_IPV4)
		hazard_add_remedy(context, "dhcpcd -4 -x %s", interface->name);
	else
		hazard_add_remedy(context, "dhcpcd -x %s", interface->name);
	hazard_remedy_keep_address(context, interface);
}

/*
 * Before the network is up, cloud-init runs dhcpcd to lease an address, so that it can read the
 * metadata. It uses the first interface that gets a response, and then kills dhcpcd. The name of
 * the lease file shows the interface. probe_dhcpcd() reports a dhcpcd that runs now.
 */
void probe_cloud_init_dhcp(
	const struct hazard_context *context, const struct hazard_interface *interface)
{
	struct dhcpcd_conf conf;
	char lease[64];

	snprintf(lease, sizeof(lease), "/var/lib/dhcpcd/%s.lease", interface->name);
	if (!hazard_is_excludable(interface) || !root_exists(context->root, lease) ||
		find_dhcpcd(context, interface->name) != DHCPCD_ABSENT ||
		!hazard_has_cloud_init(context))
		return;
	conf = read_dhcpcd_conf(context, interface->name);
	if (conf.denies)
		return;
	hazard_add_finding(context,
		"cloud-init runs dhcpcd on %s at boot or hot-plug and then kills dhcpcd (see %s): the remaining address expires with its lease",
		interface->name, lease);
	remedy_deny_interface(context, interface->name, conf.is_empty);
	hazard_remedy_keep_address(context, interface);
}

/* Asks for running clients first, because the lease file of a dhcpcd remains after its end. */
const char *hazard_find_lease_client(
	const struct hazard_context *context, const char *interface, unsigned index)
{
	char path[64], pid[ROOT_PID_SIZE];

	if (find_dhclient(context, interface, pid))
		return "dhclient";
	if (find_dhcpcd(context, interface) != DHCPCD_ABSENT)
		return "dhcpcd";
	snprintf(path, sizeof(path), "/run/systemd/netif/leases/%u", index);
	if (root_exists(context->root, path))
		return "systemd-networkd";
	snprintf(path, sizeof(path), NETWORK_MANAGER_DEVICE, index);
	if (root_exists(context->root, path) &&
		hazard_is_true(context, root_has_process(context->root, NETWORK_MANAGER)))
		return "NetworkManager";
	snprintf(path, sizeof(path), "/var/lib/dhcpcd/%s.lease", interface);
	if (root_exists(context->root, path))
		return "a dhcpcd that is no longer running";
	return "a DHCP client that is no longer running";
}
