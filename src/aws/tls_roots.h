/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the system's certificate authorities are. A hashed directory is read a file at a time, as
 * needed; OpenSSL 3.0 takes some 40 ms to read a whole bundle, which is more than a failover should
 * wait for.
 */
#pragma once

/* The first hashed directory that the system has, or NULL: then libcurl's own default serves. */
const char *tls_roots_directory(void);
