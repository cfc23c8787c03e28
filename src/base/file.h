/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files read whole and replaced whole. One of the three places in this room that do I/O.
 */
#pragma once

#include "base/cleanup.h"
#include "base/strbuf.h"

#include <sys/stat.h>

/*
 * Reads at most `max` bytes of a regular file. Returns 0, -EFBIG for a longer one, -EISDIR or
 * -EINVAL for what is no file, or -errno of open/read (-ENOENT: there is none, which is not the
 * same as an empty one). `ret_stat` may be NULL; it is fstat() of the very file that was read.
 */
int file_read(const char *path, size_t max, struct strbuf *ret_content, struct stat *ret_stat);

/*
 * Writes aside (in the same directory) and renames, so that a reader sees the old or the new file
 * and never half of one. The directory must exist; writers of one file must take turns, since what
 * is aside is always .NAME.new. Returns 0 or -errno.
 */
int file_replace(const char *path, const void *bytes, size_t length, mode_t mode);
