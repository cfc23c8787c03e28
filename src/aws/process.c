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
	struct sigaction child_action;
};

/* A signalfd reports only blocked signals. An ignored SIGCHLD would leave no exit status. */
static void catch_child_signal(struct signals *ret_saved, sigset_t *ret_child_signal)
{
	const struct sigaction default_action = {.sa_handler = SIG_DFL};

	sigemptyset(ret_child_signal);
	sigaddset(ret_child_signal, SIGCHLD);
	sigprocmask(SIG_BLOCK, ret_child_signal, &ret_saved->mask);
	sigaction(SIGCHLD, &default_action, &ret_saved->child_action);
}

static void restore_signals(const struct signals *saved)
{
	sigaction(SIGCHLD, &saved->child_action, NULL);
	sigprocmask(SIG_SETMASK, &saved->mask, NULL);
}

/* Starts the program with a pipe for its output. Call close_process(), even after an error. */
static int start_with_output_pipe(const char *path, char *const arguments[],
	const sigset_t *child_signal, struct process *process, struct error *error)
{
	_cleanup_(cleanup_close) int write_end = -1;
	int fds[2];

	process->child_signal_fd = signalfd(-1, child_signal, SFD_CLOEXEC | SFD_NONBLOCK);
	if (process->child_signal_fd < 0 || pipe2(fds, O_CLOEXEC) < 0)
		return error_set(error, OUTCOME_FAILED, errno, "cannot run %s: %s", arguments[0],
			strerror(errno));
	process->output_fd = fds[0];
	write_end = fds[1];
	/* Only the read end: the child's writes must block while the pipe is full. */
	fcntl(process->output_fd, F_SETFL, O_NONBLOCK);
	return process_start(process, path, arguments, write_end, error);
}

static void close_output(struct process *process)
{
	close(process->output_fd);
	process->output_fd = -1;
}

/* Reads all output that is available now. 0, -EMSGSIZE, -ENOMEM or -errno. */
static int read_output(struct process *process, size_t max, struct strbuf *output)
{
	char chunk[CHUNK];
	int err = 0;

	while (!err && process->output_fd >= 0) {
		ssize_t got = read(process->output_fd, chunk, sizeof(chunk));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			break;
		if (got <= 0) {
			err = got < 0 ? -errno : 0; /* 0: the end of the output */
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

/* Sets `pid` to 0 if the program has ended. Does not wait. */
static void reap_program_if_ended(struct process *process)
{
	struct signalfd_siginfo info;
	pid_t pid;

	while (read(process->child_signal_fd, &info, sizeof(info)) > 0)
		; /* empty the signalfd, so that poll() waits for the next signal */
	do
		pid = waitpid(process->pid, &process->wait_status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid) /* it has ended, or (-1) cannot be waited for */
		process->pid = 0;
}

/* Reads output until the program ends, even if processes that it started still have the pipe. */
static int wait_for_program(
	struct process *process, size_t max, const struct deadline *deadline, struct strbuf *output)
{
	int err = 0;

	while (!err && process->pid) {
		uint64_t remaining = deadline_left(deadline, clock_now());
		struct pollfd fds[] = {{.fd = process->child_signal_fd, .events = POLLIN},
			{.fd = process->output_fd, .events = POLLIN}};

		if (remaining == 0)
			return -ETIME;
		poll(fds, ARRAY_SIZE(fds), remaining > INT_MAX ? INT_MAX : (int)remaining);
		/* In this order, all that the program has printed before its end is read, too. */
		reap_program_if_ended(process);
		err = read_output(process, max, output);
	}
	return err;
}

/* Kills a program that has not ended. If it has, processes that it left running are not killed. */
static void close_process(struct process *process)
{
	process_end(process, process->pid != 0);
	if (process->output_fd >= 0)
		close(process->output_fd);
	if (process->child_signal_fd >= 0)
		close(process->child_signal_fd);
}

/* Sets the error if wait_for_program() failed with `err`, or if the program did not succeed. */
static int check_result(int err, const struct process *process, const char *program, size_t max,
	struct error *error)
{
	int status = process->wait_status;

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
	struct process process = {.lifeline_fd = -1, .output_fd = -1, .child_signal_fd = -1};
	struct signals saved_signals;
	sigset_t child_signal;
	int err;

	strbuf_clear(ret_output);
	catch_child_signal(&saved_signals, &child_signal);
	err = start_with_output_pipe(path, arguments, &child_signal, &process, error);
	if (!err) {
		err = wait_for_program(&process, max, deadline, ret_output);
		close_process(&process);
		err = check_result(err, &process, arguments[0], max, error);
	} else {
		close_process(&process);
	}
	restore_signals(&saved_signals);
	if (err)
		strbuf_clear(ret_output);
	return err;
}
