/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks that only root and the caller can change the file that a path leads to, each directory on
 * its path, and on the paths of symbolic links: nobody can replace it between check and use.
 */
#pragma once

#include "base/error.h"

#include <sys/stat.h>

/*
 * Returns 0; -EPERM with an error that names the file that other users can change, and the remedy;
 * or -errno if a file cannot be checked. A directory with the sticky bit, like /tmp, may be
 * writable: other users cannot replace files there that are not theirs.
 */
int trusted_path_check(const char *path, struct error *error);

/* Checks only the file itself, by its `stat`. 0 or -EPERM. */
int trusted_file_check(const char *path, const struct stat *stat, struct error *error);
