/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the name of a systemd unit that belongs to a network interface, as systemd-escape(1) does.
 */
#pragma once

/* Room for the name of a unit or device of any interface. */
#define UNIT_NAME_SIZE 128

/* `prefix` and `suffix` with the escaped name of the interface between them: "myha@", "eth1", ".service". */
void unit_name(const char *prefix, const char *interface, const char *suffix,
	char ret_name[UNIT_NAME_SIZE]);
