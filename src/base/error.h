/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person must read when something stops: one line, lower case, that names the thing, the
 * place and the remedy. It is filled in by whoever knows these; only the cli room prints it.
 *
 * Functions still return 0 or -errno; `struct error` carries the words and the exit status.
 */
#pragma once

#include "base/cleanup.h"

/* How a run ends; the values are the documented exit statuses. */
enum outcome {
	OUTCOME_DONE = 0, /* done, or there was nothing to do */
	OUTCOME_FAILED = 1, /* failed; the state is as it was, or the message says what is not */
	OUTCOME_USAGE = 2, /* the command line or the policy file is wrong */
	OUTCOME_DIFFERS = 3, /* wanted and found differ, or only a part was done */
	OUTCOME_DENIED = 4, /* IAM does not permit it */
	OUTCOME_TIMEOUT = 5, /* the deadline came first */
};

/* How two halves of a deed end together: DIFFERS where only one of them failed. */
enum outcome outcome_join(enum outcome one, enum outcome other);

struct error {
	enum outcome outcome; /* OUTCOME_DONE as long as nothing was set */
	char text[512]; /* the line, without "myha: " and without a newline */
	char quote[512]; /* further lines that show the place (a caret), or "" */
};

/*
 * Sets the words (a NULL error is allowed: then nobody wants them) and returns -err, so that the
 * place which knows can write `return error_set(error, OUTCOME_FAILED, EIO, "…")`. A control
 * character in what was formatted is shown as '?': texts from outside reach terminals. Passwords in
 * URLs and signatures are shown as "***".
 */
int error_set(struct error *error, enum outcome outcome, int err, const char *format, ...)
	_printf_(4, 5);

/*
 * For whoever stores or prints what `err` came with: gives it the outcome OUTCOME_FAILED, and words of
 * `err`, if it has none. Only -ENOMEM is commonly returned without words. Returns err.
 */
int error_complete(struct error *error, int err);

/* Puts "PREFIX: " before the words that are there. */
void error_prefix(struct error *error, const char *format, ...) _printf_(2, 3);
