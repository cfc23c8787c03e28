/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats kernel objects as lines of text with every member, so that a test compares them
 * completely.
 */
#pragma once

#include "base/strbuf.h"
#include "model/netstate.h"

void link_text(const struct net_link *link, struct strbuf *out);
void address_text(const struct net_address *address, struct strbuf *out);
void route_text(const struct net_route *route, struct strbuf *out);
void rule_text(const struct net_rule *rule, struct strbuf *out);
void netstate_text(const struct netstate *state, struct strbuf *out);
