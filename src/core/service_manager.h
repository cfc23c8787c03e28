/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls methods of systemd's manager (PID 1) by D-Bus over its private socket, as systemctl(1) does
 * for root, so no message bus is needed. There is one call at a time, each inside the deadline.
 *
 * Wire format: the D-Bus specification, "Message Protocol" and "Authentication Protocol". Methods:
 * org.freedesktop.systemd1(5).
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"

#define SERVICE_MANAGER_SOCKET "/run/systemd/private"

struct service_manager {
	int fd; /* -1: closed */
	uint32_t serial; /* the serial number of the latest call */
	struct deadline deadline;
};

/* Returns 0 or -errno with a message. -ENOENT: systemd does not run here. */
int service_manager_open(const char *socket_path, const struct deadline *deadline,
	struct service_manager *ret_manager, struct error *error);
void service_manager_close(struct service_manager *manager);

/*
 * Queues a job for the unit without waiting for its end: `method` is "StartUnit" or "RestartUnit".
 * It replaces a conflicting job, so a start of a stopping unit takes effect after the stop.
 */
int service_manager_queue_job(
	struct service_manager *manager, const char *method, const char *unit, struct error *error);

/* As "systemctl daemon-reload": systemd enumerates devices again. Waits until that is done. */
int service_manager_reload(struct service_manager *manager, struct error *error);

enum unit_state {
	UNIT_CHANGING, /* any other state, as "activating" */
	UNIT_ACTIVE,
	UNIT_DOWN, /* "inactive" or "failed" */
};

int service_manager_read_state(struct service_manager *manager, const char *unit,
	enum unit_state *ret_state, struct error *error);

/* Reads a timestamp property of the unit, in microseconds; 0: the event has not happened. */
int service_manager_read_time(struct service_manager *manager, const char *unit,
	const char *property, uint64_t *ret_time, struct error *error);
