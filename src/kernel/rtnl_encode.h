/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One step of a plan → one rtnetlink request, byte for byte. Pure.
 *
 * The layouts are those of rtnetlink(7), linux/if_link.h, linux/if_addr.h and linux/fib_rules.h.
 * Sequence numbers are left 0: the socket counts.
 */
#pragma once

#include "base/strbuf.h"
#include "model/plan.h"

/*
 * Appends the request, whose length is a multiple of NLMSG_ALIGNTO, so that requests can be laid
 * one behind another. Returns 0; -EINVAL for a step that no message of ours can say (several next
 * hops, other selectors, families that do not fit each other); -ENOMEM, -E2BIG.
 */
int rtnl_encode_step(const struct step *step, struct strbuf *out);
