/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of others that keep an interface's own rule from its traffic: what the service answers, from the
 * interface's addresses, without a mark, would match them first.
 */
#pragma once

#include "base/error.h"
#include "model/netstate.h"

enum shadow {
	SHADOW_NONE,
	SHADOW_OTHER_TABLE, /* it looks another table up */
	SHADOW_DROPS, /* blackhole, unreachable, prohibit */
	SHADOW_SKIPS, /* goto, past ours */
	SHADOW_LOCAL_LATER, /* the kernel's look-up of local addresses comes after ours */
};

/*
 * What `other` does to some or all of the traffic of `ours`. Rules for certain destinations do not count:
 * networks behind a VPN are reached so.
 */
enum shadow shadow_of(const struct net_rule *ours, const struct net_rule *other);

/* The same for people; not of SHADOW_NONE. */
void shadow_explain(const struct net_rule *ours, const struct net_rule *other, struct error *error);

/*
 * The first rule of `observed` that keeps a rule of ours among `own` from what the service answers: 0 if
 * there is none, else -EBUSY with shadow_explain()'s words.
 */
int shadow_find(const struct netstate *own, const struct netstate *observed, struct error *error);
