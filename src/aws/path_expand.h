/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expands variables and home directories in the path of an AWS file, as botocore does. Units and
 * container definitions set environment variables without a shell that would expand the paths.
 */
#pragma once

/*
 * $NAME and ${NAME} become the variable's value. Then a leading ~ becomes `home` (NULL: not known),
 * and ~USER that user's home directory. A name without a value stays unchanged. Returns 0, and the
 * caller frees *ret_path; -ENAMETOOLONG; or -ENOMEM.
 */
int path_expand(const char *path, const char *home, char **ret_path);
