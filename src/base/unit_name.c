/* SPDX-License-Identifier: Apache-2.0 */
#include "base/unit_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ESCAPE_SIZE 5 /* bytes: "\x2d" and the NUL */

static const char unescaped[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:_.";

/* "myha@", "eth1" and ".service" become "myha@eth1.service". Escapes as systemd-escape(1) does. */
void unit_name_format(const char *prefix, const char *interface, const char *suffix,
	char ret_name[UNIT_NAME_SIZE])
{
	int length = snprintf(ret_name, UNIT_NAME_SIZE, "%s", prefix);

	for (const char *c = interface; *c && length < UNIT_NAME_SIZE - ESCAPE_SIZE; c++) {
		/* systemd escapes a '.' only as the first character. */
		bool is_plain = strchr(unescaped, *c) && (*c != '.' || c != interface);

		length += snprintf(ret_name + length, (size_t)(UNIT_NAME_SIZE - length),
			is_plain ? "%c" : "\\x%02x", (unsigned char)*c);
	}
	snprintf(ret_name + length, (size_t)(UNIT_NAME_SIZE - length), "%s", suffix);
}
