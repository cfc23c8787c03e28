/* SPDX-License-Identifier: Apache-2.0 */
#include "eni/eni.h"

#include "base/utf8.h"
#include "failover/eni_find.h"

#include <errno.h>
#include <stdlib.h>

int eni_name_parse(const char *text, struct eni_name *ret_name, struct error *error)
{
	struct eni_name name = {.text = text};
	char shown[UTF8_SHORT_SIZE];

	if (parse_ec2_id(text, "eni") == 0)
		name.id = text;
	else if (ip_address_parse(text, &name.address))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"\"%s\" is neither the id of an ENI (eni-…) nor an IP address",
			utf8_shorten(text, shown));
	*ret_name = name;
	return 0;
}

void eni_result_done(struct eni_result *result)
{
	ec2_eni_done(&result->eni);
	ec2_eni_done(&result->before);
	strbuf_done(&result->preview);
}

int eni_result_set_state(
	struct eni_result *result, int err, const struct error *error, bool has_changed)
{
	result->state = has_changed ? RESULT_CHANGED : RESULT_UNCHANGED;
	if (result->preview.length)
		result->state = RESULT_DIFFERS;
	if (!err)
		return 0;
	result->state = RESULT_FAILED;
	result->error = *error;
	return error_ensure_text(&result->error, err);
}

void eni_list_done(struct ec2_eni_list *enis)
{
	for (size_t i = 0; i < enis->count; i++)
		ec2_eni_done(&enis->items[i]);
	free(enis->items);
	*enis = (struct ec2_eni_list){0};
}

/* Returns the error of the run or, if EC2 refused a request, of the flow. */
static int run_find(struct cloud *cloud, struct eni_find *find, struct error *error)
{
	int err = cloud_run_flow(cloud, NULL /* no role */, eni_find_flow(find), error);

	if (!err && find->error.outcome != OUTCOME_DONE) {
		*error = find->error;
		err = -EIO;
	}
	return err;
}

int eni_list(const struct operation *operation, const struct eni_list_options *options,
	struct ec2_eni_list *ret_enis, char ret_instance[EC2_ID_SIZE], struct error *error)
{
	_cleanup_(cloud_close) struct cloud cloud = {0};
	char vpc[EC2_ID_SIZE] = "";
	struct eni_filter filter = {
		.subnet = options->subnet,
		.instance = options->instance,
		.status = options->status,
		.tags = options->tags,
	};
	struct eni_find find;
	int err = cloud_open(operation, &cloud, error);

	if (options->name) {
		filter.id = options->name->id;
		filter.address = options->name->address;
	}
	ret_instance[0] = '\0';
	/* Outside EC2 this host has no VPC: an error only if the list is limited to that VPC. */
	if (!err && (cloud.has_imds || !options->all_vpcs))
		err = cloud_get_vpc(&cloud, vpc, error);
	if (!err && cloud.has_imds)
		err = cloud_get_instance(&cloud, ret_instance, error);
	if (err)
		return err;
	if (!options->all_vpcs && !filter.id)
		filter.vpc = vpc;
	eni_find_init(&find, &filter);
	err = run_find(&cloud, &find, error);
	/* A name must select exactly one ENI. */
	if (!err && options->name && !eni_find_one(&find, error))
		err = -ENOENT;
	if (!err)
		*ret_enis = TAKE_STRUCT(find.enis);
	eni_find_done(&find);
	return err;
}
