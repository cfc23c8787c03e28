/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and replaces complete files. One of the three modules in this room that do I/O. */
#pragma once

#include "base/cleanup.h"
#include "base/strbuf.h"

#include <sys/stat.h>

/*
 * Reads a regular file of at most `max` bytes. The caller owns *ret_content. `ret_stat` may be
 * NULL; it receives fstat() of the file that was read.
 *
 * Returns 0; -EFBIG if the file is longer; -EISDIR or -EINVAL if it is not a regular file; or
 * -errno of open/fstat/read (-ENOENT: the file does not exist, which differs from an empty file).
 */
int file_read(const char *path, size_t max, struct strbuf *ret_content, struct stat *ret_stat);

/*
 * Writes a temporary file in the same directory and renames it. So a reader sees either the old or
 * the new content. The directory must exist. The temporary file is always .NAME.new, so the callers
 * must serialize writers of the same file. Returns 0 or -errno.
 */
int file_replace(const char *path, const void *bytes, size_t length, mode_t mode);
