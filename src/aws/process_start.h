/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts the program of process.c, and beside it a guard that ends it with this process, however that
 * ends: by a signal, SIGKILL included, or by itself.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct process {
	pid_t pid; /* the program; 0: not running */
	pid_t guard; /* leads the process group of both; 0: not running */
	int lifeline; /* that the guard has the other end of; -1: none */
	int output; /* reading end, -1 once it is at its end */
	int ended; /* readable when a child has ended */
	int status; /* of waitpid() */
};

/*
 * Starts `path` with `arguments`, whose first names it in messages; stdin is empty, stdout is written to
 * `output`. 0, or -errno with words; then the guard may run.
 */
int process_start(struct process *process, const char *path, char *const arguments[], int output,
	struct error *error);

/* Ends the guard, and with `all` the program and what it has started and is still in its group. */
void process_end(struct process *process, bool all);
