/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving a secondary private address to an ENI of this host: onto the link first, then EC2 is asked to
 * reassign it.
 */
#pragma once

#include "overlay/result.h"

/* It points into itself: not to be copied. */
struct address_result {
	struct overlay_result
		half; /* the host's half; its state, error and preview are the whole's */
	char before[EC2_ID_SIZE], before_instance[EC2_ID_SIZE]; /* that had it; "": nobody */
};

/*
 * `text` is the address as it was typed; `interface` is "primary" or a link's name. What was added to
 * the link is taken off again where the address surely stays with another ENI. Fills the result in,
 * which is to be ended by overlay_result_done(&result->half). 0 or -errno as its error says.
 */
int address_move(const struct operation *operation, const char *text, const char *interface,
	struct address_result *result);
