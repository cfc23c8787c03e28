/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Creates a tree of files in a new directory in /tmp, for code that reads the configuration of
 * other tools.
 */
#pragma once

struct tree_file {
	const char *path; /* from the tree's root, "/etc/…"; NULL ends them */
	const char *content;
	const char *link; /* a symbolic link to this instead */
};

#define FILE_TREE_ROOT_SIZE 64

/* Each fails the test where it cannot. */
void file_tree_make(char root[FILE_TREE_ROOT_SIZE]);
void file_tree_add(const char *root, const struct tree_file *files);
void file_tree_remove(const char *root);
