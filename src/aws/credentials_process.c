/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials_json.h"
#include "aws/credentials_sources.h"
#include "aws/process.h"
#include "aws/program_path.h"
#include "aws/shell_split.h"
#include "aws/trusted_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_MAX 65536

/*
 * Finds the program, but refuses it if another user could change it or `file`, which names it.
 * Checks its directories only for root: other users choose the modes of their home directories.
 */
static int find_trusted_program(
	const struct aws_file *file, const char *name, char **ret_path, struct error *error)
{
	int err;

	if (!name)
		return error_set(error, OUTCOME_USAGE, EINVAL, "the command is empty");
	if (!file->is_trusted)
		return error_set(error, OUTCOME_USAGE, EPERM, "not run: %s", file->distrust_reason);
	err = program_find(name, ret_path);
	if (err)
		return error_set(
			error, OUTCOME_FAILED, -err, "cannot run %s: %s", name, strerror(-err));
	/* Other errors, such as a missing file, are reported when the program is started. */
	if (geteuid() != 0 || trusted_path_check(*ret_path, error) != -EPERM)
		return 0;
	error_prefix(error, "not run as root");
	return -EPERM;
}

/* Runs the command without a shell; its stdout becomes `output`. */
static int run_command(const struct credentials_search *search,
	const struct aws_file_value *command, struct strbuf *output, struct error *error)
{
	_cleanup_(cleanup_free) char **arguments = NULL;
	_cleanup_(cleanup_free) char *path = NULL;
	size_t count;
	int err = shell_split(command->value, &arguments, &count);

	if (err)
		return error_set(error, err == -ENOMEM ? OUTCOME_FAILED : OUTCOME_USAGE, -err,
			err == -ENOMEM ? "out of memory" : "a quote is not closed");
	err = find_trusted_program(command->file, arguments[0], &path, error);
	if (err)
		return err;
	return process_run(path, arguments, OUTPUT_MAX, search->deadline, output, error);
}

int credentials_from_process(const struct credentials_search *search,
	const struct aws_file_value *command, struct credentials *ret_credentials,
	struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf output = {.max = OUTPUT_MAX};
	int err = run_command(search, command, &output, error);

	if (!err)
		err = credentials_json_parse(CREDENTIALS_OF_PROCESS, strbuf_text(&output),
			output.length, search->now, ret_credentials, error);
	if (err)
		error_prefix(
			error, "%s:%u: credential_process", command->file->path, command->line);
	else
		snprintf(ret_credentials->source, sizeof(ret_credentials->source),
			"credential_process of %s:%u", command->file->path, command->line);
	return err;
}
