/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which entry of the policy a link belongs to.
 */
#pragma once

#include "model/facts.h"
#include "model/netstate.h"
#include "policy/policy.h"

enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_ASK, /* facts of EC2 decide: match_facts() says which */
};

/*
 * `driver` is udev's word ("" where there is none). `facts` may be NULL: none were asked yet.
 */
enum match match_interface(const struct policy_match *match, const struct net_link *link,
	const char *driver, const struct facts *facts);

/* The facts (FACT_BIT()s) that the match needs. */
unsigned match_facts(const struct policy_match *match);
