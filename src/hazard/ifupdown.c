/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds interfaces that Debian's ifupdown configures. ifupdown records each interface that is up in
 * /run/network/ifstate, as INTERFACE=NAME, and in a file for each interface. At a boot
 * networking.service brings up the interfaces that "auto" names, except those in
 * EXCLUDE_INTERFACES. When an interface that "allow-hotplug" names arrives, ifup@INTERFACE.service
 * brings it up. Tried with 0.8.41.
 */
#include "base/unit_name.h"
#include "hazard/config_text.h"
#include "hazard/probe.h"
#include "hazard/root_files.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define INTERFACES "/etc/network/interfaces"
#define STATE "/run/network/ifstate"
#define DEFAULTS "/etc/default/networking"
#define EXCLUDE "EXCLUDE_INTERFACES"
#define DEPTH_MAX 4 /* of files that source other files */

/* Returns true if a pattern matches; ifupdown's may begin with '/'. Overwrites `patterns`. */
static bool patterns_match_interface(char *patterns, const char *interface)
{
	return config_matches_pattern(patterns, " \t", '/' /* prefix */, interface);
}

static bool file_brings_up(const struct hazard_context *context, const char *path,
	const char *interface, unsigned depth, char ret_path[ROOT_PATH_SIZE]);

/* Like file_brings_up(), for a line "source PATTERN": a directory, or a path with wildcards. */
static bool sourced_files_bring_up(const struct hazard_context *context, char *pattern,
	const char *interface, unsigned depth, char ret_path[ROOT_PATH_SIZE])
{
	_cleanup_(root_names_done) struct root_names names = {0};
	const char *directory = pattern, *wildcard = NULL;
	char path[ROOT_PATH_SIZE], *slash = strrchr(pattern, '/');
	bool found = false;

	if (!slash || slash == pattern) /* relative, or in the root directory: not supported */
		return false;
	if (root_list(context->root, pattern, "", &names)) {
		context->diagnosis->out_of_memory = true;
		return false;
	}
	if (!names.count) {
		*slash = '\0'; /* ends `directory`, which is the same text */
		wildcard = slash + 1;
		if (root_list(context->root, directory, "", &names)) {
			context->diagnosis->out_of_memory = true;
			return false;
		}
	}
	for (size_t i = 0; !found && i < names.count; i++) {
		if (wildcard && fnmatch(wildcard, names.items[i], FNM_PERIOD) != 0)
			continue;
		snprintf(path, sizeof(path), "%.255s/%.255s", directory, names.items[i]);
		found = file_brings_up(context, path, interface, depth, ret_path);
	}
	return found;
}

/*
 * Returns true if the file, or one that it sources, brings the interface up, in a line "auto" or
 * "allow-…". ret_path then gets the path of the file that has the line; else it is not changed.
 */
static bool file_brings_up(const struct hazard_context *context, const char *path,
	const char *interface, unsigned depth, char ret_path[ROOT_PATH_SIZE])
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char *rest = NULL;

	if (depth > DEPTH_MAX || hazard_read(context, path, &text) || !text.data)
		return false;
	for (char *line = strtok_r(text.data, "\n", &rest); line;
		line = strtok_r(NULL, "\n", &rest)) {
		char *arguments;

		line += strspn(line, " \t");
		arguments = line + strcspn(line, " \t");
		if (*arguments)
			*arguments++ = '\0'; /* `line` is now the keyword */
		arguments += strspn(arguments, " \t");
		if (strcmp(line, "auto") == 0 || strncmp(line, "allow-", strlen("allow-")) == 0) {
			if (!patterns_match_interface(arguments, interface))
				continue;
			snprintf(ret_path, ROOT_PATH_SIZE, "%s", path);
			return true;
		}
		if ((strcmp(line, "source") == 0 || strcmp(line, "source-directory") == 0) &&
			sourced_files_bring_up(context, arguments, interface, depth + 1, ret_path))
			return true;
	}
	return false;
}

static bool is_recorded_as_up(const struct hazard_context *context, const char *interface)
{
	_cleanup_(strbuf_done) struct strbuf text = {0}, name = {0};
	int err = hazard_read(context, STATE, &text);

	if (!err)
		err = config_find_key(strbuf_text(&text), NULL, interface, &name);
	hazard_check_oom(context, err);
	return !err;
}

/* Reads EXCLUDE_INTERFACES; ret_patterns stays empty if it is not set. */
static void read_excluded(const struct hazard_context *context, struct strbuf *ret_patterns)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	int err = hazard_read(context, DEFAULTS, &text);

	if (!err)
		err = config_find_variable(strbuf_text(&text), EXCLUDE, ret_patterns);
	hazard_check_oom(context, err);
}

static bool is_excluded(const struct strbuf *patterns, const char *interface)
{
	char copy[ROOT_PATH_SIZE]; /* since the comparison overwrites its text */

	snprintf(copy, sizeof(copy), "%s", strbuf_text(patterns));
	return patterns_match_interface(copy, interface);
}

/* Adds a line that extends EXCLUDE_INTERFACES: a shell uses the file's last assignment. */
static void remedy_exclude(
	const struct hazard_context *context, const struct strbuf *excluded, const char *interface)
{
	_cleanup_(strbuf_done) struct strbuf line = {0};

	strbuf_printf(&line, EXCLUDE "=\"%s%s%s\"", strbuf_text(excluded),
		excluded->length ? " " : "", interface);
	if (line.failed)
		context->diagnosis->out_of_memory = true;
	hazard_add_remedy(context, "echo %s >>" DEFAULTS, strbuf_text(&line));
}

/*
 * ifdown would remove every address of the interface, even a cluster's. So the remedy removes the
 * interface from ifupdown's state files: neither networking.service nor the stop of the unit takes
 * down an interface that is not up.
 */
static void remedy_forget_interface(
	const struct hazard_context *context, const char *interface, const char *unit)
{
	_cleanup_(strbuf_done) struct strbuf script = {0};

	if (strbuf_printf(&script, "/^%s=/d", interface))
		context->diagnosis->out_of_memory = true;
	hazard_add_remedy(context, "sed -i %s " STATE, strbuf_text(&script));
	hazard_add_remedy(context, "rm -f " STATE ".%s", interface);
	hazard_add_remedy(context, "systemctl stop %s", unit);
}

void probe_ifupdown(const struct hazard_context *context, const struct hazard_interface *interface)
{
	_cleanup_(strbuf_done) struct strbuf excluded = {0};
	char path[ROOT_PATH_SIZE] = STATE, unit[UNIT_NAME_SIZE];
	bool is_up, is_interface_excluded, is_hotplug_masked;

	if (!hazard_is_excludable(interface) ||
		(!root_exists(context->root, "/sbin/ifup") &&
			!root_exists(context->root, "/usr/sbin/ifup")))
		return;
	is_up = is_recorded_as_up(context, interface->name);
	/* If no file names the interface, the finding refers to `path`, which is then STATE. */
	if (!file_brings_up(context, INTERFACES, interface->name, 0 /* depth */, path) && !is_up)
		return;
	read_excluded(context, &excluded);
	unit_name_format("ifup@", interface->name, ".service", unit);
	is_interface_excluded = is_excluded(&excluded, interface->name);
	is_hotplug_masked = root_find(context->root, root_unit_directories, unit, NULL) ==
			    ROOT_FILE_MASKED;
	if (!is_up && is_interface_excluded && is_hotplug_masked)
		return;
	hazard_add_finding(context,
		"ifupdown also configures %s (see %s): ifdown and a restart of networking.service remove all addresses of the interface",
		interface->name, path);
	if (!is_interface_excluded)
		remedy_exclude(context, &excluded, interface->name);
	hazard_add_remedy(context, "systemctl mask %s", unit);
	if (is_up)
		remedy_forget_interface(context, interface->name, unit);
	if (interface->index)
		hazard_add_remedy(context, "myha attach -- %s", interface->name);
}
