/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the file of a program by its name, as execvp() would. */
#pragma once

/*
 * A name with a '/' is the path itself; any other name is searched for in PATH. Returns 0, and the
 * caller frees *ret_path; -ENOENT; -EACCES if all files found cannot be executed; -ENOMEM.
 */
int program_find(const char *name, char **ret_path);
