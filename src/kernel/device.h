/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads sysfs and udev's database about a network interface, through libudev. It works without
 * udevd, too, then without properties.
 */
#pragma once

#include "base/error.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct device {
	char name[IFNAMSIZ];
	char driver[64]; /* of the nearest parent that has a driver; "": none */
	bool is_known; /* udev has processed the event of the device's arrival */
};

/* Resolves an alternative name to the interface's name; copies any other name. */
void device_resolve_name(const char *name, char ret_name[IFNAMSIZ]);

/* Returns 0; -ENODEV if there is no such interface; -errno. */
int device_find(const char *name, struct device *ret_device, struct error *error);

/* Whether systemd has a unit for the device, or will have one when udev has processed its arrival. */
bool device_gets_unit(const char *name);

/*
 * Makes the kernel send the interface's "add" event to udev once more. Returns 0; -ENODEV if the
 * interface is gone; -errno.
 */
int device_announce(const char *name, struct error *error);
