/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes rtnetlink messages to the structs of model/netstate.h. Pure. The bytes are not trusted:
 * the length of each attribute is checked, and that the attributes fill the message.
 *
 * Unknown attributes are ignored. If the struct cannot represent an object with its known
 * attributes, `multipath` or `other_selectors` is set.
 *
 * Each function returns 0; -ENOMSG for a well-formed message of another type or family, or of a
 * cached route; -EBADMSG for a malformed message. The message must be complete
 * (rtnl_message_is_whole()).
 */
#pragma once

#include "model/netstate.h"

#include <linux/netlink.h>

int rtnl_decode_link(const struct nlmsghdr *message, struct net_link *ret_link);
int rtnl_decode_address(const struct nlmsghdr *message, struct net_address *ret_address);
int rtnl_decode_route(const struct nlmsghdr *message, struct net_route *ret_route);
int rtnl_decode_rule(const struct nlmsghdr *message, struct net_rule *ret_rule);
