/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lock.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>

/* Does nothing: the signal only has to interrupt flock(). */
static void on_alarm(int signal)
{
	(void)signal;
}

/*
 * flock() has no timeout, so a timer interrupts it. The timer repeats every 10 ms: a single signal
 * could arrive between setitimer() and flock(), and flock() would then block without limit.
 */
static int flock_until(int fd, const struct deadline *deadline)
{
	struct sigaction action = {.sa_handler = on_alarm}, old_action;
	struct itimerval disarmed = {0};
	uint64_t msec_left = deadline_left(deadline, clock_now());
	struct itimerval timer = {
		.it_value = {.tv_sec = (time_t)(msec_left / 1000),
			.tv_usec = (suseconds_t)(msec_left % 1000) * 1000},
		.it_interval = {.tv_usec = 10000},
	};
	int err = 0;

	if (msec_left == 0)
		return -ETIME;
	sigaction(SIGALRM, &action, &old_action);
	setitimer(ITIMER_REAL, &timer, NULL);
	while (!err && flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			err = -errno;
		else if (!deadline_left(deadline, clock_now()))
			err = -ETIME;
	setitimer(ITIMER_REAL, &disarmed, NULL);
	sigaction(SIGALRM, &old_action, NULL);
	return err;
}

int lock_open(const char *directory, const char *name, struct lock *ret_lock, struct error *error)
{
	char path[256];

	if (strchr(name, '/'))
		return error_set(
			error, OUTCOME_USAGE, EINVAL, "\"%s\" is not an interface name", name);
	snprintf(path, sizeof(path), "%s/%s.lock", directory, name);
	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return error_set(error, OUTCOME_FAILED, errno, "cannot create %s: %s%s", directory,
			strerror(errno), errno == EACCES ? ": run myha as root" : "");
	ret_lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (ret_lock->fd < 0)
		return error_set(error, OUTCOME_FAILED, errno, "cannot open %s: %s%s", path,
			strerror(errno), errno == EACCES ? ": run myha as root" : "");
	return 0;
}

/* Logs only if another run holds the lock, so it first tries to lock without waiting. */
int lock_wait(const struct lock *lock, const char *directory, const char *name,
	const struct deadline *deadline, struct error *error)
{
	int err = 0;

	if (flock(lock->fd, LOCK_EX | LOCK_NB) < 0) {
		log_line(LOG_DEBUG, name, "waiting for another run of myha to release the lock");
		err = flock_until(lock->fd, deadline);
	}
	if (err == -ETIME)
		return error_set(error, OUTCOME_TIMEOUT, ETIME,
			"timed out waiting for another run of myha for %s", name);
	if (err)
		return error_set(error, OUTCOME_FAILED, -err, "cannot lock %s/%s.lock: %s",
			directory, name, strerror(-err));
	return 0;
}

void lock_unlock(const struct lock *lock)
{
	if (lock->fd >= 0)
		flock(lock->fd, LOCK_UN);
}

/* As lock_wait(), but closes the file on failure: then the caller has no lock to release. */
static int wait_or_release(struct lock *lock, const char *directory, const char *name,
	const struct deadline *deadline, struct error *error)
{
	int err = lock_wait(lock, directory, name, deadline, error);

	if (err)
		lock_release(lock);
	return err;
}

int lock_acquire(const char *directory, const char *name, const struct deadline *deadline,
	struct lock *ret_lock, struct error *error)
{
	int err = lock_open(directory, name, ret_lock, error);

	return err ? err : wait_or_release(ret_lock, directory, name, deadline, error);
}

/* A full disk must not keep a detach from removing addresses. */
int lock_acquire_or_continue(const char *directory, const char *name,
	const struct deadline *deadline, struct lock *ret_lock, struct error *error)
{
	struct error failure = {0};
	int err = lock_open(directory, name, ret_lock, &failure);

	if (!err)
		return wait_or_release(ret_lock, directory, name, deadline, error);
	bool is_invalid_name = failure.outcome == OUTCOME_USAGE;
	if (err == -EACCES || is_invalid_name) {
		*error = failure;
		return err;
	}
	log_line(LOG_WARNING, name, "%s: continuing without a lock", failure.text);
	ret_lock->fd = -1;
	return 0;
}

void lock_release(struct lock *lock)
{
	cleanup_close(&lock->fd);
	lock->fd = -1;
}
