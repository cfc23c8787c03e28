/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command line taken apart into words by the quoting rules of a POSIX shell, and by nothing else
 * of it: no variables, no patterns, no operators. Pure.
 *
 * 'as it is', "with \" and \\", and \x outside of quotes, as the AWS tools read credential_process
 * and the names of profiles.
 */
#pragma once

#include <stddef.h>

/*
 * Returns 0 with `ret_words`, which end in NULL and are one piece of memory to be given to free();
 * -EINVAL where a quote is not closed or the last character is a backslash; or -ENOMEM.
 */
int shell_split(const char *text, char ***ret_words, size_t *ret_count);
