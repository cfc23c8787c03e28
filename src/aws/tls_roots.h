/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the system's hashed directory of certificate authorities, of which OpenSSL reads only the
 * files that it needs. OpenSSL 3.0 takes some 40 ms to read a bundle: too long for a failover.
 */
#pragma once

/* Returns the first hashed directory that the system has; NULL: none, use libcurl's default. */
const char *tls_roots_find_directory(void);
