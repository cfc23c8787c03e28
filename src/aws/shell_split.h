/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splits a command line into words by the quoting rules of a POSIX shell: 'unchanged', "with \" and
 * \\", and \x outside of quotes. No variables, patterns or operators. The AWS tools read
 * credential_process and the names of profiles in this way. Pure.
 */
#pragma once

#include <stddef.h>

/*
 * Returns 0 with `ret_words`, which end in NULL and are one allocation that the caller frees;
 * -EINVAL if a quote is not closed or the last character is a backslash; or -ENOMEM.
 */
int shell_split(const char *text, char ***ret_words, size_t *ret_count);
