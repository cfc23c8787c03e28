/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A URL taken apart: http or https, a host, a port, and what comes behind. Pure and strict: no
 * user, no fragment, no blanks, nothing that two readers could take apart differently.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define URL_HOST_SIZE 256
#define URL_AUTHORITY_SIZE (URL_HOST_SIZE + sizeof(":65535"))

struct url {
	bool tls; /* https */
	char host[URL_HOST_SIZE]; /* lower case; an IPv6 address in its brackets */
	uint32_t port; /* the scheme's own where none was given */
	const char *rest; /* path and query, "" where there are none; points into the text */
};

/* Scheme and host in either case. 0 or -EINVAL. */
int url_parse(const char *text, struct url *ret_url);

/* HOST, or HOST:PORT where the port is not the scheme's own: as the Host header has it. */
const char *url_format_authority(const struct url *url, char buffer[URL_AUTHORITY_SIZE]);

/* localhost, 127.0.0.0/8 or ::1: what is sent there does not leave this host. */
bool url_is_loopback(const struct url *url);

/* Whether the host is that very address. */
bool url_is_address(const struct url *url, const char *address);

/* Whether a path and query have only characters that may stand in a request line. */
bool url_is_path(const char *text);
