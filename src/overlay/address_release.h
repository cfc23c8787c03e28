/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking a secondary private address off this host, whichever link has it. Needs the kernel and the
 * records, and neither EC2 nor the metadata service: what EC2 assigns stays as it is.
 */
#pragma once

#include "overlay/result.h"

/*
 * `text` is the address as it was typed. Fills the result in, which is to be ended by
 * overlay_result_done(): its link is the one that had the address, index 0: none had. 0 or -errno as
 * its error says.
 */
int address_release(
	const struct operation *operation, const char *text, struct overlay_result *result);
