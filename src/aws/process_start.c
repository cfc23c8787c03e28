/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/process_start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* More than the number of any file descriptor that myha opens. */
#define FILES_MAX 1024

/*
 * After fork() both children call only async-signal-safe functions: a thread of libcurl may hold a
 * lock, and does not exist in the child to release it.
 */

/* Otherwise the guard would keep its parent's locks and sockets open after the parent's end. */
static void close_all_but_stdin(void)
{
	for (int fd = STDIN_FILENO + 1; fd < FILES_MAX; fd++)
		close(fd);
}

/*
 * The guard process makes a process group for itself and the program, and reports it with one byte.
 * When its parent ends, the kernel closes the parent's end of the lifeline, and the guard kills the
 * group, itself included.
 */
static _Noreturn void run_guard(int lifeline_fd)
{
	sigset_t all;
	char byte = 0;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	/* Without a group of its own, the guard would kill that of its parent. */
	if (setpgid(0, 0) < 0 || dup2(lifeline_fd, STDIN_FILENO) < 0)
		_exit(1);
	close_all_but_stdin();
	if (write(STDIN_FILENO, &byte, sizeof(byte)) < 0)
		_exit(1);
	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	kill(0, SIGKILL);
	_exit(1);
}

/* Returns 0 when the guard's process group exists, which the program is to join. */
static int start_guard(struct process *process)
{
	int ends[2], err;
	ssize_t got;
	char ready;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	process->lifeline_fd = ends[1];
	process->guard = fork();
	err = process->guard < 0 ? -errno : 0;
	if (process->guard == 0)
		run_guard(ends[0]);
	close(ends[0]);
	if (err) {
		process->guard = 0;
		return err;
	}
	do
		got = read(process->lifeline_fd, &ready, sizeof(ready));
	while (got < 0 && errno == EINTR);
	return got == sizeof(ready) ? 0 : -ECHILD; /* the guard has ended */
}

/* Resets all signals to their defaults: this process may ignore or block some. */
static void reset_signals(void)
{
	const struct sigaction default_action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		sigaction(number, &default_action, NULL); /* fails for SIGKILL and SIGSTOP */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Joins the guard's group. If myha ends before that, the guard does not kill this child, so the
 * kernel must: after prctl() it does, and if myha ended earlier, getppid() has changed.
 */
static int prepare_program(const struct process *process, int output_fd, pid_t parent)
{
	int empty = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (empty < 0 || dup2(empty, STDIN_FILENO) < 0 || dup2(output_fd, STDOUT_FILENO) < 0)
		return -errno;
	if (setpgid(0, process->guard) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	if (getppid() != parent)
		return -ESRCH;
	reset_signals();
	return 0;
}

/* Executes the program; if that fails, writes the error to the pipe `report_fd`. */
static _Noreturn void run_program(const struct process *process, const char *path,
	char *const arguments[], int output_fd, pid_t parent, int report_fd)
{
	int err = prepare_program(process, output_fd, parent);

	if (!err) {
		execv(path, arguments);
		err = -errno;
	}
	if (write(report_fd, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

/* Returns run_program()'s error, or 0: a successful exec closes the pipe without a report. */
static int read_exec_error(int report_fd)
{
	int err = 0;
	ssize_t got;

	do
		got = read(report_fd, &err, sizeof(err));
	while (got < 0 && errno == EINTR);
	return got == sizeof(err) ? err : 0;
}

/* Returns 0 after a successful exec, or the error of fork() or exec. */
static int start_program(
	struct process *process, const char *path, char *const arguments[], int output_fd)
{
	pid_t parent = getpid();
	int fds[2], err;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	process->pid = fork();
	err = process->pid < 0 ? -errno : 0;
	if (process->pid == 0)
		run_program(process, path, arguments, output_fd, parent, fds[1]);
	close(fds[1]);
	if (err)
		process->pid = 0;
	else
		err = read_exec_error(fds[0]);
	close(fds[0]);
	return err;
}

/* Starts the guard before the program, so that the program is never without it. */
int process_start(struct process *process, const char *path, char *const arguments[], int output_fd,
	struct error *error)
{
	int err = start_guard(process);

	if (!err)
		err = start_program(process, path, arguments, output_fd);
	if (!err)
		return 0;
	return error_set(
		error, OUTCOME_FAILED, -err, "cannot run %s: %s", arguments[0], strerror(-err));
}

/* Waits for a child and sets `*pid` to 0; does nothing if it is 0 already. */
static void wait_for_child(pid_t *pid, int *ret_status)
{
	while (*pid && waitpid(*pid, ret_status, 0) < 0 && errno == EINTR)
		;
	*pid = 0;
}

void process_end(struct process *process, bool kill_program)
{
	int guard_status;

	/* A negative number is the process group that the guard leads. */
	if (process->guard)
		kill(kill_program ? -process->guard : process->guard, SIGKILL);
	/* The program may not have joined the group yet. */
	if (kill_program && process->pid)
		kill(process->pid, SIGKILL);
	wait_for_child(&process->pid, &process->wait_status);
	wait_for_child(&process->guard, &guard_status);
	if (process->lifeline_fd >= 0)
		close(process->lifeline_fd);
	process->lifeline_fd = -1;
}
