/* SPDX-License-Identifier: Apache-2.0 */
#include "core/load.h"

#include "base/file.h"
#include "base/shell.h"
#include "core/caller.h"
#include "policy/policy_yaml.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TABLE_NAMES_MAX_BYTES (1u << 20)

/* A later directory overrides an earlier directory: the administrator's /etc is last. */
static const char *const iproute2_directories[] = {
	"/usr/share/iproute2",
	"/usr/lib/iproute2",
	"/etc/iproute2",
};

/* Returns 0, even if the file is missing or cannot be read; or -ENOMEM. */
static int load_table_names_file(struct table_names *names, const char *path)
{
	_cleanup_(strbuf_done) struct strbuf content = {0};
	int err = file_read(path, TABLE_NAMES_MAX_BYTES, &content, NULL);

	if (err)
		return err == -ENOMEM ? err : 0;
	return table_names_parse(names, strbuf_text(&content), content.length);
}

static int is_conf_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 && /* ".conf" has 5 bytes */
	       strcmp(entry->d_name + length - 5, ".conf") == 0;
}

/* Reads rt_tables and rt_tables.d/ in the order in which ip(8) reads them. */
static int load_table_names_directory(struct table_names *names, const char *directory)
{
	struct dirent **entries = NULL;
	char path[512];
	int count, err;

	snprintf(path, sizeof(path), "%s/rt_tables", directory);
	err = load_table_names_file(names, path);
	snprintf(path, sizeof(path), "%s/rt_tables.d", directory);
	count = scandir(path, &entries, is_conf_file, alphasort);
	if (count < 0 && errno == ENOMEM)
		err = -ENOMEM;
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/rt_tables.d/%s", directory, entries[i]->d_name);
		if (!err) /* after an error, only frees the entries */
			err = load_table_names_file(names, path);
		free(entries[i]);
	}
	free(entries);
	return err;
}

int load_table_names(struct table_names *ret_names)
{
	_cleanup_(table_names_done) struct table_names names = {0};

	for (size_t i = 0; i < ARRAY_SIZE(iproute2_directories); i++) {
		int err = load_table_names_directory(&names, iproute2_directories[i]);
		if (err)
			return err;
	}
	*ret_names = TAKE_STRUCT(names);
	return 0;
}

static int check_owner_and_mode(const char *path, const struct stat *stat, struct error *error)
{
	char quoted[SHELL_WORD_SIZE];

	shell_quote(path, quoted);
	if (stat->st_uid != 0 && stat->st_uid != geteuid())
		error_set(error, OUTCOME_USAGE, EPERM,
			"%s is owned by user %u, not by root: chown root %s", path,
			(unsigned)stat->st_uid, quoted);
	else if (stat->st_mode & (S_IWGRP | S_IWOTH))
		error_set(error, OUTCOME_USAGE, EPERM,
			"%s is writable by group or others: chmod go-w %s", path, quoted);
	else
		return 0;
	error->code = ERROR_UNSAFE_OWNER;
	return -EPERM;
}

static int read_policy(
	const char *path, struct strbuf *content, struct stat *stat, struct error *error)
{
	int err = file_read(path, POLICY_MAX_BYTES, content, stat);

	if (err == -ENOENT)
		return error_set(error, OUTCOME_USAGE, ENOENT,
			"policy file %s does not exist: create the file (see myha.policy(5)) or give its path with --policy",
			path);
	if (err == -EFBIG)
		return error_set(
			error, OUTCOME_USAGE, EFBIG, "policy file %s is larger than 1 MiB", path);
	if (err == -EINVAL)
		return error_set(
			error, OUTCOME_USAGE, EINVAL, "policy file %s is not a regular file", path);
	if (err)
		return error_set(error, err == -ENOMEM ? OUTCOME_FAILED : OUTCOME_USAGE, -err,
			"cannot read policy file %s: %s", path, strerror(-err));
	return check_owner_and_mode(path, stat, error);
}

static bool has_yaml_suffix(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/*
 * Replaces errors that quote a file which the caller may not read, or which is not a policy.
 * Otherwise a user with a sudo rule for myha could read any file by --policy.
 */
static void hide_quoted_content(const char *path, const struct stat *stat,
	const struct strbuf *content, struct policy_errors *errors)
{
	struct yaml_position position = errors->positions[0];

	if (errors->items[0].outcome != OUTCOME_USAGE)
		return;
	if (!caller_can_read(path, stat))
		error_set(policy_errors_replace(errors), OUTCOME_USAGE, EINVAL,
			"%s:%zu:%zu: not a valid policy: details are shown only to users who can read the file",
			path, position.line, position.column);
	else if (!has_yaml_suffix(path) &&
		 !policy_is_plausible(strbuf_text(content), content->length))
		error_set(policy_errors_replace(errors), OUTCOME_USAGE, EINVAL,
			"%s is not a policy file: the line \"version: 1\" is missing", path);
}

int load_policy(const char *path, const struct table_names *names, struct policy *ret_policy,
	struct policy_errors *ret_errors)
{
	_cleanup_(strbuf_done) struct strbuf content = {0};
	struct error error = {0};
	struct stat stat;

	int err = read_policy(path, &content, &stat, &error);
	if (err) {
		if (ret_errors)
			*policy_errors_replace(ret_errors) = error;
		return err;
	}
	err = policy_parse(
		path, strbuf_text(&content), content.length, names, ret_policy, ret_errors);
	if (err && ret_errors)
		hide_quoted_content(path, &stat, &content, ret_errors);
	return err;
}
