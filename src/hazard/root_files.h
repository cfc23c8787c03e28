/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of other tools, below a root directory ("" is this host's own, and tests have trees of
 * theirs). Nothing is changed, and a symbolic link is followed as the kernel does, so out of the root.
 */
#pragma once

#include "base/file.h"

#include <stdint.h>

#define ROOT_PATH_SIZE 512

/* As file_read(), at most CONFIG_TEXT_MAX bytes. `path` begins with a '/'. */
int root_read(const char *root, const char *path, struct strbuf *ret_text, struct stat *ret_stat);
bool root_exists(const char *root, const char *path);

/* The names in a directory that end in `suffix`, sorted; none where there is no such directory. */
struct root_names {
	char **items;
	size_t count, capacity;
};

int root_list(const char *root, const char *directory, const char *suffix,
	struct root_names *ret_names); /* -ENOMEM */
void root_names_done(struct root_names *names);

/* Directories that override each other, the first one strongest; NULL-terminated. */
extern const char *const root_systemd_directories[]; /* networkd.conf, network/ */
extern const char *const root_unit_directories[];
extern const char *const root_udev_rules_directories[];

enum root_file {
	ROOT_FILE_ABSENT,
	ROOT_FILE_MASKED, /* a link to /dev/null, or empty: as if there were none below it */
	ROOT_FILE_PRESENT,
};

/* The strongest file of that name; ret_path has it, without the root, unless it is absent. */
enum root_file root_find(const char *root, const char *const *directories, const char *name,
	char ret_path[ROOT_PATH_SIZE]);

/* What the files of systemd say of a key, all drop-ins taken together. */
struct root_setting {
	struct strbuf value;
	char path[ROOT_PATH_SIZE]; /* that says so, without the root */
	double changed; /* seconds since 1970: when that file came to be what it is */
};

/*
 * `name` is "networkd.conf", or "network/10-eth0.network"; its drop-ins are in NAME.d. 0; -ENOENT:
 * nobody says; -errno where one of the files cannot be read; -ENOMEM.
 */
int root_find_setting(const char *root, const char *name, const char *section, const char *key,
	struct root_setting *ret_setting);
void root_setting_done(struct root_setting *setting);

/* Whether systemd starts the unit by itself: some target or unit wants it. 1, 0 or -ENOMEM. */
int root_unit_is_enabled(const char *root, const char *unit);

/*
 * The process with this comm (15 characters of its program's name at most) that has the network that
 * we have; ret_started: when it was started, in seconds since 1970 by the wall clock `now`. -ESRCH:
 * none; -EBADMSG: /proc is odd; -ENOMEM. root_has_process() returns 1, 0 or -ENOMEM.
 */
int root_find_process(const char *root, const char *comm, double now, double *ret_started);
int root_has_process(const char *root, const char *comm);

/* Whether the process with this number is such a one. 1, 0 or -ENOMEM. */
int root_is_process(const char *root, const char *pid, const char *comm);

/*
 * The process with this comm that has the network that we have and `argument` in its command line, in
 * which each argument ends with a blank here. 1, 0 or -ENOMEM.
 */
int root_find_command(const char *root, const char *comm, const char *argument, char ret_pid[21],
	struct strbuf *ret_command);
