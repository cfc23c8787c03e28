/* SPDX-License-Identifier: Apache-2.0 */
#include "golden/golden_cases.h"

#include "base/file.h"

#include <dirent.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

void golden_read(const char *directory, const char *name, bool needed, struct strbuf *content)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (file_read(path, 1 << 20, content, NULL) && needed)
		fail_msg("cannot read %s", path);
}

void golden_compare(const char *directory, const char *name, const struct strbuf *out)
{
	_cleanup_(strbuf_done) struct strbuf expected = {0};
	char path[512];

	if (getenv("GOLDEN_UPDATE")) {
		snprintf(path, sizeof(path), "%s/%s", directory, name);
		assert_int_equal(file_replace(path, strbuf_text(out), out->length, 0644), 0);
		return;
	}
	golden_read(directory, name, true, &expected);
	assert_string_equal(strbuf_text(out), strbuf_text(&expected));
}

static int is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int golden_run(const char *folder, void (*run_case)(void **state))
{
	const char *source = getenv("srcdir");
	struct dirent **entries;
	char cases[256];
	int count, failed;

	snprintf(cases, sizeof(cases), "%s/tests/golden/%s", source ? source : ".", folder);
	count = scandir(cases, &entries, is_case, alphasort);
	if (count <= 0) {
		fprintf(stderr, "no cases in %s\n", cases);
		return 1;
	}
	struct CMUnitTest *tests = calloc((size_t)count, sizeof(*tests));
	for (int i = 0; i < count; i++) {
		char *directory = NULL;
		if (asprintf(&directory, "%s/%s", cases, entries[i]->d_name) < 0)
			return 1;
		tests[i] = (struct CMUnitTest){
			.name = entries[i]->d_name,
			.test_func = run_case,
			.initial_state = directory,
		};
	}
	failed = _cmocka_run_group_tests(folder, tests, (size_t)count, NULL, NULL);
	for (int i = 0; i < count; i++) {
		free(tests[i].initial_state);
		free(entries[i]);
	}
	free(entries);
	free(tests);
	return failed;
}
