/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes secrets from texts before they leave the process. Services, proxies and libcurl quote
 * what they received: when a signature does not match, EC2 returns the canonical request, which
 * contains the session token.
 *
 * The module stores only fingerprints of each piece of a secret, with a key of this process. So it
 * keeps no copy of the secret, and its state may outlive the credentials. It also finds fragments
 * of a secret, and secrets that are percent-encoded once or twice. The state is process-wide and
 * not thread-safe.
 */
#pragma once

#include <stddef.h>

#define LOG_SECRET_MIN 8 /* characters; shorter secrets would match inside other words */

/*
 * Learns a secret. Keeps the last 16. Ignores NULL and secrets that are too short. If memory runs
 * out, the remaining pieces are not learned.
 */
void log_secrets_learn(const char *secret);

/* Replaces each fragment of a secret with "***", in place. Also calls secret_forms_mask(). */
void log_secrets_mask(char *text);

/* Resets the state, for tests. */
void log_secrets_reset(void);
