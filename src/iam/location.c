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
/* ms. Who runs this away from EC2 is to learn soon which options it takes. */
#define ASK_AT_MOST 5000

static bool is_account(const char *text)
{
	return strlen(text) == 12 && strspn(text, "0123456789") == 12;
}

static bool is_partition(const char *text)
{
	return strncmp(text, "aws", 3) == 0 &&
	       strlen(text) < sizeof(((struct iam_place *)0)->partition) &&
	       endpoint_region_is_valid(text); /* the same letters */
}

static bool is_vpc(const char *text)
{
	return parse_ec2_id(text, "vpc") == 0;
}

/* Copies what is given and of its form. */
static int take(const char *option, const char *value, bool (*is_form)(const char *text),
	const char *form, char *target, size_t size, struct error *error)
{
	char shown[UTF8_SHORT_SIZE];

	if (!value)
		return 0;
	if (!is_form(value))
		return error_set(error, OUTCOME_USAGE, EINVAL, "--%s %s: not %s", option,
			utf8_shorten(value, shown), form);
	snprintf(target, size, "%s", value);
	return 0;
}

static int take_given(
	const struct iam_place_given *given, struct iam_place *place, struct error *error)
{
	int err = take("partition", given->partition, is_partition,
		"a partition like aws or aws-cn", place->partition, sizeof(place->partition),
		error);

	if (!err)
		err = take("region", given->region, endpoint_region_is_valid,
			"a region like eu-central-1", place->region, sizeof(place->region), error);
	if (!err)
		err = take("account", given->account, is_account, "an account's 12 digits",
			place->account, sizeof(place->account), error);
	if (!err)
		err = take("vpc", given->vpc, is_vpc, "an id like vpc-0123456789abcdef0",
			place->vpc, sizeof(place->vpc), error);
	return err;
}

/* Account and region of the instance-identity document, into `ret_here`. */
static int read_identity(const struct strbuf *text, struct iam_place *ret_here, struct error *error)
{
	json_t *root = NULL;
	int err = json_read(strbuf_text(text), text->length, 0, &root);
	const char *account = json_string_value(json_object_get(root, "accountId"));
	const char *region = json_string_value(json_object_get(root, "region"));

	if (err == -ENOMEM)
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	err = 0;
	if (account && region && is_account(account) && endpoint_region_is_valid(region)) {
		snprintf(ret_here->account, sizeof(ret_here->account), "%s", account);
		snprintf(ret_here->region, sizeof(ret_here->region), "%s", region);
	} else {
		err = error_set(error, OUTCOME_FAILED, EBADMSG,
			"metadata service: " IDENTITY_DOCUMENT " has no account and region");
	}
	json_decref(root);
	return err;
}

static int ask_identity(struct cloud *cloud, struct iam_place *ret_here, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	int err;

	if (!cloud->has_imds)
		return error_set(error, OUTCOME_FAILED, ENXIO, "%s", cloud->no_imds.text);
	err = imds_get(&cloud->imds, IDENTITY_DOCUMENT, &cloud->operation->deadline, &text, error);
	return err ? err : read_identity(&text, ret_here, error);
}

/* A partition that is newer than this program is known there alone. */
static int ask_partition(struct cloud *cloud, struct iam_place *place, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	int err = imds_get_word(&cloud->imds, PARTITION, &cloud->operation->deadline, &text, error);

	if (err == -ENOENT)
		return 0;
	if (!err && !is_partition(strbuf_text(&text)))
		return error_set(error, OUTCOME_FAILED, EBADMSG,
			"metadata service: " PARTITION " is \"%.40s\", which is no partition",
			strbuf_text(&text));
	if (!err)
		snprintf(place->partition, sizeof(place->partition), "%s", strbuf_text(&text));
	return err;
}

/* What is still open, where account and region are this instance's own. */
static int ask_rest(struct cloud *cloud, struct iam_place *place, struct error *error)
{
	int err = 0;

	if (!place->partition[0])
		err = ask_partition(cloud, place, error);
	if (!err && !place->vpc[0])
		err = cloud_vpc(cloud, place->vpc, error);
	return err;
}

static int ask(struct cloud *cloud, const struct iam_place_given *given, struct iam_place *place,
	struct error *error)
{
	struct iam_place here = {0};
	struct error why = {0};
	const char *region = cloud->settings.region.value;
	int err;

	if (!place->region[0] && region)
		snprintf(place->region, sizeof(place->region), "%s", region);
	if (place->region[0] && place->account[0])
		return 0;
	err = ask_identity(cloud, &here, &why);
	if (err)
		return error_set(error, why.outcome, -err, "%s: give %s--region", why.text,
			given->role ? "" : "--account and ");
	if (!place->region[0])
		memcpy(place->region, here.region, sizeof(place->region));
	if (!place->account[0])
		memcpy(place->account, here.account, sizeof(place->account));
	if (strcmp(place->region, here.region) != 0 || strcmp(place->account, here.account) != 0)
		return 0;
	return ask_rest(cloud, place, error);
}

static int look_up(const struct operation *operation, const struct iam_place_given *given,
	struct iam_place *place, struct error *error)
{
	_cleanup_(cloud_close) struct cloud cloud = {0};
	uint64_t now = clock_now();
	struct operation soon = *operation;
	int err;

	if (deadline_left(&operation->deadline, now) > ASK_AT_MOST)
		soon.deadline = deadline_after(now, ASK_AT_MOST);
	err = cloud_open(&soon, &cloud, error);
	return err ? err : ask(&cloud, given, place, error);
}

int iam_place_find(const struct operation *operation, const struct iam_place_given *given,
	struct iam_place *ret_place, struct error *error)
{
	struct iam_place place = {0};
	int err = take_given(given, &place, error);

	if (!err && (!place.region[0] || (!place.account[0] && !given->role)))
		err = look_up(operation, given, &place, error);
	if (err)
		return err;
	if (!place.partition[0])
		snprintf(place.partition, sizeof(place.partition), "%s",
			endpoint_partition(place.region));
	*ret_place = place;
	return 0;
}
