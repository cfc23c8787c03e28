/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks whether the user who ran sudo, pkexec or doas may read a file. Messages that quote the
 * file are shown to that user.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

/*
 * `stat` describes the file that this process read under `path`. The result is false if `path` now
 * names another file, or if the permission cannot be determined. Without sudo, pkexec or doas the
 * caller is the real user of this process. Root and the effective user may read every file that
 * this process has read.
 */
bool caller_can_read(const char *path, const struct stat *stat);
