/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials_json.h"
#include "aws/credentials_sources.h"
#include "aws/process.h"
#include "aws/shell_split.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OUTPUT_MAX 65536

static int check_command(const struct aws_found *command, char *const words[], struct error *error)
{
	if (!words[0])
		return error_set(error, OUTCOME_USAGE, EINVAL, "it names no program");
	if (!command->file->trusted)
		return error_set(error, OUTCOME_USAGE, EPERM,
			"others may write this file, so nothing is run that it says: "
			"chown root and chmod go-w it");
	return 0;
}

static int run(const struct credentials_search *search, const struct aws_found *command,
	struct strbuf *output, struct error *error)
{
	_cleanup_(cleanup_free) char **words = NULL;
	size_t count;
	int err = shell_split(command->value, &words, &count);

	if (err)
		return error_set(error, err == -ENOMEM ? OUTCOME_FAILED : OUTCOME_USAGE, -err,
			err == -ENOMEM ? "out of memory" : "a quote is not closed in it");
	err = check_command(command, words, error);
	if (err)
		return err;
	return process_run(words, OUTPUT_MAX, search->deadline, output, error);
}

int credentials_from_process(const struct credentials_search *search,
	const struct aws_found *command, struct credentials *ret_credentials, struct error *error)
{
	struct strbuf output = {.max = OUTPUT_MAX};
	int err = run(search, command, &output, error);

	if (!err)
		err = credentials_json_parse(CREDENTIALS_OF_PROCESS, strbuf_text(&output),
			output.length, search->now, ret_credentials, error);
	strbuf_wipe(&output);
	strbuf_done(&output);
	if (err)
		error_prefix(
			error, "%s:%u: credential_process", command->file->path, command->line);
	else
		snprintf(ret_credentials->source, sizeof(ret_credentials->source),
			"credential_process of %s:%u", command->file->path, command->line);
	return err;
}
