/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests which directories on the path to a file other users can change, in a tree of real files;
 * runs the printed remedies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/trusted_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The tree: bin/tool, and links to it. '@' in a text stands for its directory, which is in /tmp: others can
 * write that, and cannot replace what is not theirs there.
 */
#define ODD "it's here"
#define FILES "bin", "bin/tool", "far", "far/link", "loop", ODD, ODD "/my tool"

static const struct test_case {
	const char *name;
	const char *changed; /* one of the files; NULL: none */
	mode_t mode; /* that it gets */
	bool is_given_away; /* to another user instead */
	const char *path;
	int err;
	const char *words;
} cases[] = {
	{"all is root's", NULL, 0, false, "@/bin/tool", 0, ""},
	{"by a link", NULL, 0, false, "@/far/link", 0, ""},
	{"with dots and slashes", NULL, 0, false, "@//bin/./../bin///tool", 0, ""},
	{"by the working directory", NULL, 0, false, "bin/tool", 0, ""},
	{"the file can be written", "bin/tool", 0757, false, "@/bin/tool", -EPERM,
		"@/bin/tool: can be written by others (mode 0757): chmod go-w @/bin/tool"},
	{"by a group", "bin/tool", 0775, false, "@/bin/tool", -EPERM,
		"@/bin/tool: can be written by others (mode 0775): chmod go-w @/bin/tool"},
	{"the directory can be written", "bin", 0777, false, "@/bin/tool", -EPERM,
		"@/bin: can be written by others (mode 0777): chmod go-w @/bin"},
	{"the directory can be written, the path is relative", "bin", 0777, false, "bin/tool",
		-EPERM, "@/bin: can be written by others (mode 0777): chmod go-w @/bin"},
	{"the directory has the sticky bit", "bin", 01777, false, "@/bin/tool", 0, ""},
	{"the directory that a link leads to can be written", "bin", 0777, false, "@/far/link",
		-EPERM, "@/bin: can be written by others (mode 0777): chmod go-w @/bin"},
	{"the directory of a link can be written", "far", 0777, false, "@/far/link", -EPERM,
		"@/far: can be written by others (mode 0777): chmod go-w @/far"},
	{"the file is another user's", "bin/tool", 0, true, "@/bin/tool", -EPERM,
		"@/bin/tool: belongs to another user (12345): chown 0 @/bin/tool"},
	{"the directory is another user's", "bin", 0, true, "@/bin/tool", -EPERM,
		"@/bin: belongs to another user (12345): chown 0 @/bin"},
	{"the link is another user's", "far/link", 0, true, "@/far/link", -EPERM,
		"@/far/link: belongs to another user (12345): chown -h 0 @/far/link"},
	{"a name that a shell would split can be written", ODD "/my tool", 0777, false,
		"@/" ODD "/my tool", -EPERM,
		"@/" ODD "/my tool: can be written by others (mode 0777): chmod go-w "
		"'@/it'\\''s here/my tool'"},
	{"a name that a shell would split is another user's", ODD, 0, true, "@/" ODD "/my tool",
		-EPERM, "@/" ODD ": belongs to another user (12345): chown 0 '@/it'\\''s here'"},
	{"a link to itself", NULL, 0, false, "@/loop", -ELOOP,
		"@/loop: cannot check which users can change it: Too many levels of symbolic links"},
	{"is not there", NULL, 0, false, "@/bin/other", -ENOENT,
		"@/bin/other: cannot check which users can change it: No such file or directory"},
};

static char root[] = "/tmp/myha-test-XXXXXX";

/* Text with the directory in place of each '@'. */
static const char *place(const char *text, char buffer[512])
{
	size_t used = 0;

	for (; *text; text++)
		used += (size_t)snprintf(buffer + used, 512 - used, "%.*s%s", *text != '@', text,
			*text == '@' ? root : "");
	buffer[used] = '\0';
	return buffer;
}

static void make_tree(void)
{
	assert_int_equal(chdir(root), 0);
	assert_int_equal(mkdir("bin", 0755) + mkdir("far", 0755) + mkdir(ODD, 0755), 0);
	close(open(ODD "/my tool", O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
	close(open("bin/tool", O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
	assert_int_equal(symlink("../bin/tool", "far/link") + symlink("loop", "loop"), 0);
}

static void remove_tree(void)
{
	static const char *const files[] = {FILES};

	for (size_t i = ARRAY_SIZE(files); i-- > 0;)
		assert_int_equal(remove(files[i]), 0);
}

/* The command at the end of the message fixes the reported problem. */
static void run_remedy(const char *path, const char *words)
{
	const char *command = strstr(words, "): ch");
	struct error error = {0};

	assert_non_null(command);
	assert_int_equal(system(command + strlen("): ")), 0);
	assert_int_equal(trusted_path_check(path, &error), 0);
}

static void run_case(void **state)
{
	const struct test_case *test = *state;
	char path[512], words[512];
	struct error error = {0};

	make_tree();
	if (test->changed && test->is_given_away)
		assert_int_equal(lchown(test->changed, 12345, 0), 0);
	else if (test->changed)
		assert_int_equal(chmod(test->changed, test->mode), 0);
	assert_int_equal(trusted_path_check(place(test->path, path), &error), test->err);
	assert_string_equal(error.text, place(test->words, words));
	if (test->err == -EPERM)
		run_remedy(path, words);
	remove_tree();
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(cases)];
	size_t count = 0;
	int failed;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		/* Only root can give files away. */
		if (!cases[i].is_given_away || geteuid() == 0)
			tests[count++] = (struct CMUnitTest){
				cases[i].name, run_case, NULL, NULL, (void *)&cases[i]};
	if (!mkdtemp(root))
		return 1;
	umask(022);
	failed = _cmocka_run_group_tests("trusted path", tests, count, NULL, NULL);
	failed |= chdir("/") || rmdir(root);
	return failed;
}
