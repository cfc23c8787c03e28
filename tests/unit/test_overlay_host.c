/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests whether a read of the routes may be older than the last move to this host, by the record of
 * that move.
 */
#include "core/resource_record.h"
#include "overlay/host.h"

#include "failover/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define OVERLAY_IP "192.168.10.16"

static const struct {
	const char *name;
	const char *moved_at; /* NULL: there is no record */
	uint64_t read_at;
	bool is_moved;
} cases[] = {
	{"never moved", NULL, 60000, false},
	{"never moved, and the host is up for a second", NULL, 1000, false},
	{"moved just before the read", "59000", 60000, true},
	{"moved at the same time", "60000", 60000, true},
	{"moved after the read", "60001", 60000, true},
	{"moved so long before that no read can be so old", "55000", 60000, false},
	{"moved a millisecond less before", "55001", 60000, true},
	{"moved while the host is up for less than reads may be old", "1000", 3000, true},
	{"moved and read as soon as the host is up", "1", 2, true},
};

static void test_cases(void **state)
{
	char directory[] = "/tmp/myha-test-overlay-host-XXXXXX";
	struct overlay_subject subject = {0};

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(ip_address_parse(OVERLAY_IP, &subject.address), 0);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		/* A dry run reads the record, too. */
		const struct operation operation = {.run_directory = directory, .dry_run = i % 2};
		struct overlay_host host = {.operation = &operation};
		struct error error = {0};
		bool is_moved = false;

		print_message("%s\n", cases[i / 2].name);
		if (cases[i / 2].moved_at)
			assert_int_equal(resource_record_store(&operation, OVERLAY_IP, "moved",
						 cases[i / 2].moved_at, &error),
				0);
		assert_int_equal(overlay_host_is_moved_since(
					 &host, &subject, cases[i / 2].read_at, &is_moved, &error),
			0);
		assert_int_equal(is_moved, cases[i / 2].is_moved);
		assert_int_equal(
			resource_record_remove(&operation, OVERLAY_IP, "moved", &error), 0);
	}
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
