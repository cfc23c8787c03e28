/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds rules of other software that match an interface's traffic before its own rule does. The
 * traffic is the service's replies: from the interface's addresses, without a mark.
 */
#pragma once

#include "base/error.h"
#include "model/netstate.h"

enum shadow {
	SHADOW_NONE,
	SHADOW_OTHER_TABLE, /* the other rule looks up another table */
	SHADOW_DROPS, /* blackhole, unreachable, prohibit */
	SHADOW_SKIPS, /* goto, past our rule */
	SHADOW_LOCAL_LATER, /* the kernel's rule for local addresses comes after our rule */
};

/*
 * Returns how `other` affects some or all traffic of `ours`. A rule for certain destinations does
 * not count: networks behind a VPN are reached by such rules.
 */
enum shadow shadow_classify(const struct net_rule *ours, const struct net_rule *other);

/* Sets a message about the result of shadow_classify(), which must not be SHADOW_NONE. */
void shadow_explain(const struct net_rule *ours, const struct net_rule *other, struct error *error);

/*
 * Finds the first rule of `observed` that diverts or drops traffic of a rule of myha in `own`.
 * SHADOW_LOCAL_LATER does not count. Returns 0 if there is none, else -EBUSY with
 * shadow_explain()'s message.
 */
int shadow_check(const struct netstate *own, const struct netstate *observed, struct error *error);
