/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks with a DryRun whether IAM permits AttachNetworkInterface for an ENI and an instance,
 * before the ENI is detached from another instance. Used by the flows that do both.
 */
#pragma once

#include "failover/flow.h"

#include <stdbool.h>

struct eni_attach_probe {
	bool is_sent;
	struct error denied; /* the denial; OUTCOME_DONE: not denied, as far as known */
};

#define ENI_PROBE_TAG ((size_t)-4)

/* Adds the request to a batch. Both ids are borrowed until the response. Returns 0 or -ENOMEM. */
int eni_attach_probe_add(struct eni_attach_probe *probe, const char *eni, const char *instance,
	struct flow_batch *batch);
/* Evaluates the response to the request. `eni` is for the error. */
void eni_attach_probe_handle_response(
	struct eni_attach_probe *probe, const char *eni, const struct flow_response *response);
