/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes a secondary private address from this host, whichever link has it. Uses only the kernel
 * and the records, not EC2 or the metadata service: the assignment in EC2 stays unchanged.
 */
#pragma once

#include "overlay/result.h"

/*
 * `text` is the address as it was typed. Fills in the result, which the caller frees with
 * overlay_result_done(). Its link is the one that had the address; index 0: no link had it. Returns
 * 0 or -errno; the message is in the result.
 */
int address_release(
	const struct operation *operation, const char *text, struct overlay_result *result);
