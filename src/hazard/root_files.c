/* SPDX-License-Identifier: Apache-2.0 */
#include "hazard/root_files.h"

#include "hazard/config_text.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* If the distribution has merged /lib into /usr/lib, the last entry repeats the one before. */
const char *const root_systemd_directories[] = {"/etc/systemd", "/run/systemd",
	"/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd", NULL};
const char *const root_unit_directories[] = {"/etc/systemd/system", "/run/systemd/system",
	"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system", NULL};
const char *const root_udev_rules_directories[] = {"/etc/udev/rules.d", "/run/udev/rules.d",
	"/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d", NULL};

static int join_path(const char *root, const char *path, char ret_joined[PATH_MAX])
{
	int length = snprintf(ret_joined, PATH_MAX, "%s%s", root, path);

	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int root_read(const char *root, const char *path, struct strbuf *ret_text, struct stat *ret_stat)
{
	char joined[PATH_MAX];
	int err = join_path(root, path, joined);

	return err ? err : file_read(joined, CONFIG_TEXT_MAX, ret_text, ret_stat);
}

bool root_exists(const char *root, const char *path)
{
	char joined[PATH_MAX];

	return !join_path(root, path, joined) && access(joined, F_OK) == 0;
}

void root_names_done(struct root_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct root_names){0};
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t length = strlen(name), suffix_length = strlen(suffix);

	return length > suffix_length && strcmp(name + length - suffix_length, suffix) == 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool has_name(const struct root_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], name) == 0)
			return true;
	return false;
}

/* Adds a copy of the name, unless the list has the name already. Returns 0 or -ENOMEM. */
static int add_name(struct root_names *names, const char *name)
{
	char *copy;

	if (has_name(names, name))
		return 0;
	copy = strdup(name);
	if (!copy ||
		array_add(&names->items, &names->capacity, &names->count, &copy, sizeof(copy))) {
		free(copy);
		return -ENOMEM;
	}
	return 0;
}

/* Adds the names that root_list() lists; none if the directory cannot be read. */
static int add_directory_names(
	const char *root, const char *directory, const char *suffix, struct root_names *names)
{
	char joined[PATH_MAX];
	struct dirent *entry;
	DIR *stream;
	int err = 0;

	if (join_path(root, directory, joined))
		return 0;
	stream = opendir(joined);
	if (!stream)
		return errno == ENOMEM ? -ENOMEM : 0;
	while (!err && (entry = readdir(stream)))
		if (entry->d_name[0] != '.' && has_suffix(entry->d_name, suffix))
			err = add_name(names, entry->d_name);
	closedir(stream);
	return err;
}

static void sort_names(struct root_names *names)
{
	if (names->count)
		qsort(names->items, names->count, sizeof(char *), compare_names);
}

int root_list(
	const char *root, const char *directory, const char *suffix, struct root_names *ret_names)
{
	struct root_names names = {0};
	int err = add_directory_names(root, directory, suffix, &names);

	if (err) {
		root_names_done(&names);
		return err;
	}
	sort_names(&names);
	*ret_names = names;
	return 0;
}

/* Like systemd, treats any link but /dev/null as present, even if its target does not exist. */
static enum root_file get_file_state(const char *root, const char *path)
{
	char joined[PATH_MAX], target[sizeof("/dev/null")]; /* room for more than its text */
	struct stat stat;
	ssize_t length;

	if (join_path(root, path, joined) || lstat(joined, &stat) < 0)
		return ROOT_FILE_ABSENT;
	if (S_ISREG(stat.st_mode))
		return stat.st_size ? ROOT_FILE_PRESENT : ROOT_FILE_MASKED;
	if (!S_ISLNK(stat.st_mode)) /* a directory or a device */
		return ROOT_FILE_ABSENT;
	length = readlink(joined, target, sizeof(target));
	if (length == (ssize_t)strlen("/dev/null") &&
		memcmp(target, "/dev/null", (size_t)length) == 0)
		return ROOT_FILE_MASKED;
	return ROOT_FILE_PRESENT;
}

enum root_file root_find(const char *root, const char *const *directories, const char *name,
	char ret_path[ROOT_PATH_SIZE])
{
	for (; *directories; directories++) {
		char path[ROOT_PATH_SIZE];
		enum root_file file;

		if (snprintf(path, sizeof(path), "%s/%s", *directories, name) >= (int)sizeof(path))
			continue; /* too long: treat it as absent */
		file = get_file_state(root, path);
		if (file == ROOT_FILE_ABSENT)
			continue;
		if (ret_path)
			memcpy(ret_path, path, sizeof(path));
		return file;
	}
	return ROOT_FILE_ABSENT;
}

void root_setting_done(struct root_setting *setting)
{
	strbuf_done(&setting->value);
	*setting = (struct root_setting){0};
}

/* Reads the key from the file that root_find() finds. -ENOENT: it is not set; keeps `setting`. */
static int read_setting(const char *root, const char *name, const char *section, const char *key,
	struct root_setting *setting)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char path[ROOT_PATH_SIZE];
	struct stat stat;
	int err;

	if (root_find(root, root_systemd_directories, name, path) != ROOT_FILE_PRESENT)
		return -ENOENT;
	err = root_read(root, path, &text, &stat);
	if (!err)
		err = config_find_key(strbuf_text(&text), section, key, &setting->value);
	if (err)
		return err;
	memcpy(setting->path, path, sizeof(path));
	/* mtime may be the time of a package's build; ctime is when the file came to this host. */
	setting->changed = (double)stat.st_ctim.tv_sec + (double)stat.st_ctim.tv_nsec / 1e9;
	return 0;
}

/* Lists the names of the drop-ins of all directories, sorted as systemd reads them. */
static int list_drop_ins(const char *root, const char *name, struct root_names *names)
{
	int err = 0;

	for (size_t i = 0; !err && root_systemd_directories[i]; i++) {
		char directory[ROOT_PATH_SIZE];
		if (snprintf(directory, sizeof(directory), "%s/%s.d", root_systemd_directories[i],
			    name) < (int)sizeof(directory))
			err = add_directory_names(root, directory, ".conf", names);
	}
	sort_names(names);
	return err;
}

/* Reads the main file, then the drop-ins: each file that sets the key overrides those before. */
int root_find_setting(const char *root, const char *name, const char *section, const char *key,
	struct root_setting *ret_setting)
{
	_cleanup_(root_setting_done) struct root_setting setting = {0};
	_cleanup_(root_names_done) struct root_names names = {0};
	int err = read_setting(root, name, section, key, &setting);

	if (!err || err == -ENOENT)
		err = list_drop_ins(root, name, &names);
	for (size_t i = 0; !err && i < names.count; i++) {
		char drop_in[ROOT_PATH_SIZE];
		if (snprintf(drop_in, sizeof(drop_in), "%s.d/%s", name, names.items[i]) >=
			(int)sizeof(drop_in))
			continue;
		err = read_setting(root, drop_in, section, key, &setting);
		setting.is_drop_in |= !err;
		if (err == -ENOENT) /* this drop-in does not set the key */
			err = 0;
	}
	if (!err && !setting.path[0]) /* no file sets the key */
		err = -ENOENT;
	if (err)
		return err;
	*ret_setting = TAKE_STRUCT(setting);
	return 0;
}

/* Returns 1 if a directory like multi-user.target.wants has a link to the unit; else 0; -ENOMEM. */
static int is_linked_in(
	const char *root, const char *directory, const char *suffix, const char *unit)
{
	_cleanup_(root_names_done) struct root_names names = {0};
	int err = root_list(root, directory, suffix, &names);

	if (err)
		return err;
	for (size_t i = 0; i < names.count; i++) {
		char path[ROOT_PATH_SIZE];
		if (snprintf(path, sizeof(path), "%s/%s/%s", directory, names.items[i], unit) <
				(int)sizeof(path) &&
			get_file_state(root, path) == ROOT_FILE_PRESENT)
			return 1;
	}
	return 0;
}

int root_unit_is_enabled(const char *root, const char *unit)
{
	int result = 0;

	for (const char *const *at = root_unit_directories; !result && *at; at++) {
		result = is_linked_in(root, *at, ".wants", unit);
		if (!result)
			result = is_linked_in(root, *at, ".requires", unit);
	}
	return result;
}
