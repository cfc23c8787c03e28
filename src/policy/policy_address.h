/* SPDX-License-Identifier: Apache-2.0 */
/* Checks which addresses are valid as a gateway and as an overlay. */
#pragma once

#include "base/ip.h"

/* Returns why the address cannot be a gateway ("a loopback address"), or NULL. */
const char *policy_find_gateway_problem(const struct ip_address *address);

/* Returns why the address cannot be an overlay or a secondary address of an ENI, or NULL. */
const char *policy_find_overlay_problem(const struct ip_address *address);
