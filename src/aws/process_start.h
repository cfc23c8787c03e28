/* SPDX-License-Identifier: Apache-2.0 */
/* Starts a program, and a guard that kills it when this process ends in any way, even SIGKILL. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct process {
	pid_t pid; /* the program; 0: not running */
	pid_t guard; /* leads the process group of both; 0: not running */
	int lifeline_fd; /* a socket: the guard acts when it closes; -1: none */
	int output_fd; /* read end of the program's stdout; -1: none, or at its end */
	int child_signal_fd; /* a signalfd, readable when a child has ended; -1: none */
	int wait_status; /* the program's, from waitpid() */
};

/*
 * Starts `path` with `arguments`; the first is its name in messages. Its stdin is empty, its stdout
 * is `output_fd`. Returns 0 or -errno. Call process_end() after an error, too: the guard may run.
 */
int process_start(struct process *process, const char *path, char *const arguments[], int output_fd,
	struct error *error);

/* Kills the guard; with `kill_program` also the program and all processes in its group. */
void process_end(struct process *process, bool kill_program);
