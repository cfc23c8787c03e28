/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans the deletion of an address without losing other addresses. When the kernel deletes an IPv4
 * address that was the first one of its subnet, it deletes the later ones (IFA_F_SECONDARY) as well,
 * unless net.ipv4.conf.NAME.promote_secondaries is 1.
 */
#pragma once

#include "model/netstate.h"
#include "model/plan.h"

/*
 * Appends `step`, a STEP_ADDRESS_DELETE. If it would take other addresses along, it stands between two
 * steps that set promote_secondaries and set it back. -ENOMEM.
 */
int address_delete_plan(
	const struct step *step, const struct netstate *observed, struct plan *plan);
