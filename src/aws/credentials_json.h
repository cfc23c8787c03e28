/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials as the instance metadata service, container endpoints and credential_process write
 * them: a JSON object. Does no I/O (jansson seeds its hashes by itself).
 */
#pragma once

#include "aws/credentials.h"

#include <stddef.h>

enum credentials_dialect {
	CREDENTIALS_OF_INSTANCE, /* Code, AccessKeyId, SecretAccessKey, Token, Expiration */
	CREDENTIALS_OF_CONTAINER, /* the same, no Code where all is well */
	CREDENTIALS_OF_PROCESS, /* Version 1, SessionToken and Expiration optional */
};

/*
 * Returns 0; -EBADMSG for what is not such an object, lacks something or reports an error;
 * -EKEYEXPIRED for what has expired; -ENOMEM. `error` does not name the source, and shows nothing
 * of what might be secret.
 *
 * An instance's credentials are taken even where they have expired by `now` (seconds since 1970):
 * the service renews them by itself, so that it is as likely this host's clock that is wrong, and
 * EC2 will say which.
 */
int credentials_json_parse(enum credentials_dialect dialect, const char *bytes, size_t length,
	uint64_t now, struct credentials *ret_credentials, struct error *error);
