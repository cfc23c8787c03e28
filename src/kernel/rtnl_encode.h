/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encodes one step of a plan as one rtnetlink request. Pure.
 *
 * The formats are those of rtnetlink(7), linux/if_link.h, linux/if_addr.h and linux/fib_rules.h.
 * Sequence numbers are 0: rtnl_send_changes() sets them.
 */
#pragma once

#include "base/strbuf.h"
#include "model/plan.h"

/*
 * Appends the request. Its length is a multiple of NLMSG_ALIGNTO, so that the next request can
 * follow directly. Returns 0; -EINVAL for a step that cannot be encoded (several next hops, other
 * selectors, families that differ); -ENOMEM; -E2BIG.
 */
int rtnl_encode_step(const struct step *step, struct strbuf *out);
