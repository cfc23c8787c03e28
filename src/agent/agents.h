/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of the resource agents.
 */
#pragma once

#include "agent/ocf.h"

extern const struct ocf_agent ocf_overlay_ip;
extern const struct ocf_agent ocf_eni;

/* By its name; NULL: there is none. */
const struct ocf_agent *ocf_agent_find(const char *name);
