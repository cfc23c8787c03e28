/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Take away what myha put on the host for an interface. Needs neither the device nor EC2 nor the
 * policy: what is remembered under /run says what to remove, and protocol 77 what may be.
 */
#pragma once

#include "app/deed.h"

enum detach_when {
	DETACH_ALWAYS,
	DETACH_KEEP_RECORD, /* the same, but where the device is gone its state file is kept */
	DETACH_IF_GONE, /* only once it is gone; OUTCOME_DIFFERS where another one has its name now */
	DETACH_IF_GONE_UNSEEN, /* the same, after an attach that was killed */
};

/*
 * Fills the result in. Returns 0 or -errno as result->error says.
 *
 * A unit that is stopped asks for the second, at once, and then, however it ended, for the third: if
 * the device comes back meanwhile, systemd drops the start that it asks for, and somebody must ask
 * once more. The record is how the third knows that there was a device. An attach that was killed may
 * not have come to write one: then a device that came a moment ago is taken for another one.
 */
int detach(const struct deed *deed, enum detach_when when, struct result *result);

/* Detaches every interface that is remembered but no longer there: a result for each such. */
int detach_gone(const struct deed *deed, struct report *report, struct error *error);
