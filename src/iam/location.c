/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/location.h"

#include "base/clock.h"
#include "base/json_memory.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "core/cloud.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define IDENTITY_DOCUMENT "dynamic/instance-identity/document"
#define PARTITION "meta-data/services/partition"
/* Short, because outside EC2 the user waits for the error that names the required options. */
#define QUERY_MAX_MSEC 5000

static bool is_account(const char *text)
{
	return strlen(text) == 12 && strspn(text, "0123456789") == 12;
}

static bool is_partition(const char *text)
{
	return strncmp(text, "aws", 3) == 0 &&
	       strlen(text) < sizeof(((struct iam_location *)0)->partition) &&
	       endpoint_region_is_valid(text); /* a region allows the same characters */
}

static bool is_vpc(const char *text)
{
	return parse_ec2_id(text, "vpc") == 0;
}

/* Checks and copies the values of the command line. */
static int copy_given_values(const struct iam_location_options *given,
	struct iam_location *location, struct error *error)
{
	const struct {
		const char *option, *value;
		bool (*is_valid)(const char *text);
		const char *form;
		char *target;
		size_t size;
	} values[] = {
		{"partition", given->partition, is_partition, "a partition like aws or aws-cn",
			location->partition, sizeof(location->partition)},
		{"region", given->region, endpoint_region_is_valid, "a region like eu-central-1",
			location->region, sizeof(location->region)},
		{"account", given->account, is_account, "an account id of 12 digits",
			location->account, sizeof(location->account)},
		{"vpc", given->vpc, is_vpc, "an id like vpc-0123456789abcdef0", location->vpc,
			sizeof(location->vpc)},
	};
	char shown[UTF8_SHORT_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (!values[i].value)
			continue;
		if (!values[i].is_valid(values[i].value))
			return error_set(error, OUTCOME_USAGE, EINVAL, "--%s %s: not %s",
				values[i].option, utf8_shorten(values[i].value, shown),
				values[i].form);
		snprintf(values[i].target, values[i].size, "%s", values[i].value);
	}
	return 0;
}

/* Reads account and region from the instance-identity document. */
static int read_identity(
	const struct strbuf *text, struct iam_location *ret_instance, struct error *error)
{
	json_t *root = NULL;
	int err = json_read(strbuf_text(text), text->length, 0, &root);
	const char *account = json_string_value(json_object_get(root, "accountId"));
	const char *region = json_string_value(json_object_get(root, "region"));

	if (err == -ENOMEM)
		return error_oom(error);
	err = 0; /* invalid JSON has no account either: reported below */
	if (account && region && is_account(account) && endpoint_region_is_valid(region)) {
		snprintf(ret_instance->account, sizeof(ret_instance->account), "%s", account);
		snprintf(ret_instance->region, sizeof(ret_instance->region), "%s", region);
	} else {
		err = error_set(error, OUTCOME_FAILED, EBADMSG,
			"metadata service: " IDENTITY_DOCUMENT " has no account and region");
	}
	json_decref(root);
	return err;
}

static int fetch_identity(
	struct cloud *cloud, struct iam_location *ret_instance, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	int err;

	if (!cloud->has_imds)
		return error_set(error, OUTCOME_FAILED, ENXIO, "%s", cloud->imds_error.text);
	err = imds_get(&cloud->imds, IDENTITY_DOCUMENT, &cloud->operation->deadline, &text, error);
	return err ? err : read_identity(&text, ret_instance, error);
}

/* The metadata service also knows a partition that is newer than this program. */
static int fetch_partition(struct cloud *cloud, struct iam_location *location, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	int err = imds_get_word(&cloud->imds, PARTITION, &cloud->operation->deadline, &text, error);

	if (err)
		return err == -ENOENT ? 0 : err; /* no such key: derived from the region later */
	if (!is_partition(strbuf_text(&text)))
		return error_set(error, OUTCOME_FAILED, EBADMSG,
			"metadata service: " PARTITION " is \"%.40s\", which is not a partition",
			strbuf_text(&text));
	snprintf(location->partition, sizeof(location->partition), "%s", strbuf_text(&text));
	return 0;
}

/* Finds the values that were not given, in the AWS settings and this instance's metadata. */
static int find_missing_values(struct cloud *cloud, const struct iam_location_options *given,
	struct iam_location *location, struct error *error)
{
	struct iam_location instance = {0};
	struct error reason = {0};
	const char *region = cloud->settings.region.value;
	bool is_of_instance;
	int err;

	if (!location->region[0] && region)
		snprintf(location->region, sizeof(location->region), "%s", region);
	if (location->region[0] && location->account[0])
		return 0;
	err = fetch_identity(cloud, &instance, &reason);
	if (err)
		return error_set(error, reason.outcome, -err, "%s: specify %s--region", reason.text,
			given->role ? "" : "--account and ");
	if (!location->region[0])
		memcpy(location->region, instance.region, sizeof(location->region));
	if (!location->account[0])
		memcpy(location->account, instance.account, sizeof(location->account));
	is_of_instance = strcmp(location->region, instance.region) == 0 &&
			 strcmp(location->account, instance.account) == 0;
	/* The partition and the VPC in the metadata are valid only for this account and region. */
	if (is_of_instance && !location->partition[0])
		err = fetch_partition(cloud, location, error);
	if (!err && is_of_instance && !location->vpc[0])
		err = cloud_get_vpc(cloud, location->vpc, error);
	return err;
}

/* Opens the cloud, and finds what was not given, in at most QUERY_MAX_MSEC. */
static int query_location(const struct operation *operation,
	const struct iam_location_options *given, struct iam_location *location,
	struct error *error)
{
	_cleanup_(cloud_close) struct cloud cloud = {0};
	uint64_t now = clock_now();
	struct operation limited = *operation;
	int err;

	if (deadline_left(&operation->deadline, now) > QUERY_MAX_MSEC)
		limited.deadline = deadline_after(now, QUERY_MAX_MSEC);
	err = cloud_open(&limited, &cloud, error);
	return err ? err : find_missing_values(&cloud, given, location, error);
}

/* Outside EC2, a region with an account or a role is sufficient: then nothing is queried. */
int iam_location_find(const struct operation *operation, const struct iam_location_options *given,
	struct iam_location *ret_location, struct error *error)
{
	struct iam_location location = {0};
	int err = copy_given_values(given, &location, error);
	bool has_account = location.account[0] || given->role; /* the role's ARN has it */

	if (!err && (!location.region[0] || !has_account))
		err = query_location(operation, given, &location, error);
	if (err)
		return err;
	if (!location.partition[0])
		snprintf(location.partition, sizeof(location.partition), "%s",
			endpoint_partition(location.region));
	*ret_location = location;
	return 0;
}
