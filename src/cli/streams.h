/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's standard input, output and error: that they are there when it begins, and that what was
 * printed has been written when it ends.
 */
#pragma once

/*
 * Fills the descriptors 0 to 2 where they are closed, or a lock file or a socket would get their number
 * and, with it, what is printed. Returns 0 or -errno.
 */
int streams_open(void);

/* From here on the program fails with these words: a part of its output is missing. */
void streams_lose_output(void);

/*
 * Writes what was printed. Returns the exit status: `status`, or OUTCOME_FAILED in place of success
 * where the output could not be written. A reader that has closed its pipe needs no message.
 */
int streams_close(int status);
