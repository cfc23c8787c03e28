/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/aws_files.h"

#include "aws/path_expand.h"
#include "aws/shell_split.h"
#include "aws/trusted_path.h"
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIG "/.aws/config"
#define CREDENTIALS "/.aws/credentials"

/* A system service may have no HOME; root's home directory is the same everywhere. */
static const char *find_home(const struct aws_environment *environment)
{
	const char *home = environment->values[AWS_HOME];

	if (!home && geteuid() == 0)
		return "/root";
	return home;
}

/* *ret_path stays NULL if both `named_path` and `home` are NULL. Returns 0 or -errno. */
static int choose_path(
	const char *named_path, const char *home, const char *default_path, char **ret_path)
{
	if (named_path)
		return path_expand(named_path, home, ret_path);
	if (home && asprintf(ret_path, "%s%s", home, default_path) < 0)
		return -ENOMEM;
	return 0;
}

/* Sets file->is_trusted. For root, checks the path, too: who can replace a file can change it. */
static void check_is_trusted(struct aws_file *file, const struct stat *stat)
{
	struct error error = {0};
	int err = trusted_file_check(file->path, stat, &error);

	if (!err && geteuid() == 0)
		err = trusted_path_check(file->path, &error);
	file->is_trusted = !err;
	snprintf(file->distrust_reason, sizeof(file->distrust_reason), "%s", error.text);
}

/*
 * A default file may be missing or unreadable (a unit's sandbox hides /root). A file that a
 * variable names may not, except /dev/null, which file_read() refuses as not regular.
 */
static bool may_be_unreadable(const char *path, int err, bool is_named)
{
	if (is_named)
		return strcmp(path, "/dev/null") == 0;
	return err == -ENOENT || err == -ENOTDIR || err == -EACCES;
}

/* Reports a file that must be readable: without it, another identity or region would be used. */
static int report_unreadable(enum aws_variable variable, bool is_named, const struct aws_file *file,
	int err, struct error *error)
{
	const char *reason = err == -EFBIG ? "longer than 1 MiB" : strerror(-err);

	if (!is_named)
		return error_set(error, OUTCOME_FAILED, -err, "%s: %s", file->path, reason);
	return error_set(error, OUTCOME_FAILED, -err, "%s: %s: %s: correct or unset the variable",
		aws_variable_name(variable), file->path, reason);
}

/* Reads the file that `variable` names, or else the one at `default_path` below HOME. */
static int read_file(const struct aws_environment *environment, enum aws_variable variable,
	const char *default_path, struct aws_file *file, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	const char *named_path = environment->values[variable];
	struct stat stat;
	int err = choose_path(named_path, find_home(environment), default_path, &file->path);

	if (err)
		return error_set(error, OUTCOME_FAILED, -err, "%s: %s", aws_variable_name(variable),
			strerror(-err));
	if (!file->path) {
		snprintf(file->absence_reason, sizeof(file->absence_reason), "HOME is not set");
		return 0; /* a file that is absent is not an error */
	}
	err = file_read(file->path, INI_FILE_MAX, &text, &stat);
	if (err && may_be_unreadable(file->path, err, named_path != NULL)) {
		snprintf(file->absence_reason, sizeof(file->absence_reason), "%s", strerror(-err));
		return 0;
	}
	if (err)
		return report_unreadable(variable, named_path != NULL, file, err, error);
	check_is_trusted(file, &stat);
	err = ini_parse(file->path, &text, &file->ini, error);
	file->is_present = !err;
	return err;
}

int aws_files_read(
	const struct aws_environment *environment, struct aws_files *ret_files, struct error *error)
{
	_cleanup_(aws_files_done) struct aws_files files = {0};
	int err = read_file(environment, AWS_CONFIG_FILE, CONFIG, &files.config, error);

	if (!err)
		err = read_file(environment, AWS_SHARED_CREDENTIALS_FILE, CREDENTIALS,
			&files.credentials, error);
	if (err)
		return err;
	*ret_files = TAKE_STRUCT(files);
	return 0;
}

static void file_done(struct aws_file *file)
{
	free(file->path);
	ini_done(&file->ini);
	*file = (struct aws_file){0};
}

void aws_files_done(struct aws_files *files)
{
	if (!files)
		return;
	file_done(&files->config);
	file_done(&files->credentials);
}

/* Whether the section is [KIND NAME]; NAME may be in quotes. */
static bool is_section_of(const char *section, const char *kind, const char *name)
{
	_cleanup_(cleanup_free) char **words = NULL;
	size_t count;

	if (strncmp(section, kind, strlen(kind)) != 0 || shell_split(section, &words, &count) < 0)
		return false;
	return count == 2 && !strcmp(words[0], kind) && !strcmp(words[1], name);
}

/* Returns the section [KIND NAME], or NULL. */
static const struct ini_section *find_section(
	const struct ini *ini, const char *kind, const char *name)
{
	for (size_t i = 0; i < ini->count; i++)
		if (is_section_of(ini->sections[i].name, kind, name))
			return &ini->sections[i];
	return NULL;
}

/*
 * Returns NULL if `file` has no such profile. Profiles are [NAME] in the credentials file, and
 * [profile NAME] in the configuration file, where [default] precedes [profile default].
 */
static const struct ini_section *find_profile(
	const struct aws_files *files, const struct aws_file *file, const char *profile)
{
	const struct ini_section *section = NULL;

	if (file == &files->credentials)
		return ini_find_section(&file->ini, profile);
	if (!strcmp(profile, "default"))
		section = ini_find_section(&file->ini, profile);
	return section ? section : find_section(&file->ini, "profile", profile);
}

bool aws_files_have_profile(const struct aws_files *files, const char *profile)
{
	return find_profile(files, &files->credentials, profile) ||
	       find_profile(files, &files->config, profile);
}

/* Finds a key, nested in `parent` unless that is NULL. An empty value or no section: not found. */
static struct aws_file_value find_in_section(const struct aws_file *file,
	const struct ini_section *section, const char *parent, const char *name)
{
	const struct ini_key *key = section ? ini_find_key(section, parent, name) : NULL;

	if (!key || !key->value || !key->value[0])
		return (struct aws_file_value){0};
	return (struct aws_file_value){.value = key->value, .file = file, .line = key->line};
}

struct aws_file_value aws_file_find_key(const struct aws_files *files, const struct aws_file *file,
	const char *profile, const char *key)
{
	return find_in_section(file, find_profile(files, file, profile), NULL /* parent */, key);
}

struct aws_file_value aws_files_find_key(
	const struct aws_files *files, const char *profile, const char *key)
{
	struct aws_file_value found = aws_file_find_key(files, &files->credentials, profile, key);

	return found.value ? found : aws_file_find_key(files, &files->config, profile, key);
}

bool aws_files_have_services(const struct aws_files *files, const char *name)
{
	return find_section(&files->config.ini, "services", name);
}

struct aws_file_value aws_files_find_service_key(
	const struct aws_files *files, const char *name, const char *service, const char *key)
{
	return find_in_section(
		&files->config, find_section(&files->config.ini, "services", name), service, key);
}
