/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks EC2 by a DryRun whether IAM permits to attach an ENI to an instance, before it is detached from
 * another one. A part of the flows that do both.
 */
#pragma once

#include "failover/flow.h"

#include <stdbool.h>

struct eni_attach_probe {
	bool is_sent;
	struct error denied; /* in words; OUTCOME_DONE: not denied, as far as is known */
};

#define ENI_TRIAL_TAG ((size_t)-4)

/* Adds the call to a batch. Both ids are borrowed until the answer. -ENOMEM. */
int eni_attach_probe_add(struct eni_attach_probe *probe, const char *eni, const char *instance,
	struct flow_batch *batch);

void eni_attach_probe_take(
	struct eni_attach_probe *probe, const char *eni, const struct flow_response *response);
