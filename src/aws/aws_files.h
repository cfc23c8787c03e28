/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two files that the AWS tools share, ~/.aws/config and ~/.aws/credentials, seen as profiles: a
 * profile has the keys of both, and where both have one the credentials file's counts. Only
 * aws_files_read() does I/O.
 */
#pragma once

#include "aws/aws_environment.h"
#include "aws/ini.h"

struct aws_file {
	char *path; /* NULL: there is no place where to look */
	bool present;
	/* Only root and we can change it, its path included where we are root: what it says may be run. */
	bool trusted;
	char distrust[512]; /* why not, and the remedy */
	char why[128]; /* of a file that is not present */
	struct ini ini;
};

struct aws_files {
	struct aws_file config;
	struct aws_file credentials;
};

/*
 * A file at the usual place need not be there, nor be ours to read (a unit's sandbox hides /root). One that
 * the environment names, with variables and ~ expanded, must be readable; /dev/null names none. Returns 0;
 * -EINVAL with OUTCOME_USAGE for a file that is not of the format; or why it cannot be read.
 */
int aws_files_read(const struct aws_environment *environment, struct aws_files *ret_files,
	struct error *error);
void aws_files_done(struct aws_files *files);

/* Where a key of a profile was found. */
struct aws_found {
	const char *value; /* NULL: nowhere */
	const struct aws_file *file;
	unsigned line;
};

/* A profile's section in that file, or NULL. */
const struct ini_section *aws_file_profile(
	const struct aws_files *files, const struct aws_file *file, const char *profile);
bool aws_files_have_profile(const struct aws_files *files, const char *profile);

struct aws_found aws_files_find(
	const struct aws_files *files, const char *profile, const char *key);
/* In that file alone. */
struct aws_found aws_file_find(const struct aws_files *files, const struct aws_file *file,
	const char *profile, const char *key);
/* [services NAME] of the configuration file, and in it `key` under `service`. */
bool aws_files_have_services(const struct aws_files *files, const char *name);
struct aws_found aws_files_find_service(
	const struct aws_files *files, const char *name, const char *service, const char *key);
