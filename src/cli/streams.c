/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/streams.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_output_lost;

int streams_open(void)
{
	/* A closed standard output is opened for reading only, so writing to it fails visibly. */
	static const int modes[] = {
		[STDIN_FILENO] = O_RDONLY,
		[STDOUT_FILENO] = O_RDONLY,
		[STDERR_FILENO] = O_WRONLY,
	};

	/* A log reader that exits must not kill the program in the middle of a failover. */
	signal(SIGPIPE, SIG_IGN);
	/* In ascending order, because open() returns the lowest free descriptor. */
	for (int fd = 0; fd < (int)ARRAY_SIZE(modes); fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", modes[fd]) != fd)
			return errno ? -errno : -EBADF;
	return 0;
}

void streams_mark_output_lost(void)
{
	is_output_lost = true;
}

/* Returns 0, or -errno if any output since the start was lost. */
static int flush_and_close_output(void)
{
	bool has_failed = ferror(stdout);

	/* The stream does not keep the errno of an earlier failure: write once more to get it. */
	if (has_failed)
		putchar('\n');
	errno = 0;
	if (fflush(stdout) == EOF)
		return errno ? -errno : -EIO;
	if (has_failed)
		return -EIO;
	/* Some file systems (NFS, quotas) report an error only when the file is closed. */
	return fclose(stdout) == EOF && errno != EBADF ? -errno : 0;
}

int streams_close(int status)
{
	int err = flush_and_close_output();

	if (!err && is_output_lost)
		err = -ENOMEM;
	if (err && err != -EPIPE)
		log_line(LOG_ERR, NULL, "cannot write output: %s",
			err == -ENOMEM ? "out of memory" : strerror(-err));
	/* Lost output is a failure, but the status of an earlier failure says more. */
	return err && (status == OUTCOME_DONE || status == OUTCOME_DIFFERS) ? OUTCOME_FAILED
									    : status;
}
