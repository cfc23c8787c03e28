/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source/destination check of the ENI that an overlay is routed to, as the policy wants it seen
 * to: fix, warn or ignore.
 */
#pragma once

#include "app/cloud.h"
#include "app/overlay.h"

/* Only asks how it stands. */
void overlay_check_look(struct cloud *cloud, struct overlay_result *result);

/* Sees to result->eni's. Logs what came of it, and puts it into the result. */
void overlay_check_run(struct cloud *cloud, struct overlay_result *result);
