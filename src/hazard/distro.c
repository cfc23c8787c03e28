/* SPDX-License-Identifier: Apache-2.0 */
/* Finds cloud-init (Debian, Ubuntu) and amazon-ec2-net-utils (Amazon Linux, Debian). */
#include "base/parse.h"
#include "hazard/config_text.h"
#include "hazard/probe.h"
#include "hazard/root_files.h"

#include <stdio.h>
#include <string.h>

#define CLOUD_CONFIG "/etc/cloud/cloud.cfg"
#define CLOUD_CONFIG_DIRECTORY CLOUD_CONFIG ".d"
#define CLOUD_USER_DATA "/var/lib/cloud/instance/cloud-config.txt"
#define CLOUD_DISABLED "/etc/cloud/cloud-init.disabled"
#define HOTPLUG_SOCKET "cloud-init-hotplugd.socket"
#define HOTPLUG_SERVICE "cloud-init-hotplugd.service"
/*
 * From this version on, upstream's EC2 datasource hot-plugs by default. The datasource's Python
 * file, if it can be read, takes precedence: Ubuntu 22.04 has later versions without that default.
 */
#define HOTPLUG_MAJOR 24
#define HOTPLUG_MINOR 1

struct cloud_init {
	char directory[128]; /* of its Python modules */
	unsigned major, minor; /* its version */
};

/*
 * Reads the version from a line like `__VERSION__ = "24.1.3"`; false: there is none. In a build
 * with meson (Ubuntu's 26.1) __VERSION__ is not a number, so try others.
 */
static bool read_version(const struct hazard_context *context, struct cloud_init *installed)
{
	static const struct {
		const char *file, *prefix;
	} versions[] = {
		{"version.py", "__VERSION__ = \""},
		{"version.py", "_DOWNSTREAM_VERSION = \""},
		{"meson_versions.py", "UPSTREAM_VERSION = \""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		_cleanup_(strbuf_done) struct strbuf text = {0};
		char path[ROOT_PATH_SIZE];
		const char *at;

		snprintf(path, sizeof(path), "%s/%s", installed->directory, versions[i].file);
		if (hazard_read(context, path, &text))
			continue;
		at = strstr(strbuf_text(&text), versions[i].prefix);
		if (at && sscanf(at + strlen(versions[i].prefix), "%u.%u", &installed->major,
				  &installed->minor) == 2)
			return true;
	}
	return false;
}

/* Searches all Python versions. Returns false if cloud-init is not installed or is disabled. */
static bool find_cloud_init(const struct hazard_context *context, struct cloud_init *ret_found)
{
	static const char *const package_directories[] = {"dist-packages", "site-packages"};
	_cleanup_(root_names_done) struct root_names names = {0};

	if (root_exists(context->root, CLOUD_DISABLED))
		return false;
	if (root_list(context->root, "/usr/lib", "", &names)) {
		context->diagnosis->out_of_memory = true;
		return false;
	}
	/* Python of each version has two package directories. */
	for (size_t i = 0; i < 2 * names.count; i++) {
		if (strncmp(names.items[i / 2], "python3", strlen("python3")) != 0)
			continue;
		snprintf(ret_found->directory, sizeof(ret_found->directory),
			"/usr/lib/%.64s/%s/cloudinit", names.items[i / 2],
			package_directories[i % 2]);
		if (read_version(context, ret_found))
			return true;
	}
	return false;
}

bool hazard_has_cloud_init(const struct hazard_context *context)
{
	struct cloud_init installed;

	return find_cloud_init(context, &installed);
}

/*
 * Returns true if cloud-init hot-plugs when no configuration file sets the events. The Python class
 * of the datasource lists its default events in a block, which ends with an empty line.
 */
static bool hotplugs_by_default(
	const struct hazard_context *context, const struct cloud_init *installed)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char path[ROOT_PATH_SIZE];
	char *block, *end;

	snprintf(path, sizeof(path), "%s/sources/DataSourceEc2.py", installed->directory);
	if (hazard_read(context, path, &text))
		return installed->major > HOTPLUG_MAJOR ||
		       (installed->major == HOTPLUG_MAJOR && installed->minor >= HOTPLUG_MINOR);
	block = text.data ? strstr(text.data, "default_update_events") : NULL;
	if (!block)
		return false;
	end = strstr(block, "\n\n");
	if (end)
		*end = '\0';
	return strstr(block, "HOTPLUG") != NULL;
}

/* The configuration that sets the events at which cloud-init configures the network. */
struct events_config {
	char path[ROOT_PATH_SIZE]; /* "": no file sets them */
	const char *override_path; /* a new file here would override `path`; NULL: none can */
	bool hotplugs;
};

/* Sets config->hotplugs from the file config->path. Returns false if that file sets no events. */
static bool read_events(const struct hazard_context *context, struct events_config *config)
{
	static const char *const keys[] = {"updates", "network", "when", NULL};
	_cleanup_(strbuf_done) struct strbuf text = {0}, words = {0};
	int err = hazard_read(context, config->path, &text);

	if (!err)
		err = config_find_yaml_words(strbuf_text(&text), text.length, keys, &words);
	config->hotplugs = config_has_word(strbuf_text(&words), "hotplug");
	hazard_check_oom(context, err);
	return !err;
}

/* Finds the file that sets the events: user data, else the last of cloud.cfg.d, else cloud.cfg. */
static void find_events_config(const struct hazard_context *context, struct events_config *config)
{
	_cleanup_(root_names_done) struct root_names names = {0};

	*config = (struct events_config){.path = CLOUD_USER_DATA};
	if (read_events(context, config))
		return; /* no file can override user data */
	config->override_path = CLOUD_CONFIG_DIRECTORY "/zzz-myha.cfg";
	/* The override must sort behind the file that sets the events: 99-myha.cfg or zzz-… */
	if (root_list(context->root, CLOUD_CONFIG_DIRECTORY, ".cfg", &names))
		context->diagnosis->out_of_memory = true;
	for (size_t i = names.count; i-- > 0;) { /* from the last file to the first */
		snprintf(config->path, sizeof(config->path), CLOUD_CONFIG_DIRECTORY "/%.255s",
			names.items[i]);
		if (strcmp(names.items[i], "99-myha.cfg") <= 0)
			config->override_path = CLOUD_CONFIG_DIRECTORY "/99-myha.cfg";
		if (read_events(context, config))
			return;
	}
	config->override_path = CLOUD_CONFIG_DIRECTORY "/99-myha.cfg";
	snprintf(config->path, sizeof(config->path), CLOUD_CONFIG);
	if (!read_events(context, config))
		config->path[0] = '\0';
}

/*
 * Adds remedy lines that disable hot-plug. A hot-plug run that has begun uses the old configuration
 * for up to a minute. Wait until it ends: a killed run may leave interface files half written.
 */
static void remedy_disable_hotplug(
	const struct hazard_context *context, const struct events_config *config)
{
	static const char *const lines[] = {
		"updates: {network: {when: [boot-new-instance]}}", NULL};

	if (config->override_path)
		hazard_remedy_file(context, config->override_path, lines);
	else
		hazard_add_remedy(context, "systemctl mask " HOTPLUG_SOCKET " " HOTPLUG_SERVICE);
	hazard_remedy_wait_ended(context, HOTPLUG_SERVICE);
	if (!config->override_path)
		hazard_add_remedy(context, "systemctl stop " HOTPLUG_SOCKET);
	for (size_t i = 0; i < context->n_interfaces; i++)
		hazard_remedy_networkd(context, &context->interfaces[i]);
	if (context->has_policy)
		hazard_add_remedy(context, "myha boot");
}

void probe_cloud_init(const struct hazard_context *context)
{
	struct events_config config;
	struct cloud_init installed;

	if (!hazard_may_list_interfaces(context) || !find_cloud_init(context, &installed) ||
		root_find(context->root, root_unit_directories, HOTPLUG_SOCKET, NULL) ==
			ROOT_FILE_MASKED)
		return;
	find_events_config(context, &config);
	if (config.path[0] ? config.hotplugs : hotplugs_by_default(context, &installed)) {
		hazard_add_finding(context,
			"cloud-init %u.%u configures each hot-plugged ENI (enabled by %s) with its own rules and tables from 101 on, and repeats this for half a minute",
			installed.major, installed.minor, config.path[0] ? config.path : "default");
		remedy_disable_hotplug(context, &config);
		return;
	}
	hazard_add_passed(context, "cloud-init %u.%u does not configure hot-plugged ENIs",
		installed.major, installed.minor);
}

/* Returns true if the unit TEMPLATE@INTERFACE.TYPE is masked. */
static bool is_instance_masked(const struct hazard_context *context, const char *template,
	const char *interface, const char *type)
{
	char unit[96];

	snprintf(unit, sizeof(unit), "%s@%s.%s", template, interface, type);
	return root_find(context->root, root_unit_directories, unit, NULL) == ROOT_FILE_MASKED;
}

void probe_net_utils(const struct hazard_context *context, const struct hazard_interface *interface)
{
	const char *name = interface->name;

	if (root_find(context->root, root_unit_directories, "policy-routes@.service", NULL) !=
		ROOT_FILE_PRESENT)
		return;
	if (is_instance_masked(context, "policy-routes", name, "service") &&
		is_instance_masked(context, "refresh-policy-routes", name, "timer"))
		return;
	hazard_add_finding(context,
		"amazon-ec2-net-utils also configures %s, with its own rules and tables from 10000 on, and reloads systemd-networkd for this",
		name);
	/* A run that has begun would write files for networkd and make it reload again. */
	hazard_add_remedy(context, "systemctl mask --now refresh-policy-routes@%s.timer", name);
	hazard_add_remedy(context, "systemctl stop refresh-policy-routes@%s.service", name);
	hazard_add_remedy(context, "systemctl mask --now policy-routes@%s.service", name);
	hazard_remedy_networkd(context, interface);
	if (interface->index)
		hazard_add_remedy(context, "myha attach -- %s", name);
}
