/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the name of the systemd unit of a network interface; escapes like systemd-escape(1). */
#pragma once

/* bytes; sufficient for a unit or device of any interface */
#define UNIT_NAME_SIZE 128

/* Joins `prefix`, the escaped name of the interface, and `suffix`: "myha@", "eth1", ".service". */
void unit_name_format(const char *prefix, const char *interface, const char *suffix,
	char ret_name[UNIT_NAME_SIZE]);
