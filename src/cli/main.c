/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/parse_arguments.h"

#include "base/log.h"
#include "cli/output.h"
#include "cli/streams.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

static int run_command(int argc, char *argv[])
{
	struct invocation invocation;
	struct error error = {0};

	switch (arguments_parse(argc, argv, &invocation, &error)) {
	case ARGUMENTS_RUN:
		return (int)invocation.command->run(&invocation);
	case ARGUMENTS_PRINTED:
		return OUTCOME_DONE;
	case ARGUMENTS_INVALID:
		break;
	}
	return (int)output_error(&error);
}

int main(int argc, char *argv[])
{
	int status;

	/* Credentials come from the environment and from files: keep them out of core dumps. */
	prctl(PR_SET_DUMPABLE, 0);
	if (streams_open()) {
		log_line(LOG_ERR, NULL, "cannot open /dev/null: %s", strerror(errno));
		return OUTCOME_FAILED;
	}
	status = streams_close(run_command(argc, argv));
	log_finish();
	return status;
}
