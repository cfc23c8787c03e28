/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a user's own credential_process, the only program that myha starts. There is no shell. The
 * program's stdin is empty, and its stderr is that of myha. At the deadline, or when this process
 * ends in any way, it is killed with all processes in its group.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "base/strbuf.h"

/*
 * Runs the program at `path`. `arguments` ends in NULL; the first is the program's name. Returns 0
 * for exit status 0, with the output; -ETIME (OUTCOME_TIMEOUT); -EMSGSIZE (more than `max` bytes);
 * -EBADMSG (another exit status, or a signal); or the error of starting it. After a failure
 * `ret_output` is empty.
 */
int process_run(const char *path, char *const arguments[], size_t max,
	const struct deadline *deadline, struct strbuf *ret_output, struct error *error);
