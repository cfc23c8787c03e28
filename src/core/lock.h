/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serializes the runs for NAME, an interface or an address: flock(2) on DIRECTORY/NAME.lock, for
 * example /run/myha/eth1.lock. The kernel releases the lock however its holder ends. The file is
 * never removed: otherwise two runs could lock two different files of the same name.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"

struct lock {
	int fd; /* -1: not held */
};

/*
 * Creates the directory if it is missing, and waits for the lock. Returns 0; -ETIME after the
 * deadline; or another -errno; each with a message. Uses the process's SIGALRM while it waits:
 * nothing else in the program uses that signal.
 */
int lock_acquire(const char *directory, const char *name, const struct deadline *deadline,
	struct lock *ret_lock, struct error *error);
void lock_release(struct lock *lock);

/*
 * For operations that only remove something from the host: they must not fail because of a file. If
 * the lock file cannot be created (ENOSPC, for example), no other run can have locked it: logs a
 * warning and returns 0 without a lock (fd -1). -EACCES and an invalid name are still errors.
 */
int lock_acquire_or_continue(const char *directory, const char *name,
	const struct deadline *deadline, struct lock *ret_lock, struct error *error);

/*
 * lock_acquire() in two steps: lock_open() opens the file, lock_wait() locks it. lock_unlock()
 * keeps it open, so that lock_wait() can lock it again.
 */
int lock_open(const char *directory, const char *name, struct lock *ret_lock, struct error *error);
int lock_wait(const struct lock *lock, const char *directory, const char *name,
	const struct deadline *deadline, struct error *error);
void lock_unlock(const struct lock *lock);
