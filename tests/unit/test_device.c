/* SPDX-License-Identifier: Apache-2.0 */
/* Compares with the interfaces of this host in sysfs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/device.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void cleanup_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

static void assert_device(const char *name, const char *driver)
{
	struct device device;
	struct error error = {0};

	print_message("  %s: \"%s\"\n", name, driver);
	assert_int_equal(device_find(name, &device, &error), 0);
	assert_string_equal(device.name, name);
	assert_string_equal(device.driver, driver);
	assert_string_equal(error.text, "");
}

/* Where the interface's own device has a driver; what has none may still have a parent with one. */
static void test_all(void **state)
{
	_cleanup_(cleanup_directory) DIR *directory = opendir("/sys/class/net");
	struct dirent *entry;

	(void)state;
	if (!directory)
		skip();
	while ((entry = readdir(directory))) {
		char path[512], target[512];
		ssize_t length;

		snprintf(path, sizeof(path), "/sys/class/net/%s/device/driver", entry->d_name);
		length = readlink(path, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		assert_device(entry->d_name, strrchr(target, '/') + 1);
	}
}

static void test_loopback(void **state)
{
	(void)state;
	if (access("/sys/class/net/lo", F_OK) < 0)
		skip();
	assert_device("lo", "");
}

static void test_none(void **state)
{
	static const char *const names[] = {
		"nosuchlink0", "", ".", "..", "lo/statistics", "../net/lo", "a-name-far-too-long"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct device device = {.name = "untouched"};
		struct error error = {0};
		char words[128];

		snprintf(words, sizeof(words), "there is no network interface %s: see \"ip link\"",
			names[i]);
		assert_int_equal(device_find(names[i], &device, &error), -ENODEV);
		assert_string_equal(error.text, words);
		assert_int_equal(error.outcome, OUTCOME_FAILED);
		assert_string_equal(device.name, "untouched");
		assert_int_equal(device_resend_add_event(names[i], &error), -ENODEV);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
