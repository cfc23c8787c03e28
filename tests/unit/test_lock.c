/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lock.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[64];

static int setup(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/myha-test-lock-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/eth1.lock", directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/eth2.lock", directory);
	unlink(path);
	return rmdir(directory);
}

static int acquire(const char *interface, uint64_t msec, struct lock *lock, struct error *error)
{
	struct deadline deadline = deadline_after(clock_now(), msec);

	return lock_acquire(directory, interface, &deadline, lock, error);
}

/* A child that holds the lock until it is killed. */
static pid_t hold(const char *interface)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct lock lock = {.fd = -1};
		if (acquire(interface, 1000, &lock, NULL) == 0 && write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_taken_and_given_back(void **state)
{
	struct lock lock = {.fd = -1};
	struct error error = {0};

	(void)state;
	assert_int_equal(acquire("eth1", 1000, &lock, &error), 0);
	assert_true(lock.fd >= 0);
	lock_release(&lock);
	assert_int_equal(lock.fd, -1);
	assert_int_equal(acquire("eth1", 1000, &lock, &error), 0);
	lock_release(&lock);
	lock_release(&lock);
}

static void test_waits_until_the_deadline(void **state)
{
	struct lock lock = {.fd = -1};
	struct error error = {0};
	pid_t holder = hold("eth1");
	uint64_t start = clock_now();

	(void)state;
	assert_int_equal(acquire("eth1", 150, &lock, &error), -ETIME);
	assert_in_range(clock_now() - start, 150, 10000);
	assert_int_equal(lock.fd, -1);
	assert_int_equal(error.outcome, OUTCOME_TIMEOUT);
	assert_string_equal(error.text, "timed out waiting for another run of myha for eth1");
	/* Another interface's lock is another lock. */
	assert_int_equal(acquire("eth2", 150, &lock, &error), 0);
	lock_release(&lock);
	end(holder);
}

static void test_a_killed_holder_lets_go(void **state)
{
	struct lock lock = {.fd = -1};
	struct error error = {0};
	pid_t holder = hold("eth1");
	pid_t killer = fork();
	uint64_t start = clock_now();

	(void)state;
	if (killer == 0) {
		usleep(50000);
		kill(holder, SIGKILL);
		_exit(0);
	}
	assert_int_equal(acquire("eth1", 60000, &lock, &error), 0);
	assert_in_range(clock_now() - start, 40, 50000);
	lock_release(&lock);
	assert_int_equal(waitpid(killer, NULL, 0), killer);
	assert_int_equal(waitpid(holder, NULL, 0), holder);
}

static void test_names_that_are_paths(void **state)
{
	struct lock lock = {.fd = -1};
	struct error error = {0};

	(void)state;
	assert_int_equal(acquire("../eth1", 1000, &lock, &error), -EINVAL);
	assert_int_equal(error.outcome, OUTCOME_USAGE);
	assert_string_equal(error.text, "\"../eth1\" is not an interface name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_taken_and_given_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_waits_until_the_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_killed_holder_lets_go, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_that_are_paths, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
