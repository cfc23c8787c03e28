/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the host with the policy by a dry run of boot(): every listed interface, and the remains
 * of interfaces that are gone. Also lists the entries whose interface is absent.
 */
#pragma once

#include "core/operation.h"

/*
 * The report gets a result for each listed interface that is present, and each interface whose
 * remains are on the host. ret_absent gets the entries without a result: borrowed pointers in an
 * array that the caller must free(). Returns 0, or -errno with a message.
 */
int examine(const struct operation *operation, struct report *report,
	const struct policy_interface ***ret_absent, size_t *ret_n_absent, struct error *error);
