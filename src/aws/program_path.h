/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the file of a program by its name, as execvp() would. */
#pragma once

/*
 * A name with a '/' is the path itself; another one is looked up in PATH. 0 with a path to be given to
 * free(); -ENOENT, or -EACCES where there are only files that cannot be run; -ENOMEM.
 */
int program_find(const char *name, char **ret_path);
