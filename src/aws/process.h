/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One child process, for a user's own credential_process: the only one that this program may have.
 * No shell; its input is empty, its stderr is ours, what it prints is capped, and it is always
 * waited for: when the time is up, and when this process ends in whatever way, it is killed with all that
 * it started.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "base/strbuf.h"

/*
 * Runs the program at `path`; `arguments` ends in NULL, and its first names the program. Returns 0 only for
 * exit status 0, with what it printed; -ETIME (OUTCOME_TIMEOUT), -EMSGSIZE (more than `max` bytes),
 * -EBADMSG (another status, or a signal), or why it could not be started. `ret_output` is wiped
 * first, and after a failure.
 */
int process_run(const char *path, char *const arguments[], size_t max,
	const struct deadline *deadline, struct strbuf *ret_output, struct error *error);
