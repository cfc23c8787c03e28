/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main deed: bring interfaces to what policy and EC2 say. For all of them together: lock →
 * (snapshot → facts → desired → diff → plan → apply) until the diff is empty, which is what was read
 * back and not what was believed. One that fails does not hold up the others.
 */
#pragma once

#include "core/operation.h"

/*
 * The report comes with one open result an interface to attach, and leaves with all decided. Returns
 * 0, or -errno where nothing could be tried at all (and then every result is failed, with the words).
 */
int reconcile(const struct operation *operation, struct report *report);
