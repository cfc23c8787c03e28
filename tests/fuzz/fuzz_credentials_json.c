/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as credentials in JSON: the first one chooses who is said to have written them.
 */
#include "aws/credentials_json.h"
#include "credentials_times.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	_cleanup_(credentials_done) struct credentials credentials = {0};
	struct error error = {0};
	enum credentials_dialect dialect;
	int err;

	if (length == 0)
		return 0;
	dialect = (enum credentials_dialect)(bytes[0] % 3);
	err = credentials_json_parse(
		dialect, (const char *)bytes + 1, length - 1, NOW, &credentials, &error);
	require((err != 0) == (error.outcome != OUTCOME_DONE));
	require((err != 0) == !credentials.access_key);
	if (err)
		return 0;
	require(credentials_are_valid(&credentials));
	require(dialect == CREDENTIALS_OF_PROCESS || credentials.session_token);
	require(dialect != CREDENTIALS_OF_CONTAINER || credentials.expires > NOW);
	return 0;
}
