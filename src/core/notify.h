/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling systemd that a unit of Type=notify is up: the protocol of sd_notify(3), a datagram to the
 * socket that $NOTIFY_SOCKET names. The units use it, and not Type=oneshot, because a oneshot unit
 * cannot be restarted on failure before systemd 244.
 */
#pragma once

/* Does nothing where nobody wants to know. Failing is logged: systemd will time the unit out. */
void notify_ready(void);
