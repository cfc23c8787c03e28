/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/process.h"
#include "aws/program_path.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SH(script)                                                                                 \
	{                                                                                          \
		"sh", "-c", script, NULL                                                           \
	}

static const struct test_case {
	const char *name;
	const char *arguments[5];
	uint64_t msec; /* 0: 10000 */
	int err;
	const char *output; /* or what is wrong */
	enum outcome outcome;
} cases[] = {
	{"prints", SH("printf 'a b\\n'; printf c"), 0, 0, "a b\nc", OUTCOME_DONE},
	{"no shell", {"printf", "%s|", "$HOME;", "a b", NULL}, 0, 0, "$HOME;|a b|", OUTCOME_DONE},
	{"prints nothing", SH(":"), 0, 0, "", OUTCOME_DONE},
	{"has no input", SH("cat; echo end"), 0, 0, "end\n", OUTCOME_DONE},
	{"prints as much as it may", SH("head -c 4096 /dev/zero | tr '\\0' x"), 0, 0, NULL,
		OUTCOME_DONE},
	{"prints too much", SH("exec yes"), 0, -EMSGSIZE,
		"sh printed more than 4096 bytes and was killed", OUTCOME_FAILED},
	{"fails", SH("echo x; exit 3"), 0, -EBADMSG, "sh exited with status 3", OUTCOME_FAILED},
	{"is killed", SH("kill -9 $$"), 0, -EBADMSG, "sh was killed by signal 9", OUTCOME_FAILED},
	{"hangs", {"sleep", "60", NULL}, 200, -ETIME, "sleep timed out and was killed",
		OUTCOME_TIMEOUT},
	{"hangs with its output closed", SH("exec >&-; sleep 60"), 200, -ETIME,
		"sh timed out and was killed", OUTCOME_TIMEOUT},
	{"ignores signals to end", SH("trap '' TERM INT HUP; sleep 60 & wait"), 200, -ETIME,
		"sh timed out and was killed", OUTCOME_TIMEOUT},
	{"leaves a process behind", SH("echo a; sleep 60 & exit 0"), 0, 0, "a\n", OUTCOME_DONE},
	{"is not there", {"/nowhere/tool", NULL}, 0, -ENOENT,
		"cannot run /nowhere/tool: No such file or directory", OUTCOME_FAILED},
	{"is no program", {"/etc/passwd", NULL}, 0, -EACCES,
		"cannot run /etc/passwd: Permission denied", OUTCOME_FAILED},
};

static int run(const char *const arguments[], size_t max, const struct deadline *deadline,
	struct strbuf *output, struct error *error)
{
	char *path;
	int err;

	assert_int_equal(program_find(arguments[0], &path), 0);
	err = process_run(path, (char *const *)arguments, max, deadline, output, error);
	free(path);
	return err;
}

static int open_files(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void run_case(void **state)
{
	const struct test_case *test = *state;
	struct strbuf output = {.max = 4096};
	struct error error = {0};
	uint64_t msec = test->msec ? test->msec : 10000, begin = clock_now();
	struct deadline deadline = deadline_after(begin, msec);
	sigset_t before, after;
	int files = open_files(), err;

	sigprocmask(SIG_SETMASK, NULL, &before);
	err = run(test->arguments, 4096, &deadline, &output, &error);
	assert_int_equal(err, test->err);
	assert_int_equal(error.outcome, test->outcome);
	if (err) {
		assert_string_equal(error.text, test->output);
		assert_int_equal(output.length, 0);
	} else if (test->output) {
		assert_string_equal(strbuf_text(&output), test->output);
	} else {
		assert_int_equal(output.length, 4096);
	}
	/* Nothing of it stays: no child, no file, no blocked signal. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(open_files(), files);
	sigprocmask(SIG_SETMASK, NULL, &after);
	assert_int_equal(sigismember(&before, SIGCHLD), sigismember(&after, SIGCHLD));
	assert_true(clock_now() - begin <= msec + 10000);
	strbuf_done(&output);
}

/* The parent may have left SIGCHLD ignored. */
static void test_ignored(void **state)
{
	const char *const arguments[] = {"sh", "-c", "exit 4", NULL};
	struct deadline deadline = deadline_after(clock_now(), 5000);
	struct strbuf output = {0};
	struct error error = {0};

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(run(arguments, 16, &deadline, &output, &error), -EBADMSG);
	assert_string_equal(error.text, "sh exited with status 4");
	assert_ptr_equal(signal(SIGCHLD, SIG_DFL), SIG_IGN);
}

/* The child has our stderr, and a signal that we ignore still ends it. */
static void test_stderr(void **state)
{
	const char *const arguments[] = SH("echo why >&2; kill -PIPE $$");
	struct deadline deadline = deadline_after(clock_now(), 5000);
	struct strbuf output = {0};
	struct error error = {0};
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO), err;
	char text[32] = "";

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	dup2(fileno(file), STDERR_FILENO);
	err = run(arguments, 4096, &deadline, &output, &error);
	dup2(saved, STDERR_FILENO);
	close(saved);
	signal(SIGPIPE, SIG_DFL);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_int_equal(err, -EBADMSG);
	assert_string_equal(error.text, "sh was killed by signal 13");
	assert_string_equal(text, "why\n");
}

/*
 * A process that runs a program with a child of its own, each of which would go on for a minute. A shell
 * ignores SIGINT and SIGQUIT in what it starts in the background: not so here.
 */
static pid_t start_runner(int *ret_reading)
{
	const char *const arguments[] = SH("echo ready >&2; sleep 60 & sleep 60");
	struct deadline deadline = deadline_after(clock_now(), 60000);
	struct strbuf output = {0};
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		close(fds[0]);
		dup2(fds[1], STDERR_FILENO);
		close(fds[1]);
		run(arguments, 16, &deadline, &output, NULL);
		_exit(0);
	}
	close(fds[1]);
	*ret_reading = fds[0];
	return pid;
}

/* All of them have the pipe as stderr: at its end, none is left. The alarm ends a test that waits in vain. */
static void test_all_end_with_us(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGKILL, SIGQUIT};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		char text[64];
		int reading, status;
		pid_t pid = start_runner(&reading);

		alarm(50);
		assert_int_equal(read(reading, text, sizeof(text)), strlen("ready\n"));
		kill(pid, signals[i]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(WTERMSIG(status), signals[i]);
		assert_int_equal(read(reading, text, sizeof(text)), 0);
		alarm(0);
		close(reading);
	}
}

/* The guard process has none of our files open: a lock is free as soon as this process ends. */
static void test_guard_has_no_files(void **state)
{
	const char *const arguments[] = SH("for fd in /proc/$PPID/task/$PPID/children; do "
					   "for pid in $(cat $fd); do [ $pid = $$ ] || "
					   "ls /proc/$pid/fd; done; done");
	struct deadline deadline = deadline_after(clock_now(), 10000);
	struct strbuf output = {0};
	struct error error = {0};

	(void)state;
	assert_int_equal(run(arguments, 4096, &deadline, &output, &error), 0);
	assert_string_equal(strbuf_text(&output), "0\n");
	strbuf_done(&output);
}

static void test_program_find(void **state)
{
	static const struct {
		const char *name, *path; /* PATH */
		const char *found; /* NULL: not */
		int err;
	} programs[] = {
		{"sh", "/nowhere:/bin", "/bin/sh", 0},
		{"/anything/at/all", "/bin", "/anything/at/all", 0},
		{"passwd", "/etc:/nowhere", NULL, -EACCES},
		{"passwd", "/etc:/usr/bin", "/usr/bin/passwd", 0},
		{"etc", "/", NULL, -EACCES},
		{"no-such-program", "/bin::/usr/bin", NULL, -ENOENT},
		{"sh", "", NULL, -ENOENT},
		{"sh", ":/bin:", "/bin/sh", 0},
	};
	const char *before = getenv("PATH");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		char *path = NULL;

		setenv("PATH", programs[i].path, 1);
		assert_int_equal(program_find(programs[i].name, &path), programs[i].err);
		if (programs[i].found)
			assert_string_equal(path, programs[i].found);
		free(path);
	}
	setenv("PATH", before, 1);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(cases) + 5];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[count++] = (struct CMUnitTest){
			cases[i].name, run_case, NULL, NULL, (void *)&cases[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_ignored);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_stderr);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_all_end_with_us);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_guard_has_no_files);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_program_find);
	return _cmocka_run_group_tests("process", tests, count, NULL, NULL);
}
