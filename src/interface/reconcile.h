/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings interfaces to the state that the policy and EC2 define. All of them share each pass: lock
 * → (snapshot → facts → desired → diff → plan → apply) until the diff is empty. So success means
 * that the state was read back. An interface that fails does not delay the other interfaces.
 */
#pragma once

#include "core/operation.h"

/*
 * The report must have one undecided result for each interface to attach; on return all are
 * decided. Returns 0, even if interfaces failed. Returns -errno if the run itself failed: then
 * every result that was still undecided has failed, with the message.
 */
int reconcile(const struct operation *operation, struct report *report);
