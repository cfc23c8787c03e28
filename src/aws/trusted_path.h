/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks that only root and the caller can change what a path leads to: the file, each directory on the
 * way to it, and those on the way to the targets of symbolic links. Then nobody else can replace the file
 * between the check and its use either.
 */
#pragma once

#include "base/error.h"

#include <sys/stat.h>

/*
 * 0; -EPERM with words that name what others can change, and the remedy; or -errno of what cannot be
 * looked up. In a directory with the sticky bit, like /tmp, others cannot replace what is not theirs.
 */
int trusted_path_check(const char *path, struct error *error);

/* The same by what is known of the file alone. 0 or -EPERM. */
int trusted_file_check(const char *path, const struct stat *stat, struct error *error);
