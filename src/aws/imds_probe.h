/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How one endpoint of the instance metadata service stands: a token and a key are asked for, once,
 * with little patience. For who wants to know why it does not work; everybody else takes imds.h.
 */
#pragma once

#include "aws/http.h"

enum imds_state {
	IMDS_WORKS,
	IMDS_OFF, /* 403: metadata are switched off, or forbidden to this host */
	IMDS_HOP_LIMIT, /* it answers, but the answer with the token does not arrive */
	IMDS_NO_TOKENS, /* something is there, and it is no metadata service of version 2 */
	IMDS_BUSY, /* it answers that it cannot now */
	IMDS_UNREACHABLE,
};

struct imds_probe {
	enum imds_state state;
	uint64_t msec; /* for token and key together, the connection included */
	struct error error; /* where it does not work: what was seen, without the URL */
};

/* `interface` is the one to bind to, or NULL. 0, or -errno with words where nothing can be tried. */
int imds_probe(const char *url, const char *interface, const struct deadline *deadline,
	struct imds_probe *ret_probe, struct error *error);
