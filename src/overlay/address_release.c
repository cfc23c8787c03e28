/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/address_release.h"

#include "base/log.h"
#include "core/record.h"
#include "kernel/snapshot.h"
#include "model/address_place.h"
#include "model/release.h"
#include "overlay/address_record.h"
#include "overlay/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Lists the primary addresses of the attached ENIs. Records that cannot be read are skipped. */
static int list_primary_addresses(const struct operation *operation,
	struct ip_address **ret_primaries, size_t *ret_count, struct error *error)
{
	_cleanup_(record_names_free) char **names = NULL;
	struct ip_address *primaries;
	size_t count = 0;
	int err = record_list_interfaces(operation->run_directory, &names, error);

	if (err)
		return err;
	while (names[count])
		count++;
	primaries = calloc(count + 1, sizeof(*primaries));
	if (!primaries)
		return error_oom(error);
	*ret_count = 0;
	for (size_t i = 0; i < count; i++) {
		_cleanup_(record_done) struct record record;

		if (record_load(operation->run_directory, names[i], &record, NULL) == 0 &&
			ip_address_is_set(&record.primary))
			primaries[(*ret_count)++] = record.primary;
	}
	*ret_primaries = primaries;
	return 0;
}

/* Checks that the address may be removed, and sets result->link to the link that has it, if any. */
static int check_release(
	struct overlay_host *host, struct overlay_result *result, struct error *error)
{
	_cleanup_(netstate_done) struct netstate observed = {0};
	_cleanup_(cleanup_free) struct ip_address *primaries = NULL;
	struct release_input input = {
		.policy = host->operation->policy,
		.observed = &observed,
		.address = result->subject.address,
	};
	const struct net_link *link;
	int err = list_primary_addresses(host->operation, &primaries, &input.n_primaries, error);

	input.primaries = primaries;
	if (!err)
		err = snapshot_take(&host->rtnl, NULL, 0 /* no routes */,
			&host->operation->deadline, &observed, error);
	if (!err)
		err = release_check(&input, error);
	link = err ? NULL : address_place_find(&observed, &input.address);
	if (link)
		result->link = *link;
	return err;
}

/* A failed write does not prevent the removal, except at the deadline or without permission. */
static int record_release(
	struct overlay_host *host, struct overlay_result *result, struct error *error)
{
	int err = address_record_store_released(
		host->operation, result->link.name, &result->subject.address, error);

	if (!err || err == -ETIME || err == -EACCES)
		return err;
	error_ensure_text(error, err);
	log_line(LOG_WARNING, result->link.name,
		"%s: as long as EC2's metadata list %s, \"myha attach\" adds the address again",
		error->text, result->subject.name);
	*error = (struct error){0};
	return 0;
}

/* Writes the record first: a concurrent attach must not add the address from stale metadata. */
static int release_address(
	struct overlay_host *host, struct overlay_result *result, struct error *error)
{
	int err = check_release(host, result, error);

	if (!err)
		err = record_release(host, result, error);
	return err ? err : overlay_host_remove(host, result, error);
}

int address_release(
	const struct operation *operation, const char *text, struct overlay_result *result)
{
	struct overlay_subject subject = {.is_secondary = true};
	struct overlay_host host = {0};
	struct error error = {0};
	int err = ip_address_parse(text, &subject.address);

	snprintf(subject.name, sizeof(subject.name), "%s", text);
	overlay_result_init(result, &subject);
	if (err)
		err = error_set(
			&error, OUTCOME_USAGE, EINVAL, "\"%s\" is not an IPv4 address", text);
	if (!err)
		err = overlay_host_open_release(operation, &subject, &host, &error);
	if (!err)
		err = release_address(&host, result, &error);
	overlay_result_set_state(
		result, err, &error, result->host.plan.count > 0, operation->dry_run);
	overlay_host_close(&host);
	return err;
}
