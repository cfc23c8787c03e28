/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares EC2's state of an ENI with this host. For some seconds (FLOW_STALE_MSEC) EC2 may return
 * stale data, but the kernel does not: an ENI has a link on this host only while it is attached
 * here.
 */
#pragma once

#include "core/operation.h"

struct eni_recheck {
	uint64_t until; /* clock_now() when a read can no longer be stale; 0: first call */
};

/*
 * Whether the caller must read the ENI from EC2 again, because its link on this host contradicts
 * `is_attached_here`, the state that EC2 returned; the function has then slept for 250 ms. False if
 * both agree, if EC2's response can no longer be stale, or if the deadline is near.
 */
bool eni_recheck_pause_if_due(struct eni_recheck *recheck, const struct operation *operation,
	const struct mac *mac, bool is_attached_here);
