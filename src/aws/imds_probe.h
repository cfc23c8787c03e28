/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnoses one endpoint of the instance metadata service: fetches a token and a key, once, with
 * short timeouts. To read metadata, use imds.h.
 */
#pragma once

#include "aws/http.h"

enum imds_state {
	IMDS_WORKS,
	IMDS_OFF, /* 403: metadata are disabled, or forbidden to this host */
	IMDS_HOP_LIMIT, /* the service responds, but the response with the token does not arrive */
	IMDS_NOT_V2, /* something responds, but not as a metadata service of version 2 */
	IMDS_BUSY, /* HTTP 429 or 5xx */
	IMDS_UNREACHABLE, /* any other failure: no connection, no HTTP response */
};

struct imds_probe {
	enum imds_state state;
	uint64_t msec; /* duration of the probe, connection included */
	struct error error; /* if `state` is not IMDS_WORKS: the failure, without the URL */
};

/*
 * Binds to `interface` unless it is NULL. Returns 0 with the result in `ret_probe`, or -errno with
 * words if the probe cannot start.
 */
int imds_probe(const char *url, const char *interface, const struct deadline *deadline,
	struct imds_probe *ret_probe, struct error *error);
