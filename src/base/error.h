/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Describes an error to the user: one line in lower case that names the object, the place and the
 * remedy. The function that knows these sets the text; only the cli room prints it.
 *
 * Functions still return 0 or -errno; `struct error` carries the text and the exit status.
 */
#pragma once

#include "base/cleanup.h"

/* The result of a run; the values are the documented exit statuses. */
enum outcome {
	OUTCOME_DONE = 0, /* done, or nothing to do */
	OUTCOME_FAILED = 1, /* failed; nothing was changed, or the message names the changes */
	OUTCOME_USAGE = 2, /* the command line or the policy file is invalid */
	/* the actual state differs from the policy, or only some of the changes were made */
	OUTCOME_DIFFERS = 3,
	OUTCOME_DENIED = 4, /* IAM denies it */
	OUTCOME_TIMEOUT = 5, /* the deadline passed */
};

/*
 * Combines the outcomes of two steps of one operation. Equal outcomes remain, two different
 * failures become FAILED, and any other combination becomes DIFFERS.
 */
enum outcome outcome_combine(enum outcome a, enum outcome b);

/* Causes for which callers do something else than for other errors. */
enum error_code {
	ERROR_OTHER,
	ERROR_UNSAFE_OWNER, /* users other than root may change the file */
	ERROR_EXPLICIT_DENY, /* a statement in IAM with "Effect": "Deny" denies it */
};

struct error {
	enum outcome outcome; /* OUTCOME_DONE: no error was set */
	char text[512]; /* the line, without the prefix "myha: " and without a newline */
	char quote[512]; /* additional lines that show the place in the input (a caret), or "" */
	enum error_code code;
};

/*
 * Sets the text and the outcome, and the code ERROR_OTHER. Returns -err, so that the caller can
 * write `return error_set(…)`. `error` may be NULL; then only -err is returned.
 *
 * Control characters in the formatted text become '?', because text from outside reaches terminals.
 * Passwords in URLs and signatures become "***".
 */
int error_set(struct error *error, enum outcome outcome, int err, const char *format, ...)
	_printf_(4, 5);

/* Sets OUTCOME_FAILED and "out of memory". Returns -ENOMEM. `error` may be NULL. */
int error_oom(struct error *error);

/*
 * If `error` has no text yet, sets OUTCOME_FAILED and a text for `err`, a negative errno. Returns
 * err. Call it before an error is stored or printed: -ENOMEM commonly has no text.
 */
int error_ensure_text(struct error *error, int err);

/* Inserts "PREFIX: " before the current text. No-op if `error` is NULL. */
void error_prefix(struct error *error, const char *format, ...) _printf_(2, 3);
