/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds out whether the user behind sudo, pkexec or doas may read a file: what is shown of it is shown
 * to that user.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

/*
 * `stat` is of the file that was read under this path: if another one is found there, it is not the
 * one that may be read. What cannot be found out is no permission. Without sudo and the like the
 * caller may read what this process may read.
 */
bool caller_can_read(const char *path, const struct stat *stat);
