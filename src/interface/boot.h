/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configures the interfaces at boot: removes the remains of interfaces that are gone, and attaches
 * every present interface that the policy lists, all in one pass.
 */
#pragma once

#include "core/operation.h"

/*
 * The report gets the results of the interfaces. Returns 0 if the report is complete; -errno with a
 * message if the interfaces could not be listed.
 */
int boot(const struct operation *operation, struct report *report, struct error *error);

/* Whether an interface, or the whole run, timed out. */
bool boot_has_timed_out(const struct report *report, const struct error *error);

/* After a timeout of boot(): tries again until the deadline of `operation`; keeps final results. */
int boot_resume(const struct operation *operation, struct report *report, struct error *error);
