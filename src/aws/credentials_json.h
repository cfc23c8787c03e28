/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses the JSON objects in which the instance metadata service, container endpoints and
 * credential_process return credentials. Does no I/O (jansson seeds its hashes by itself).
 */
#pragma once

#include "aws/credentials.h"

#include <stddef.h>

enum credentials_dialect {
	CREDENTIALS_OF_INSTANCE, /* Code, AccessKeyId, SecretAccessKey, Token, Expiration */
	CREDENTIALS_OF_CONTAINER, /* the same, but no Code on success */
	CREDENTIALS_OF_PROCESS, /* Version 1, SessionToken and Expiration optional */
};

/*
 * Returns 0; -EBADMSG if the text is not such an object, lacks a key or reports an error;
 * -EKEYEXPIRED if the credentials have expired by `now` (seconds since 1970); -ENOMEM. `error` does
 * not name the source, and shows no secret. An instance's credentials never expire here: the
 * service renews them, so this host's clock may be wrong. EC2's response shows which.
 */
int credentials_json_parse(enum credentials_dialect dialect, const char *bytes, size_t length,
	uint64_t now, struct credentials *ret_credentials, struct error *error);
