/* SPDX-License-Identifier: Apache-2.0 */
#include "aws_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int make_file(const char *path, const char *text, struct aws_file *file, struct error *error)
{
	struct strbuf bytes = {0};
	int err;

	file->path = strdup(path);
	file->is_trusted = true;
	snprintf(file->distrust_reason, sizeof(file->distrust_reason), "%s: others", path);
	if (!text) {
		snprintf(
			file->absence_reason, sizeof(file->absence_reason), "%s", strerror(ENOENT));
		return 0;
	}
	strbuf_add_string(&bytes, text);
	err = ini_parse(path, &bytes, &file->ini, error);
	file->is_present = !err;
	return err;
}

int fixture_settings(
	const struct fixture *fixture, struct aws_settings *ret_settings, struct error *error)
{
	static const int flags[] = {-1, 1, 0};
	const struct policy_aws policy = {
		.profile = (char *)fixture->policy_profile,
		.region = (char *)fixture->policy_region,
		.endpoint = (char *)fixture->policy_endpoint,
		.fips = flags[fixture->policy_fips],
		.dualstack = -1,
	};
	struct aws_files *files = &ret_settings->files;
	int err;

	*ret_settings = (struct aws_settings){0};
	for (size_t i = 0; i < FIXTURE_MAX_VARIABLES && fixture->environment[i].value; i++)
		ret_settings->environment.values[fixture->environment[i].variable] =
			fixture->environment[i].value;
	err = make_file(CONFIG_PATH, fixture->config, &files->config, error);
	if (!err)
		err = make_file(CREDENTIALS_PATH, fixture->credentials, &files->credentials, error);
	return err ? err : aws_settings_resolve(&policy, ret_settings, error);
}
