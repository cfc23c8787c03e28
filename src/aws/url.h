/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses URLs: http or https, a host, a port, path and query. No I/O. Strict: refuses a user, a
 * fragment, blanks, and all that two parsers could understand differently.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define URL_HOST_SIZE 256
#define URL_AUTHORITY_SIZE (URL_HOST_SIZE + sizeof(":65535"))

struct url {
	bool tls; /* true: https; false: http */
	char host[URL_HOST_SIZE]; /* lower case; an IPv6 address with its brackets */
	uint32_t port; /* the scheme's default if none was given */
	const char *rest; /* path and query; "": none; points into the parsed text */
};

/* Accepts scheme and host in either case. `text` must outlive `ret_url`. Returns 0 or -EINVAL. */
int url_parse(const char *text, struct url *ret_url);

/* Writes the value of the Host header: HOST, or HOST:PORT if the port is not the default. */
const char *url_format_authority(const struct url *url, char buffer[URL_AUTHORITY_SIZE]);

/* Whether the host is localhost, in 127.0.0.0/8 or ::1: requests to it stay on this host. */
bool url_is_loopback(const struct url *url);

/* Whether the host is this IP address, in any notation. False for a host name. */
bool url_is_address(const struct url *url, const char *address);

/* Whether path and query have only characters that a request line allows. */
bool url_is_valid_path(const char *text);
