/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run per interface at a time: flock(2) on /run/myha/IFACE.lock, which the kernel releases
 * however its holder ends. The file stays behind, since removing it would let two runs hold two
 * different files of one name.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"

struct lock {
	int fd; /* -1: not held */
};

/*
 * Makes the directory where it is missing, and waits for the lock until the deadline: -ETIME.
 * Waiting takes the process's SIGALRM, which nothing else here uses.
 */
int lock_take(const char *directory, const char *interface, const struct deadline *deadline,
	struct lock *ret_lock, struct error *error);
void lock_release(struct lock *lock);

/*
 * For operations that only take something off the host, which must not depend on a file: where the lock's
 * file cannot be made (ENOSPC), no other run can have locked it, and this one goes on without a lock.
 */
int lock_take_to_release(const char *directory, const char *interface,
	const struct deadline *deadline, struct lock *ret_lock, struct error *error);

/* The same in two steps: opens the file without locking it, and locks what is open; until unlocked. */
int lock_open(
	const char *directory, const char *interface, struct lock *ret_lock, struct error *error);
int lock_wait(const struct lock *lock, const char *directory, const char *interface,
	const struct deadline *deadline, struct error *error);
void lock_unlock(const struct lock *lock);
