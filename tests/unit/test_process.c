/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/process.h"
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
		"sh printed more than 4096 bytes, and was killed", OUTCOME_FAILED},
	{"fails", SH("echo x; exit 3"), 0, -EBADMSG, "sh ended with status 3", OUTCOME_FAILED},
	{"is killed", SH("kill -9 $$"), 0, -EBADMSG, "sh was ended by signal 9", OUTCOME_FAILED},
	{"hangs", {"sleep", "60", NULL}, 200, -ETIME,
		"sleep had not ended when the time was up, and was killed", OUTCOME_TIMEOUT},
	{"hangs with its output closed", SH("exec >&-; sleep 60"), 200, -ETIME,
		"sh had not ended when the time was up, and was killed", OUTCOME_TIMEOUT},
	{"ignores being asked to end", SH("trap '' TERM INT HUP; sleep 60 & wait"), 200, -ETIME,
		"sh had not ended when the time was up, and was killed", OUTCOME_TIMEOUT},
	{"leaves somebody behind", SH("echo a; sleep 1 & exit 0"), 900, 0, "a\n", OUTCOME_DONE},
	{"is not there", {"/nowhere/tool", NULL}, 0, -ENOENT,
		"cannot run /nowhere/tool: No such file or directory", OUTCOME_FAILED},
	{"is no program", {"/etc/passwd", NULL}, 0, -EACCES,
		"cannot run /etc/passwd: Permission denied", OUTCOME_FAILED},
};

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
	err = process_run((char *const *)test->arguments, 4096, &deadline, &output, &error);
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
	assert_true(clock_now() - begin <= msec + 400);
	strbuf_done(&output);
}

/* Whoever started us may have left SIGCHLD ignored. */
static void test_ignored(void **state)
{
	const char *const arguments[] = {"sh", "-c", "exit 4", NULL};
	struct deadline deadline = deadline_after(clock_now(), 5000);
	struct strbuf output = {0};
	struct error error = {0};

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(
		process_run((char *const *)arguments, 16, &deadline, &output, &error), -EBADMSG);
	assert_string_equal(error.text, "sh ended with status 4");
	assert_ptr_equal(signal(SIGCHLD, SIG_DFL), SIG_IGN);
}

/* What it writes to stderr is ours; and a signal that we ignore ends it all the same. */
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
	err = process_run((char *const *)arguments, 4096, &deadline, &output, &error);
	dup2(saved, STDERR_FILENO);
	close(saved);
	signal(SIGPIPE, SIG_DFL);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_int_equal(err, -EBADMSG);
	assert_string_equal(error.text, "sh was ended by signal 13");
	assert_string_equal(text, "why\n");
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(cases) + 2];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[count++] = (struct CMUnitTest){
			cases[i].name, run_case, NULL, NULL, (void *)&cases[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_ignored);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_stderr);
	return _cmocka_run_group_tests("process", tests, count, NULL, NULL);
}
