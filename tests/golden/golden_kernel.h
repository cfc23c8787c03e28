/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel's network state as text that a person can write. A line an object, '#' begins a comment:
 *
 *   link INDEX NAME [mac MAC] [mtu N] [max-mtu N] [rp_filter N] [up] [loopback] [no-ipv6]
 *   address ADDRESS/LENGTH dev NAME
 *   route [throw] PREFIX|default [via ADDRESS] [dev NAME] [table TABLE] [proto PROTO] [scope link]
 *         [metric N] [-6] [multipath]
 *   rule [from PREFIX] [to PREFIX] lookup TABLE priority N [protocol PROTO] [-6]
 *
 * TABLE is a name or a number, PROTO is kernel, boot, static, ra, dhcp, myha or a number. "-6" tells
 * the family where no address does.
 */
#pragma once

#include "model/netstate.h"
#include "policy/table_names.h"

/* Ends the test with the line's number where the text is not of this form. */
void golden_read_kernel(const char *path, const struct table_names *names, struct netstate *state);
