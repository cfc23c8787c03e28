/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/device.h"

#include <errno.h>
#include <fcntl.h>
#include <libudev.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define UDEVD_SOCKET "/run/udev/control"

static void cleanup_udev(struct udev **udev)
{
	udev_unref(*udev);
}

static void cleanup_udev_device(struct udev_device **device)
{
	udev_device_unref(*device);
}

/* Whether the kernel accepts the name. libudev would treat any other text as a path. */
static bool is_valid_name(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length < IFNAMSIZ && !strchr(name, '/') && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

/* In sysfs, not the interface has the driver, but its parent: a PCI function or VMBus device. */
static const char *find_driver(struct udev_device *device)
{
	const char *driver = NULL;

	for (; device && !driver; device = udev_device_get_parent(device))
		driver = udev_device_get_driver(device);
	return driver ? driver : "";
}

/* The caller unrefs *ret_device. -ENODEV: there is no such interface. */
static int find_udev_device(const char *name, struct udev_device **ret_device, struct error *error)
{
	_cleanup_(cleanup_udev) struct udev *udev = udev_new();

	if (!udev)
		return error_oom(error);
	errno = ENODEV; /* libudev sets errno, is_valid_name() does not */
	*ret_device = is_valid_name(name)
			      ? udev_device_new_from_subsystem_sysname(udev, "net", name)
			      : NULL;
	if (*ret_device)
		return 0;
	if (errno == ENODEV || errno == ENOENT)
		return error_set(error, OUTCOME_FAILED, ENODEV,
			"there is no network interface %s: see \"ip link\"", name);
	return error_set(error, OUTCOME_FAILED, errno, "cannot query udev about interface %s: %s",
		name, strerror(errno));
}

int device_find(const char *name, struct device *ret_device, struct error *error)
{
	_cleanup_(cleanup_udev_device) struct udev_device *found = NULL;
	struct device device = {0};
	int err = find_udev_device(name, &found, error);

	if (err)
		return err;
	memcpy(device.name, name, strlen(name) + 1); /* fits: is_valid_name() */
	snprintf(device.driver, sizeof(device.driver), "%s", find_driver(found));
	device.is_initialized = udev_device_get_is_initialized(found) > 0;
	*ret_device = device;
	return 0;
}

/* See systemd.device(5). A device that udevd has yet to process most likely gets a unit, too. */
bool device_gets_unit(const char *name)
{
	_cleanup_(cleanup_udev_device) struct udev_device *found = NULL;

	if (find_udev_device(name, &found, NULL))
		return false;
	if (udev_device_get_is_initialized(found) <= 0)
		return access(UDEVD_SOCKET, F_OK) == 0;
	const char *ready = udev_device_get_property_value(found, "SYSTEMD_READY");
	return udev_device_has_tag(found, "systemd") && (!ready || strcmp(ready, "0") != 0);
}

/* Writing an action to the device's `uevent` file in sysfs makes the kernel send that event. */
int device_resend_add_event(const char *name, struct error *error)
{
	static const char event[] = "add";
	_cleanup_(cleanup_udev_device) struct udev_device *found = NULL;
	char path[PATH_MAX];

	int err = find_udev_device(name, &found, error);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/uevent", udev_device_get_syspath(found));
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, event, strlen(event)) < 0)
		err = errno;
	if (fd >= 0)
		close(fd);
	if (err == ENOENT)
		err = ENODEV; /* the device is gone, and its files with it */
	if (err)
		return error_set(
			error, OUTCOME_FAILED, err, "cannot write %s: %s", path, strerror(err));
	return 0;
}

/* The kernel finds an interface by its alternative names, too. */
void device_resolve_name(const char *name, char ret_name[IFNAMSIZ])
{
	unsigned index = strlen(name) < IFNAMSIZ ? if_nametoindex(name) : 0;

	if (!index || !if_indextoname(index, ret_name))
		snprintf(ret_name, IFNAMSIZ, "%s", name);
}
