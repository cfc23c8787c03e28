/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts a program for process.c, and a guard process beside it. When this process ends in any way,
 * SIGKILL included, the guard kills the program.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct process {
	pid_t pid; /* the program; 0: not running */
	pid_t guard; /* leads the process group of both; 0: not running */
	int lifeline; /* a socket, the guard has the other end; -1: none */
	int output; /* read end of the program's stdout; -1: at its end */
	int ended; /* a signalfd, readable when a child has ended; -1: none */
	int status; /* from waitpid() */
};

/*
 * Starts `path` with `arguments`; the first is its name in messages. Its stdin is empty, its stdout
 * is `output`. Returns 0, or -errno with `error` set. After an error, too, the guard may run: call
 * process_end().
 */
int process_start(struct process *process, const char *path, char *const arguments[], int output,
	struct error *error);

/* Kills the guard; with `kill_program` also the program and all processes in its group. */
void process_end(struct process *process, bool kill_program);
