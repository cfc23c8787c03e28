/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records in /run/myha which link of this host an ENI is, from its start as a cluster's resource to
 * its stop. A stop then needs neither EC2 nor the metadata service. The record holds the MAC
 * address of the link, since names change. For the file, see core/resource_record.h.
 */
#pragma once

#include "core/operation.h"

/* `name` is the ENI as the resource names it. Each function returns 0 or -errno with a message. */
int link_record_store(const struct operation *operation, const char *name, const struct mac *mac,
	struct error *error);

/* Finds the link that has the recorded MAC address. "": no link has it, or there is no record. */
int link_record_find(const struct operation *operation, const char *name,
	char ret_interface[IFNAMSIZ], struct error *error);

int link_record_remove(const struct operation *operation, const char *name, struct error *error);
