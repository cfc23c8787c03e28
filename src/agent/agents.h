/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists the resource agents, and finds one by its name.
 */
#pragma once

#include "agent/ocf.h"

extern const struct ocf_agent ocf_overlay_ip;
extern const struct ocf_agent ocf_eni;

/* Returns NULL if no agent has the name. */
const struct ocf_agent *ocf_agent_find(const char *name);
