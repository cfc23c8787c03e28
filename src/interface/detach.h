/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Take away what myha put on the host for an interface. Needs neither the device nor EC2 nor the
 * policy: what is remembered under /run says what to remove, and protocol 77 what may be.
 */
#pragma once

#include "core/operation.h"

enum detach_when {
	DETACH_ALWAYS,
	DETACH_KEEP_RECORD, /* the same, but where the device is gone its state file is kept */
	DETACH_IF_GONE, /* only once it is gone, also if another one has its name now */
};

/*
 * Fills the result in. Returns 0 or -errno as result->error says.
 *
 * A unit that is stopped uses the second, at once, and then, however it ended, the third: an attach that
 * was killed may have left something, too.
 */
int detach(const struct operation *operation, enum detach_when when, struct result *result);

/* Detaches every interface that is remembered but no longer there: a result for each such. */
int detach_gone(const struct operation *operation, struct report *report, struct error *error);
