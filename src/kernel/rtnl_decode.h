/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An rtnetlink object → our plain value. Pure, and of bytes that are not believed: the length of
 * each attribute is checked, and that they fill the message.
 *
 * An attribute that we do not know is passed over, unless it would make the object one that our
 * shape cannot say: that sets `multipath` or `other_selectors`.
 *
 * Each returns 0; -ENOMSG for a well-formed message that is none of ours (another type, another
 * family, a route of the cache); -EBADMSG for a malformed one. The message itself must be whole
 * (rtnl_message_is_whole()).
 */
#pragma once

#include "model/netstate.h"

#include <linux/netlink.h>

int rtnl_decode_link(const struct nlmsghdr *message, struct net_link *ret_link);
int rtnl_decode_address(const struct nlmsghdr *message, struct net_address *ret_address);
int rtnl_decode_route(const struct nlmsghdr *message, struct net_route *ret_route);
int rtnl_decode_rule(const struct nlmsghdr *message, struct net_rule *ret_rule);
