/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which link of this host an ENI is, remembered under /run/myha from its start as a cluster's resource
 * to its stop (see core/resource_record.h), so that stopping needs neither EC2 nor the metadata service: by its MAC
 * address, since names change.
 */
#pragma once

#include "core/operation.h"

/* `name` is what the resource calls the ENI. Each 0 or -errno with words. */
int link_record_store(const struct operation *operation, const char *name, const struct mac *mac,
	struct error *error);

/* The link that has the MAC address by now; "" where none has, or nothing is remembered. */
int link_record_find(const struct operation *operation, const char *name,
	char ret_interface[IFNAMSIZ], struct error *error);

int link_record_remove(const struct operation *operation, const char *name, struct error *error);
