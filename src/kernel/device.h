/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What udev knows of a network interface. Through libudev, so from sysfs and udev's database: it
 * works where udevd does not run too, then without properties.
 */
#pragma once

#include "base/error.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct device {
	char name[IFNAMSIZ];
	char driver[64]; /* of the nearest parent that has one, "" where none has */
	bool is_known; /* to udev, which has worked through the event of its arrival */
	bool gets_unit; /* systemd has a unit for it, or will have one as soon as udev tells of it */
};

/* The kernel's name of the interface that has `name` as an alternative name; else `name` itself. */
void device_resolve_name(const char *name, char ret_name[IFNAMSIZ]);

/* -ENODEV: there is no such interface. */
int device_find(const char *name, struct device *ret_device, struct error *error);

/* Has the kernel send udev the event of the interface's arrival once more. -ENODEV: it is gone. */
int device_announce(const char *name, struct error *error);
