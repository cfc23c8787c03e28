/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the meta-data of an agent from its tables: the XML of the OCF resource agent API, version
 * 1.1. If the schemas of the API and of the resource-agents project differ, the XML is valid for
 * both.
 */
#pragma once

#include "agent/ocf.h"
#include "base/strbuf.h"

/* Appends the XML to `out`. Returns 0 or -ENOMEM. */
int ocf_add_metadata(const struct ocf_agent *agent, struct strbuf *out);
