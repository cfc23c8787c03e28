/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/process.h"

#include "aws/process_start.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK 4096

/* The signal state of this process before the child was started. */
struct signals {
	sigset_t mask;
	struct sigaction child;
};

/*
 * SIGCHLD is blocked so that the child's end can be polled for. It is not ignored, since the kernel
 * would then keep no exit status.
 */
static void change_signals(struct signals *ret_before, sigset_t *ret_child)
{
	const struct sigaction default_action = {.sa_handler = SIG_DFL};

	sigemptyset(ret_child);
	sigaddset(ret_child, SIGCHLD);
	sigprocmask(SIG_BLOCK, ret_child, &ret_before->mask);
	sigaction(SIGCHLD, &default_action, &ret_before->child);
}

static void restore_signals(const struct signals *before)
{
	sigaction(SIGCHLD, &before->child, NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

static int start(const char *path, char *const arguments[], const sigset_t *child,
	struct process *process, struct error *error)
{
	_cleanup_(cleanup_close) int write_end = -1;
	int fds[2];

	process->ended = signalfd(-1, child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (process->ended < 0 || pipe2(fds, O_CLOEXEC) < 0)
		return error_set(error, OUTCOME_FAILED, errno, "cannot run %s: %s", arguments[0],
			strerror(errno));
	process->output = fds[0];
	write_end = fds[1];
	/* Only this end: the child's writes must block while the pipe is full. */
	fcntl(process->output, F_SETFL, O_NONBLOCK);
	return process_start(process, path, arguments, write_end, error);
}

static void close_output(struct process *process)
{
	close(process->output);
	process->output = -1;
}

/* Reads all output that is available now. 0, -EMSGSIZE, -ENOMEM or -errno. */
static int read_output(struct process *process, size_t max, struct strbuf *output)
{
	char chunk[CHUNK];
	int err = 0;

	while (!err && process->output >= 0) {
		ssize_t got = read(process->output, chunk, sizeof(chunk));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			break;
		if (got <= 0) {
			err = got < 0 ? -errno : 0;
			close_output(process);
		} else if ((size_t)got > max - output->length) {
			err = -EMSGSIZE;
		} else {
			err = strbuf_add(output, chunk, (size_t)got);
		}
	}
	explicit_bzero(chunk, sizeof(chunk));
	return err;
}

static void reap_program(struct process *process)
{
	struct signalfd_siginfo ignored;
	pid_t pid;

	while (read(process->ended, &ignored, sizeof(ignored)) > 0)
		;
	do
		pid = waitpid(process->pid, &process->status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid)
		process->pid = 0;
}

/*
 * Reads output until the program has ended. Processes that it leaves running with the pipe open are
 * not waited for.
 */
static int wait_for_program(
	struct process *process, size_t max, const struct deadline *deadline, struct strbuf *output)
{
	int err = 0;

	while (!err && process->pid) {
		uint64_t remaining = deadline_left(deadline, clock_now());
		struct pollfd fds[] = {
			{.fd = process->ended, .events = POLLIN},
			{.fd = process->output, .events = POLLIN},
		};

		if (remaining == 0)
			return -ETIME;
		poll(fds, ARRAY_SIZE(fds), remaining > INT_MAX ? INT_MAX : (int)remaining);
		reap_program(process);
		err = read_output(process, max, output);
	}
	return err;
}

/* If the program has ended by itself, processes that it left running are not killed. */
static void close_process(struct process *process)
{
	process_end(process, process->pid != 0);
	if (process->output >= 0)
		close(process->output);
	if (process->ended >= 0)
		close(process->ended);
}

static int check_result(int err, const struct process *process, const char *program, size_t max,
	struct error *error)
{
	int status = process->status;

	if (err == -ETIME)
		return error_set(
			error, OUTCOME_TIMEOUT, ETIME, "%s timed out and was killed", program);
	if (err == -EMSGSIZE)
		return error_set(error, OUTCOME_FAILED, EMSGSIZE,
			"%s printed more than %zu bytes and was killed", program, max);
	if (err)
		return error_set(error, OUTCOME_FAILED, -err, "%s: %s", program, strerror(-err));
	if (WIFSIGNALED(status))
		return error_set(error, OUTCOME_FAILED, EBADMSG, "%s was killed by signal %d",
			program, WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return error_set(error, OUTCOME_FAILED, EBADMSG, "%s exited with status %d",
			program, WEXITSTATUS(status));
	return 0;
}

int process_run(const char *path, char *const arguments[], size_t max,
	const struct deadline *deadline, struct strbuf *ret_output, struct error *error)
{
	struct process process = {.lifeline = -1, .output = -1, .ended = -1};
	struct signals before;
	sigset_t child;
	int err;

	strbuf_clear(ret_output);
	change_signals(&before, &child);
	err = start(path, arguments, &child, &process, error);
	if (!err) {
		err = wait_for_program(&process, max, deadline, ret_output);
		close_process(&process);
		err = check_result(err, &process, arguments[0], max, error);
	} else {
		close_process(&process);
	}
	restore_signals(&before);
	if (err)
		strbuf_clear(ret_output);
	return err;
}
