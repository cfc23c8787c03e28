/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans the deletion of an address without losing other addresses. When the kernel deletes an IPv4
 * address that was the first one of its subnet, it deletes the later ones (IFA_F_SECONDARY) as
 * well, unless net.ipv4.conf.NAME.promote_secondaries is 1.
 */
#pragma once

#include "model/plan.h"

/*
 * Appends `step`, a STEP_ADDRESS_DELETE. If the kernel would delete other addresses with it, sets
 * promote_secondaries in a step before, and restores it in a step after. Returns 0 or -ENOMEM.
 */
int address_delete_plan(
	const struct step *step, const struct netstate *observed, struct plan *plan);
