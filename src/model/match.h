/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether an entry of the policy matches a link. */
#pragma once

#include "model/facts.h"
#include "model/netstate.h"
#include "policy/policy.h"

enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_UNDECIDED, /* some of match_required_facts() are not known yet, and may decide */
};

/* `driver` is the link's driver by udev; "": none. `facts` may be NULL: none fetched yet. */
enum match match_interface(const struct policy_match *match, const struct net_link *link,
	const char *driver, const struct facts *facts);

/* Returns the facts (FACT_BIT()s) that the match requires. */
unsigned match_required_facts(const struct policy_match *match);
