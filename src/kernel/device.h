/* SPDX-License-Identifier: Apache-2.0 */
/* Reads sysfs and udev's database about an interface. Without udevd there are no properties. */
#pragma once

#include "base/error.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct device {
	char name[IFNAMSIZ];
	char driver[64]; /* of the nearest parent that has a driver; "": none */
	bool is_initialized; /* udev has processed the device's "add" event */
};

/* Resolves an alternative name to the interface's name; copies any other name. */
void device_resolve_name(const char *name, char ret_name[IFNAMSIZ]);

/* Reads what udev and sysfs know. Returns 0; -ENODEV if there is no such interface; -errno. */
int device_find(const char *name, struct device *ret_device, struct error *error);

/* Returns whether systemd has a unit for the device, or will have one after udev's processing. */
bool device_gets_unit(const char *name);

/* Makes the kernel send the "add" event again. Returns 0; -ENODEV: the device is gone; -errno. */
int device_resend_add_event(const char *name, struct error *error);
