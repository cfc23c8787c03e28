/* SPDX-License-Identifier: Apache-2.0 */
#include "file_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void file_tree_make(char root[FILE_TREE_ROOT_SIZE])
{
	snprintf(root, FILE_TREE_ROOT_SIZE, "/tmp/myha-tree.XXXXXX");
	assert_non_null(mkdtemp(root));
}

static void make_directories(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

void file_tree_add(const char *root, const struct tree_file *files)
{
	for (; files->path; files++) {
		const char *content = files->content ? files->content : "";
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s%s", root, files->path);
		make_directories(path);
		unlink(path);
		if (files->link)
			assert_int_equal(symlink(files->link, path), 0);
		else
			assert_int_equal(file_replace(path, content, strlen(content), 0644), 0);
	}
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *place)
{
	(void)stat;
	(void)kind;
	(void)place;
	return remove(path);
}

void file_tree_remove(const char *root)
{
	assert_int_equal(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}
