/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/tls_roots.h"

#include "base/cleanup.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

/*
 * A directory is a hashed one if it has one of these files, since every store will have these roots
 * for years: Amazon Root CA 1, ISRG Root X1. The names are OpenSSL's hashes of their subjects.
 */
static const char *const known_hashes[] = {"ce5e74ef.0", "4042bcee.0"};

static const char *const directories[] = {
	"/etc/ssl/certs", /* Debian, Ubuntu, SLES */
	"/etc/pki/ca-trust/extracted/pem/directory-hash", /* RHEL */
};

const char *tls_roots_find_directory(void)
{
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		for (size_t j = 0; j < ARRAY_SIZE(known_hashes); j++) {
			snprintf(path, sizeof(path), "%s/%s", directories[i], known_hashes[j]);
			if (access(path, R_OK) == 0)
				return directories[i];
		}
	return NULL;
}
