/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An agent's meta-data, made from its tables: the XML of the resource agent API, version 1.1. Where
 * the schemas of the API and of the resource-agents project differ, what passes both.
 */
#pragma once

#include "agent/ocf.h"
#include "base/strbuf.h"

/* 0 or -ENOMEM. */
int ocf_add_metadata(const struct ocf_agent *agent, struct strbuf *out);
