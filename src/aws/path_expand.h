/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expands variables and home directories in the path of a file of the AWS tools, as they do themselves
 * (botocore, by Python's os.path.expandvars() and os.path.expanduser()): units and container definitions set
 * variables without a shell that would have expanded them.
 */
#pragma once

/*
 * $NAME and ${NAME} become the variable's value, then a leading ~ becomes `home` (NULL: not known) and ~USER
 * that user's home directory. What has no value stays as it is. 0 with a path to be given to free(),
 * -ENAMETOOLONG or -ENOMEM.
 */
int path_expand(const char *path, const char *home, char **ret_path);
