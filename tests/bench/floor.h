/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that an attach can cost: the same requests and the same netlink messages as
 * `myha attach`, hard-wired, without policy, thought or care. What differs between the floors is
 * the transport of the requests, so each brings that and its main.
 */
#pragma once

#include <stddef.h>

#define FLOOR_HEADER_SIZE 256

/*
 * Sends one request ("GET" or "PUT", a path, one header line) on the one connection. The body goes
 * NUL-terminated into body[size]. Returns the HTTP status, or dies.
 */
typedef int (*floor_exchange_fn)(void *data, const char *method, const char *path,
	const char *header, char *body, size_t size);

/* Fetches a token, and makes it the header line of the requests that follow. */
void floor_take_token(floor_exchange_fn exchange, void *data, char ret_header[FLOOR_HEADER_SIZE]);

/*
 * The main of a floor: `attach ENI` does it all for that ENI; `requests FIRST LAST` makes the
 * requests alone, for all these ENIs; `nothing` ends at once. Returns the exit status.
 */
int floor_main(int argc, char **argv, floor_exchange_fn exchange, void *data);
