/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cases that a person can read and add: a folder each, with files of what goes in and one of what has
 * to come out. With GOLDEN_UPDATE=1 the latter is written anew, for a person to read before it is
 * committed.
 */
#pragma once

#include "base/strbuf.h"

/* All folders of tests/golden/FOLDER/, each a test; its state is the path. For main() to return. */
int golden_run(const char *folder, void (*run_case)(void **state));

/* One of a case's files; one that is needed and not there fails the test. */
void golden_read(const char *directory, const char *name, bool needed, struct strbuf *content);

/* Fails the test where the file of what has to come out says something else. */
void golden_compare(const char *directory, const char *name, const struct strbuf *out);
