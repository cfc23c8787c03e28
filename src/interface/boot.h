/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every boot begins with: what is left of interfaces that are gone is taken away, and every
 * listed interface that is there is attached, all in one pass.
 */
#pragma once

#include "core/operation.h"

/*
 * The report gets a result an interface. Returns 0 where it says all, else -errno with what kept
 * interfaces from being tried at all.
 */
int boot(const struct operation *operation, struct report *report, struct error *error);

/* Whether an interface, or the whole, was given up only because the time was over. */
bool boot_is_pending(const struct report *report, const struct error *error);

/* Goes on after boot() until the deadline of `deed`; results that are final stay. */
int boot_resume(const struct operation *operation, struct report *report, struct error *error);
