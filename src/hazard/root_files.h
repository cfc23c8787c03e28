/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the files of other tools, and /proc, below a root directory. "" is this host's own root;
 * tests have their own trees. Changes nothing. The kernel resolves symbolic links, so they may lead
 * out of the root directory.
 */
#pragma once

#include "base/file.h"

#include <stdint.h>

#define ROOT_PATH_SIZE 512
#define ROOT_PID_SIZE 21 /* the digits of a PID, as text */

/* Like file_read(), but at most CONFIG_TEXT_MAX bytes. `path` begins with a '/'. */
int root_read(const char *root, const char *path, struct strbuf *ret_text, struct stat *ret_stat);
bool root_exists(const char *root, const char *path);

struct root_names {
	char **items; /* owned, sorted */
	size_t count, capacity;
};

/*
 * Lists the names in a directory that end in `suffix` and do not begin with a '.'. The list is
 * empty if the directory does not exist. Returns 0 or -ENOMEM.
 */
int root_list(
	const char *root, const char *directory, const char *suffix, struct root_names *ret_names);
void root_names_done(struct root_names *names);

/* Search paths: files in an earlier directory override those in a later one. NULL-terminated. */
extern const char *const root_systemd_directories[]; /* networkd.conf, network/ */
extern const char *const root_unit_directories[];
extern const char *const root_udev_rules_directories[];

enum root_file {
	ROOT_FILE_ABSENT,
	ROOT_FILE_MASKED, /* a link to /dev/null, or empty: hides files in later directories */
	ROOT_FILE_PRESENT,
};

/* Finds the first file or mask of this name. ret_path: without the root; may be NULL. */
enum root_file root_find(const char *root, const char *const *directories, const char *name,
	char ret_path[ROOT_PATH_SIZE]);

/* The value of a key in systemd's configuration files, drop-ins included. */
struct root_setting {
	struct strbuf value;
	char path[ROOT_PATH_SIZE]; /* the file that sets the key, without the root */
	bool is_drop_in;
	double changed; /* the file's ctime, in seconds since 1970 */
};

/*
 * `name` is "networkd.conf" or "network/10-eth0.network"; its drop-ins are in NAME.d. Returns 0;
 * -ENOENT: the key is not set; -errno: one of the files cannot be read; -ENOMEM.
 */
int root_find_setting(const char *root, const char *name, const char *section, const char *key,
	struct root_setting *ret_setting);
void root_setting_done(struct root_setting *setting);

/* Returns 1 if any target or unit wants or requires the unit, else 0; or -ENOMEM. */
int root_unit_is_enabled(const char *root, const char *unit);

/*
 * Returns 1 if there is a process with this comm (at most 15 characters of the program's name) that
 * is in myha's network namespace, or whose namespace cannot be read; else 0; or -ENOMEM.
 */
int root_has_process(const char *root, const char *comm);

/*
 * Returns 1 if such a process started before a file was `changed`, so that it may not have read the
 * file; else 0; -ESRCH: no such process; -EBADMSG: /proc has an unexpected format; another -errno:
 * /proc cannot be read. `now`, by the wall clock, and `changed` are seconds since 1970.
 */
int root_is_newer_than_process(const char *root, const char *comm, uint64_t now, double changed);

/* Returns 1 if root_has_process() would count the process `pid`; else 0; or -ENOMEM. */
int root_is_process(const char *root, const char *pid, const char *comm);

/*
 * Finds such a process that also has `argument` on its command line. In ret_command a blank follows
 * each argument. If `argument` is NULL, the command line is not read, and ret_command may be NULL.
 * Returns 1, 0 or -ENOMEM.
 */
int root_find_process(const char *root, const char *comm, const char *argument,
	char ret_pid[ROOT_PID_SIZE], struct strbuf *ret_command);
