/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens the program's standard input, output and error if they are closed, and checks at the end
 * that all output was written.
 */
#pragma once

/*
 * Opens the descriptors 0 to 2 if they are closed. Otherwise a lock file or a socket could get such
 * a number, and printed text would be written to it. Also ignores SIGPIPE. Returns 0 or -errno.
 */
int streams_open(void);

/* Some output could not be formatted (out of memory): streams_close() then reports a failure. */
void streams_mark_output_lost(void);

/*
 * Flushes and closes standard output. Returns the exit status: `status`, or OUTCOME_FAILED if
 * `status` is DONE or DIFFERS and output was lost. Logs a message, except if the reader
 * closed its pipe.
 */
int streams_close(int status);
