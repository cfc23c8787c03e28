/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Each test has an empty directory, which it works in. */
static int setup(void **state)
{
	char *directory = strdup("/tmp/test_file.XXXXXX");

	if (!directory || !mkdtemp(directory) || chdir(directory) < 0)
		return -1;
	*state = directory;
	return 0;
}

static int teardown(void **state)
{
	_cleanup_(cleanup_free) char *directory = *state;
	/* The last test leaves nothing else: a file written aside would make this fail. */
	int err = unlink("file") < 0 && errno != ENOENT;

	err |= chdir("/") < 0;
	err |= rmdir(directory) < 0;
	return err ? -1 : 0;
}

static void assert_content(const char *path, const char *expected, size_t length)
{
	_cleanup_(strbuf_done) struct strbuf content = {0};

	assert_int_equal(file_read(path, 1 << 20, &content, NULL), 0);
	assert_int_equal(content.length, length);
	assert_memory_equal(strbuf_text(&content), expected, length + 1);
}

static mode_t mode_of(const char *path)
{
	struct stat stat;

	assert_int_equal(lstat(path, &stat), 0);
	return stat.st_mode;
}

static void test_replace_and_read(void **state)
{
	static char large[10000];
	struct stat before, after;
	mode_t umask_before = umask(0777);

	(void)state;
	assert_int_equal(file_replace("file", "old\0bytes", 9, 0644), 0);
	umask(umask_before);
	assert_content("file", "old\0bytes", 9);
	assert_int_equal(mode_of("file"), S_IFREG | 0644);

	assert_int_equal(lstat("file", &before), 0);
	assert_int_equal(file_replace("file", "new", 3, 0600), 0);
	assert_int_equal(lstat("file", &after), 0);
	assert_true(before.st_ino != after.st_ino);
	assert_int_equal(after.st_mode, S_IFREG | 0600);
	assert_content("file", "new", 3);

	assert_int_equal(file_replace("file", "", 0, 0600), 0);
	assert_content("file", "", 0);
	memset(large, 'x', sizeof(large) - 1);
	assert_int_equal(file_replace("file", large, sizeof(large) - 1, 0600), 0);
	assert_content("file", large, sizeof(large) - 1);
}

static void test_replace_after_kill(void **state)
{
	char path[128];

	/* A file that a killed writer left does not disturb, and is replaced. */
	assert_int_equal(symlink("/nonexistent/target", ".file.new"), 0);
	snprintf(path, sizeof(path), "%s/file", (const char *)*state);
	assert_int_equal(file_replace(path, "bytes", 5, 0644), 0);
	assert_content("file", "bytes", 5);
	assert_int_equal(access(".file.new", F_OK), -1);
}

static void test_replace_failures(void **state)
{
	char path[5000];

	(void)state;
	assert_int_equal(file_replace("missing/file", "x", 1, 0644), -ENOENT);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(file_replace(path, "x", 1, 0644), -ENAMETOOLONG);

	/* A directory of that name: nothing is left aside. */
	assert_int_equal(mkdir("file", 0755), 0);
	assert_int_equal(file_replace("file", "x", 1, 0644), -EISDIR);
	assert_int_equal(rmdir("file"), 0);
	assert_int_equal(access(".file.new", F_OK), -1);
}

static void test_read_cap_and_stat(void **state)
{
	_cleanup_(strbuf_done) struct strbuf content = {0};
	struct stat stat = {.st_size = 99};

	(void)state;
	assert_int_equal(file_replace("file", "12345678", 8, 0640), 0);
	assert_int_equal(file_read("file", 7, &content, &stat), -EFBIG);
	assert_int_equal(file_read("file", 0, &content, &stat), -EFBIG);
	assert_null(content.data);
	assert_int_equal(stat.st_size, 99);
	assert_int_equal(file_read("file", 8, &content, &stat), 0);
	assert_string_equal(strbuf_text(&content), "12345678");
	assert_int_equal(stat.st_size, 8);
	assert_int_equal(stat.st_mode, S_IFREG | 0640);
}

static void test_read_what_is_no_file(void **state)
{
	_cleanup_(strbuf_done) struct strbuf content = {0};

	(void)state;
	assert_int_equal(file_read("file", 100, &content, NULL), -ENOENT);
	assert_int_equal(file_read(".", 100, &content, NULL), -EISDIR);
	assert_int_equal(file_read("/dev/null", 100, &content, NULL), -EINVAL);
	/* A pipe without a writer must not hang. */
	assert_int_equal(mkfifo("file", 0600), 0);
	assert_int_equal(file_read("file", 100, &content, NULL), -EINVAL);
	assert_null(content.data);
	/* The kernel's files report a size of 0. */
	assert_int_equal(file_read("/proc/self/comm", 100, &content, NULL), 0);
	assert_string_not_equal(strbuf_text(&content), "");
}

static void test_close(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int none = -1;

	(void)state;
	assert_true(fd >= 0);
	cleanup_close(&fd);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	cleanup_close(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_replace_and_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replace_after_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replace_failures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_cap_and_stat, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_what_is_no_file, setup, teardown),
		cmocka_unit_test(test_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
