/* SPDX-License-Identifier: Apache-2.0 */
#include "eni/recheck.h"

#include "base/clock.h"
#include "base/log.h"
#include "core/link_wait.h"
#include "failover/flow.h"

#include <poll.h>

/* Milliseconds between two reads. */
#define PAUSE_MSEC 250

bool eni_recheck_pause_if_due(struct eni_recheck *recheck, const struct operation *operation,
	const struct mac *mac, bool is_attached_here)
{
	uint64_t now = clock_now();
	bool has_link = is_attached_here;
	char text[MAC_TEXT_SIZE];

	if (!recheck->until)
		recheck->until = now + FLOW_STALE_MSEC;
	/* If the links cannot be read from the kernel, EC2's response is trusted. */
	if (!mac_is_set(mac) || link_check_presence(operation, mac, &has_link, NULL) ||
		has_link == is_attached_here || now >= recheck->until ||
		deadline_left(&operation->deadline, now) <= PAUSE_MSEC)
		return false;
	log_line(LOG_DEBUG, NULL,
		"EC2 shows an ENI as %s, but this host has %s with the ENI's MAC address %s: reading again",
		is_attached_here ? "attached here" : "not attached",
		has_link ? "a link" : "no link", mac_format(mac, text));
	poll(NULL, 0, PAUSE_MSEC);
	return true;
}
