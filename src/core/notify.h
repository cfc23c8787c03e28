/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notifies systemd that a unit of Type=notify is ready, by the protocol of sd_notify(3): a datagram
 * to the socket that $NOTIFY_SOCKET names. The units use Type=notify because a Type=oneshot unit
 * cannot be restarted on failure before systemd 244.
 */
#pragma once

/* No-op without a valid $NOTIFY_SOCKET. Logs a failure: then systemd's start timeout applies. */
void notify_ready(void);
