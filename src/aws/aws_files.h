/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the keys of profiles in the two files that the AWS tools share, ~/.aws/config and
 * ~/.aws/credentials. A profile has the keys of both files; if both have a key, the credentials
 * file's counts. Only aws_files_read() does I/O.
 */
#pragma once

#include "aws/aws_environment.h"
#include "aws/ini.h"

struct aws_file {
	char *path; /* NULL: not known, since HOME is not set */
	bool is_present;
	/* Only root and this user can change it (for root, by its path, too). Commands may run. */
	bool is_trusted;
	char distrust_reason[512]; /* if not trusted: the reason and the remedy */
	char absence_reason[128]; /* if not present */
	struct ini ini;
};

struct aws_files {
	struct aws_file config;
	struct aws_file credentials;
};

/*
 * Reads both files. One at the default path may be missing or unreadable (a unit's sandbox hides
 * /root). One that the environment names must be readable; /dev/null stands for no file. Returns 0;
 * -EINVAL with OUTCOME_USAGE if the format is invalid; or the error of reading it.
 */
int aws_files_read(const struct aws_environment *environment, struct aws_files *ret_files,
	struct error *error);
void aws_files_done(struct aws_files *files);

/* The value of a key, and the file and line that set it; all borrowed from the files. */
struct aws_file_value {
	const char *value; /* NULL: not found, or empty */
	const struct aws_file *file;
	unsigned line;
};

bool aws_files_have_profile(const struct aws_files *files, const char *profile);

struct aws_file_value aws_files_find_key(
	const struct aws_files *files, const char *profile, const char *key);
/* Finds a profile's key only in `file`, which is one of `files`. */
struct aws_file_value aws_file_find_key(const struct aws_files *files, const struct aws_file *file,
	const char *profile, const char *key);
/* Finds [services NAME] in the configuration file, and in it `key` nested in `service`. */
bool aws_files_have_services(const struct aws_files *files, const char *name);
struct aws_file_value aws_files_find_service_key(
	const struct aws_files *files, const char *name, const char *service, const char *key);
