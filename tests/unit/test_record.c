/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record.h"

#include "base/file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/myha-test-memory-XXXXXX";

static int setup(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/myha-test-memory-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const files[] = {"eth1.json", "eth2.json", "eth1.lock"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char path[256];
		snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
		unlink(path);
	}
	return rmdir(directory);
}

static void write_file(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	assert_int_equal(file_replace(path, text, strlen(text), 0644), 0);
}

static void test_no_record(void **state)
{
	struct record record;
	struct error error = {0};

	(void)state;
	record_init(&record, "eth1");
	assert_int_equal(record_load(directory, "eth1", &record, &error), -ENOENT);
	assert_int_equal(record_remove(directory, "eth1", &error), 0);
	record_done(&record);
}

static void fill(struct record *record)
{
	struct ip_address v4, v6;
	struct ip_prefix subnet4, host4, host6;

	assert_int_equal(ip_address_parse("10.0.1.10", &v4), 0);
	assert_int_equal(ip_address_parse("2001:db8::a", &v6), 0);
	assert_int_equal(ip_prefix_parse("10.0.1.10/24", &subnet4), 0);
	host4 = ip_prefix_of_host(&v4);
	host6 = ip_prefix_of_host(&v6);
	record_init(record, "eth1");
	record->entry = strdup("service");
	assert_int_equal(parse_mac("0a:00:00:00:00:02", &record->mac), 0);
	record->index = 7;
	record->original_mtu = 1500;
	record->original_rp_filter = 1;
	assert_int_equal(record_add_table(record, 100), 0);
	assert_int_equal(record_add_table(record, 4294967295u), 0);
	assert_int_equal(record_add_table(record, 100), 0);
	assert_int_equal(record_add_address(record, &subnet4), 0);
	assert_int_equal(record_add_address(record, &host6), 0);
	assert_int_equal(record_add_address(record, &host4), 0);
	assert_int_equal(record_add_address(record, &subnet4), 0);
	record->primary = v4;
	record->device_number = 2;
	strcpy(record->neighbour, "eth2");
	assert_int_equal(record_set_change(record, &v6, true, 5), 0);
	assert_int_equal(record_set_change(record, &v4, true, 6), 0);
	assert_int_equal(record_set_change(record, &v6, false, 1234567890123), 0);
}

static void test_what_is_stored_is_loaded(void **state)
{
	struct record stored, loaded;
	struct error error = {0};

	(void)state;
	fill(&stored);
	record_init(&loaded, "eth1");
	assert_int_equal(record_store(directory, &stored, &error), 0);
	assert_int_equal(record_load(directory, "eth1", &loaded, &error), 0);
	assert_string_equal(loaded.interface, "eth1");
	assert_string_equal(loaded.entry, "service");
	assert_memory_equal(&loaded.mac, &stored.mac, sizeof(stored.mac));
	assert_int_equal(loaded.index, 7);
	assert_int_equal(loaded.original_mtu, 1500);
	assert_int_equal(loaded.original_rp_filter, 1);
	assert_int_equal(loaded.n_tables, 2);
	assert_int_equal(loaded.tables[0], 100);
	assert_int_equal(loaded.tables[1], 4294967295u);
	assert_int_equal(loaded.n_addresses, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(ip_prefix_compare(&loaded.addresses[i], &stored.addresses[i]), 0);
	assert_int_equal(ip_address_compare(&loaded.primary, &stored.primary), 0);
	assert_int_equal(loaded.device_number, 2);
	assert_string_equal(loaded.neighbour, "eth2");
	assert_int_equal(loaded.n_changes, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct facts_change *change = &loaded.changes[i];
		assert_int_equal(
			ip_address_compare(&change->address, &stored.changes[i].address), 0);
		assert_int_equal(change->is_assigned, i == 1);
		assert_int_equal(change->at, i ? 6 : 1234567890123);
	}
	record_done(&stored);
	record_done(&loaded);
}

/* As an earlier version wrote it. */
static void test_an_old_record_is_loaded(void **state)
{
	struct record record;
	struct error error = {0};

	(void)state;
	write_file("eth1.json",
		"{\"version\":1,\"interface\":\"eth1\",\"entry\":\"e\",\"mac\":"
		"\"0a:00:00:00:00:02\",\"index\":1,\"tables\":[1],\"addresses\":[\"10.0.1.50\"],"
		"\"before\":{\"mtu\":0,\"rp_filter\":0}}");
	record_init(&record, "eth1");
	assert_int_equal(record_load(directory, "eth1", &record, &error), 0);
	assert_int_equal(record.n_addresses, 1);
	assert_int_equal(record.addresses[0].length, 0);
	assert_int_equal(record_store(directory, &record, &error), 0);
	record_done(&record);
	assert_int_equal(record_load(directory, "eth1", &record, &error), 0);
	assert_int_equal(record.n_addresses, 1);
	assert_int_equal(record.addresses[0].length, 0);
	assert_int_equal(record.n_changes, 0);
	assert_int_equal(record.device_number, -1);
	assert_string_equal(record.neighbour, "");
	assert_false(ip_address_is_set(&record.primary));
	record_done(&record);
}

/*
 * A change that the metadata show, or should have shown long ago, is dropped; the clock may not run
 * backwards.
 */
static void test_changes_settle(void **state)
{
	static const struct {
		const char *address;
		bool is_assigned;
		uint64_t at;
		bool is_kept;
	} cases[] = {
		{"10.0.1.50", true, 100000, false}, /* listed */
		{"10.0.1.51", true, 100000, true},
		{"10.0.1.52", true, 30000, false}, /* 70 s ago */
		{"10.0.1.53", true, 100001, false}, /* in the future */
		{"10.0.1.54", false, 100000, false}, /* not listed */
		{"10.0.1.55", false, 99000, true},
	};
	static const char listed[] = "10.0.1.10\n10.0.1.50\n10.0.1.55";
	_cleanup_(record_done) struct record record;
	_cleanup_(facts_done) struct facts facts;
	size_t kept = 0;

	(void)state;
	record_init(&record, "eth1");
	facts_init(&facts, &record.mac);
	assert_int_equal(facts_set(&facts, FACT_LOCAL_IPV4S, listed, strlen(listed), NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_address address;
		assert_int_equal(ip_address_parse(cases[i].address, &address), 0);
		assert_int_equal(
			record_set_change(&record, &address, cases[i].is_assigned, cases[i].at), 0);
	}
	assert_true(record_drop_outdated_changes(&record, &facts, 100000));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_address address;
		if (!cases[i].is_kept)
			continue;
		assert_int_equal(ip_address_parse(cases[i].address, &address), 0);
		assert_int_equal(ip_address_compare(&record.changes[kept++].address, &address), 0);
	}
	assert_int_equal(record.n_changes, kept);
	assert_false(record_drop_outdated_changes(&record, &facts, 100000));
}

/* An invalid file is never treated as an empty record. */
static void test_nonsense(void **state)
{
	static const char head[] = "{\"version\":1,\"interface\":\"eth1\",\"entry\":\"e\",";
	static const struct {
		const char *head, *tail;
	} cases[] = {
		{"", ""},
		{"", "{"},
		{"", "[]"},
		{"", "{}"},
		{head, "\"mac\":\"x\",\"index\":1,\"tables\":[],\"addresses\":[],"
		       "\"before\":{\"mtu\":0,\"rp_filter\":0}}"},
		{head, "\"mac\":\"0a:00:00:00:00:02\",\"index\":1,\"tables\":[0],\"addresses\":[],"
		       "\"before\":{\"mtu\":0,\"rp_filter\":0}}"},
		{head, "\"mac\":\"0a:00:00:00:00:02\",\"index\":1,\"tables\":[1],\"addresses\":"
		       "[\"10.0.0.256\"],\"before\":{\"mtu\":0,\"rp_filter\":0}}"},
		{head, "\"mac\":\"0a:00:00:00:00:02\",\"index\":1,\"tables\":[1],\"addresses\":[],"
		       "\"before\":{\"mtu\":0,\"rp_filter\":0},\"primary\":\"x\"}"},
		{head, "\"mac\":\"0a:00:00:00:00:02\",\"index\":1,\"tables\":[1],\"addresses\":[],"
		       "\"before\":{\"mtu\":0,\"rp_filter\":0},\"changes\":[{\"address\":"
		       "\"10.0.0.1\",\"change\":\"lost\",\"at\":1}]}"},
		{head, "\"mac\":\"0a:00:00:00:00:02\",\"index\":1,\"tables\":[1],\"addresses\":[],"
		       "\"before\":{\"mtu\":0,\"rp_filter\":0},\"changes\":[{\"address\":"
		       "\"10.0.0.1\",\"change\":\"assigned\",\"at\":-1}]}"},
		{"{\"version\":2,\"interface\":\"eth1\",\"entry\":\"e\",",
			"\"mac\":\"0a:00:00:00:00:02\",\"index\":1,\"tables\":[1],\"addresses\":[],"
			"\"before\":{\"mtu\":0,\"rp_filter\":0}}"},
		{"{\"version\":1,\"interface\":\"eth9\",\"entry\":\"e\",",
			"\"mac\":\"0a:00:00:00:00:02\",\"index\":1,\"tables\":[1],\"addresses\":[],"
			"\"before\":{\"mtu\":0,\"rp_filter\":0}}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct record record;
		struct error error = {0};
		char text[512], expected[512];

		record_init(&record, "eth1");
		snprintf(text, sizeof(text), "%s%s", cases[i].head, cases[i].tail);
		write_file("eth1.json", text);
		assert_int_equal(record_load(directory, "eth1", &record, &error), -EBADMSG);
		snprintf(expected, sizeof(expected),
			"%s/eth1.json: not a state file that this version of myha can read",
			directory);
		assert_string_equal(error.text, expected);
		record_done(&record);
	}
}

static void test_list(void **state)
{
	struct error error = {0};
	char **names = NULL;

	(void)state;
	write_file("eth2.json", "{}");
	write_file("eth1.json", "{}");
	write_file("eth1.lock", "");
	assert_int_equal(record_list_interfaces(directory, &names, &error), 0);
	assert_string_equal(names[0], "eth1");
	assert_string_equal(names[1], "eth2");
	assert_null(names[2]);
	record_names_free(&names);
	assert_int_equal(record_list_interfaces("/tmp/myha-test-there-is-none", &names, &error), 0);
	assert_null(names[0]);
	record_names_free(&names);
}

/* The kernel takes any bytes but a slash and blanks. */
static void test_names_that_are_not_utf8(void **state)
{
	static const char *const names[] = {"\xff", "eth\xe2\x82", "\xc3\xa9", "a\x1b[2J", "\"\\"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct record stored, loaded;
		struct error error = {0};

		fill(&stored);
		memcpy(stored.interface, names[i], strlen(names[i]) + 1);
		record_init(&loaded, names[i]);
		assert_int_equal(record_store(directory, &stored, &error), 0);
		assert_int_equal(record_load(directory, names[i], &loaded, &error), 0);
		assert_string_equal(loaded.interface, names[i]);
		assert_int_equal(loaded.index, stored.index);
		assert_int_equal(record_remove(directory, names[i], &error), 0);
		record_done(&stored);
		record_done(&loaded);
	}
}

static void test_names_that_are_paths(void **state)
{
	struct record record;
	struct error error = {0};

	(void)state;
	record_init(&record, "x");
	assert_int_equal(record_load(directory, "../eth1", &record, &error), -EINVAL);
	assert_int_equal(error.outcome, OUTCOME_USAGE);
	assert_string_equal(error.text, "\"../eth1\" is not an interface name");
	record_done(&record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_record, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_stored_is_loaded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_old_record_is_loaded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changes_settle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_that_are_not_utf8, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_that_are_paths, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
