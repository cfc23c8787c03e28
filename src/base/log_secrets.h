/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts secrets out of texts before they leave the process. Services, proxies and libcurl quote what they were
 * sent: EC2 shows the canonical request, with its session token, when a signature does not match.
 *
 * Learned are fingerprints of each piece of a secret, by a key of this process, so that no copy of it is kept
 * and what was learned outlives the credentials. A part of a secret is found, too, and one that is
 * percent-encoded, once or twice. Process-wide; not for several threads.
 */
#pragma once

#include <stddef.h>

#define LOG_SECRET_MIN 8 /* characters: shorter ones would be found in other words */

/* Remembers the last 16. NULL and what is too short are passed over; so is all when memory runs out. */
void log_secrets_learn(const char *secret);

/* Puts "***" in place of each part of a secret. */
void log_secrets_mask(char *text);

/* For tests: as at the start. */
void log_secrets_forget(void);
