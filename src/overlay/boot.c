/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/boot.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/shell.h"
#include "base/unit_name.h"
#include "failover/flow.h"
#include "overlay/examine.h"
#include "overlay/source_check.h"
#include "overlay/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static enum policy_at_boot at_boot_of(const struct overlay_result *result)
{
	return policy_overlay_at_boot(result->subject.policy);
}

static void finish(int err, const struct error *error, struct overlay_host *host,
	struct overlay_result *result)
{
	if (host)
		overlay_host_close(host);
	/* A link that is not there is for overlay_examine() to tell. */
	if (!err || (err == -ENODEV && error->outcome == OUTCOME_USAGE))
		return;
	result->error = *error;
	error_complete(&result->error, err);
	result->state = result->host.state = RESULT_FAILED;
}

/* What is released from now on stays off, whatever the routes that are read next say. */
static void count_releases(struct cloud *cloud, struct overlay_result *result)
{
	struct placement placement = {.lock = {.fd = -1}};
	struct error error = {0};
	int err;

	if (cloud->operation->dry_run)
		return;
	err = placement_open(
		cloud->operation->run_directory, &result->subject.address, &placement, &error);
	if (err)
		finish(err, &error, NULL, result);
	result->releases = placement.releases;
	placement_close(&placement);
}

/* Puts the address on the result's link, which is looked up where it is not known yet. */
static void place(struct cloud *cloud, struct overlay_result *result)
{
	struct overlay_host host = {0};
	struct error error = {0};
	int err = overlay_host_open(cloud->operation, &result->subject, &host, &error);

	host.placement.releases = result->releases;
	if (!err && !result->link.index)
		err = overlay_host_link(&host, cloud, &result->subject, &result->link, &error);
	if (!err)
		err = overlay_host_place(&host, &result->link, result, &error);
	if (err == -ECANCELED) {
		log_overlay(LOG_INFO, result->subject.name,
			"another run released the address meanwhile: it stays off");
		err = 0;
	}
	finish(err, &error, &host, result);
}

/* Unless a move that the read may be older than has put it on: then *ret_moved. */
static void take_off(
	struct cloud *cloud, struct overlay_result *result, uint64_t read_at, bool *ret_moved)
{
	struct overlay_host host = {0};
	struct error error = {0};
	int err = overlay_host_open(cloud->operation, &result->subject, &host, &error);

	if (!err)
		err = overlay_host_is_moved_since(
			&host, &result->subject, read_at, ret_moved, &error);
	if (!err && !*ret_moved)
		err = overlay_host_place(&host, NULL, result, &error);
	finish(err, &error, &host, result);
}

/* What does not depend on where the routes lead is not held up by EC2's answers. */
static void begin(struct cloud *cloud, struct overlay_result *result)
{
	switch (at_boot_of(result)) {
	case POLICY_AT_BOOT_ALWAYS:
		place(cloud, result);
		break;
	case POLICY_AT_BOOT_NEVER:
		if (!cloud->operation->dry_run)
			result->state = RESULT_UNCHANGED;
		break;
	case POLICY_AT_BOOT_IF_ROUTED_HERE:
		break;
	}
}

static bool follows_routes(const struct overlay_result *result)
{
	return at_boot_of(result) == POLICY_AT_BOOT_IF_ROUTED_HERE &&
	       result->state != RESULT_FAILED;
}

/* The host is active by a read that may be old, and must not wait for another one. */
static void put_on(struct cloud *cloud, struct overlay_result *result)
{
	if (follows_routes(result) && result->reach == OVERLAY_HERE && !result->absent)
		place(cloud, result);
}

/* Whether what was done or left by that read has to be confirmed by one that is no older than it. */
static bool is_unsettled(const struct overlay_result *result)
{
	if (!follows_routes(result))
		return false;
	switch (result->reach) {
	case OVERLAY_HERE:
		return result->host.plan.count > 0;
	case OVERLAY_ELSEWHERE:
	case OVERLAY_NOWHERE:
	case OVERLAY_MIXED:
		return true;
	case OVERLAY_UNKNOWN:
		break;
	}
	return false;
}

/* By a read that began at this time. True: it has to be read once more. */
static bool follow_routes(struct cloud *cloud, struct overlay_result *result, uint64_t read_at)
{
	size_t done = result->host.plan.count;
	bool moved = false;

	if (!follows_routes(result))
		return false;
	if (result->reach == OVERLAY_HERE) {
		put_on(cloud, result);
		return result->host.plan.count > done;
	}
	if (result->reach == OVERLAY_ELSEWHERE && result->holder[0])
		take_off(cloud, result, read_at, &moved);
	return moved;
}

/* Its identity had its share of the time, and may have more. */
static bool is_late(const struct overlay_result *result)
{
	return result->state == RESULT_FAILED && result->host.state != RESULT_FAILED &&
	       result->error.outcome == OUTCOME_TIMEOUT &&
	       at_boot_of(result) == POLICY_AT_BOOT_IF_ROUTED_HERE;
}

static void fail_unsettled(struct overlay_result *results, size_t count, const bool *unsettled,
	const struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (!unsettled[i] || results[i].state == RESULT_FAILED)
			continue;
		results[i].state = RESULT_FAILED;
		results[i].error = *error;
		error_complete(&results[i].error, -EIO);
	}
}

/* Once more, and again where that changes what was done. */
static int read_again(struct cloud *cloud, struct overlay_result *results, size_t count,
	bool *unsettled, struct error *error)
{
	uint64_t read_at = clock_now();
	int err;

	for (size_t i = 0; i < count; i++)
		if (unsettled[i])
			results[i].state = RESULT_OPEN;
	err = overlay_examine_in_shares(cloud, results, count, error);
	for (size_t i = 0; !err && i < count; i++)
		unsettled[i] = unsettled[i] &&
			       (follow_routes(cloud, &results[i], read_at) || is_late(&results[i]));
	return err;
}

static bool has_any(const bool *flags, size_t count)
{
	return memchr(flags, true, count * sizeof(*flags)) != NULL;
}

static int settle(
	struct cloud *cloud, struct overlay_result *results, size_t count, struct error *error)
{
	_cleanup_(cleanup_free) bool *unsettled = calloc(count, sizeof(*unsettled));
	struct error why = {0};
	int err = 0;

	if (!unsettled)
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		unsettled[i] = is_unsettled(&results[i]) || is_late(&results[i]);
	while (!err && has_any(unsettled, count)) {
		if (overlay_examine_wait(cloud->operation, &why)) {
			fail_unsettled(results, count, unsettled, &why);
			return 0;
		}
		err = read_again(cloud, results, count, unsettled, error);
	}
	return err;
}

static bool is_lost(const struct overlay_result *result)
{
	for (size_t i = 0; i < result->n_tables; i++)
		if (result->tables[i].before.exists &&
			result->tables[i].before.state != EC2_ROUTE_BLACKHOLE)
			return false;
	return true;
}

static void find_trouble(struct overlay_result *result)
{
	const struct overlay_route *route = overlay_result_route(result);
	char text[OVERLAY_ROUTE_TEXT_SIZE], quoted[SHELL_WORD_SIZE];
	const char *name = shell_quote(result->subject.name, quoted);

	switch (result->reach) {
	case OVERLAY_NOWHERE:
		error_set(&result->trouble, OUTCOME_DIFFERS, ENOENT,
			"no route leads to it: make one with \"myha overlay create %s\" on the "
			"node that is to have it",
			name);
		break;
	case OVERLAY_MIXED:
		error_set(&result->trouble, OUTCOME_DIFFERS, EAGAIN,
			"some of its route tables lead here and some elsewhere: finish the move "
			"with \"myha overlay move %s\" on the node that is to have it",
			name);
		break;
	case OVERLAY_ELSEWHERE:
		if (is_lost(result))
			error_set(&result->trouble, OUTCOME_DIFFERS, EHOSTUNREACH,
				"it is routed to %s, where nothing arrives: take it over with "
				"\"myha overlay move %s\"",
				overlay_route_format(route, text), name);
		break;
	case OVERLAY_HERE:
		if (result->link.index)
			overlay_host_check_link(&result->link, &result->trouble);
		break;
	case OVERLAY_UNKNOWN:
		break;
	}
}

/* Why the address is not put back, where somebody may wonder and no change has said it. */
static void explain(const struct overlay_result *result)
{
	const struct overlay_route *route = overlay_result_route(result);
	const char *name = result->subject.name;
	char text[OVERLAY_ROUTE_TEXT_SIZE], unit[UNIT_NAME_SIZE];

	if (result->trouble.outcome != OUTCOME_DONE)
		log_overlay(LOG_WARNING, name, "%s", result->trouble.text);
	else if (result->reach == OVERLAY_ELSEWHERE && !result->host.plan.count &&
		 at_boot_of(result) == POLICY_AT_BOOT_IF_ROUTED_HERE)
		log_overlay(LOG_INFO, name, "it is routed to %s, and not to this host",
			overlay_route_format(route, text));
	overlay_result_log_uncovered(result, LOG_INFO);
	if (!result->absent)
		return;
	unit_name("myha-boot@", result->subject.interface, ".service", unit);
	log_overlay(LOG_INFO, name,
		"there is no interface %s to carry it: %s looks after it when that comes",
		result->subject.interface, unit);
}

/* Where the routes lead does not matter to the others, so that not knowing is no failure. */
static bool is_forgiven(const struct overlay_result *result)
{
	return result->state == RESULT_FAILED && result->host.state != RESULT_FAILED &&
	       at_boot_of(result) != POLICY_AT_BOOT_IF_ROUTED_HERE;
}

static void conclude(const struct operation *operation, struct overlay_result *result)
{
	if (is_forgiven(result)) {
		result->state = RESULT_UNCHANGED;
		if (!operation->dry_run)
			log_overlay(LOG_WARNING, result->subject.name,
				"where it is routed to is not known: %s", result->error.text);
	}
	find_trouble(result);
	/* The others stay with their node until somebody moves them; this one's move was begun. */
	if (result->reach == OVERLAY_MIXED && result->state != RESULT_FAILED &&
		at_boot_of(result) == POLICY_AT_BOOT_IF_ROUTED_HERE) {
		result->error = result->trouble;
		result->state = RESULT_FAILED;
	} else if (!operation->dry_run) {
		explain(result);
	}
	if (result->state != RESULT_FAILED && result->host.plan.count)
		result->state = operation->dry_run ? RESULT_DIFFERS : RESULT_CHANGED;
}

static bool is_checked_with(const struct overlay_result *one, const struct overlay_result *other)
{
	return one->check != SOURCE_CHECK_OPEN && strcmp(one->eni, other->eni) == 0 &&
	       (at_boot_of(one) == POLICY_AT_BOOT_NEVER) ==
		       (at_boot_of(other) == POLICY_AT_BOOT_NEVER);
}

/* An ENI that carries several overlays is looked at once. */
static void check_once(struct cloud *cloud, struct overlay_result *results, size_t number)
{
	struct overlay_result *result = &results[number];

	/* The API has just failed us, or nothing was asked at all. */
	if (!result->eni[0] || result->reach == OVERLAY_UNKNOWN)
		return;
	for (size_t i = 0; i < number; i++) {
		if (!is_checked_with(&results[i], result))
			continue;
		result->check = results[i].check;
		result->check_error = results[i].check_error;
		return;
	}
	if (at_boot_of(result) != POLICY_AT_BOOT_NEVER)
		overlay_check_run(cloud, EC2_FLAG_UNKNOWN, result);
	else if (cloud->operation->policy->source_dest_check != POLICY_CHECK_IGNORE)
		overlay_check_read(cloud, result);
}

/* So far: nothing has failed, and no move was left halfway. */
static bool is_fine(const struct overlay_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((results[i].state == RESULT_FAILED && !is_forgiven(&results[i])) ||
			results[i].check == SOURCE_CHECK_FAILED ||
			(follows_routes(&results[i]) && results[i].reach == OVERLAY_MIXED))
			return false;
	return true;
}

static int run(struct cloud *cloud, const struct overlay_boot_listener *listener,
	struct overlay_result *results, size_t count, struct error *error)
{
	const struct operation *operation = cloud->operation;
	int err;

	for (size_t i = 0; i < count; i++)
		count_releases(cloud, &results[i]);
	for (size_t i = 0; i < count; i++)
		if (results[i].state == RESULT_OPEN)
			begin(cloud, &results[i]);
	err = operation->dry_run ? overlay_examine(cloud, results, count, error)
				 : overlay_examine_in_shares(cloud, results, count, error);
	/* A dry run shows all that would follow from this read. */
	for (size_t i = 0; !err && i < count; i++)
		if (operation->dry_run)
			follow_routes(cloud, &results[i], clock_now());
		else
			put_on(cloud, &results[i]);
	/* Addresses first; and a node that is not active may have to take over. */
	for (size_t i = 0; !err && i < count; i++)
		check_once(cloud, results, i);
	if (!err && !operation->dry_run && listener && is_fine(results, count))
		listener->ready(listener->data);
	if (!err && !operation->dry_run)
		err = settle(cloud, results, count, error);
	for (size_t i = 0; !err && i < count; i++)
		conclude(operation, &results[i]);
	return err;
}

int overlay_boot(const struct operation *operation, const char *interface,
	const struct overlay_boot_listener *listener, struct overlay_result **ret_results,
	size_t *ret_count, struct error *error)
{
	struct overlay_result *results = NULL;
	struct cloud cloud = {0};
	size_t count = 0;
	int err = 0;

	if (overlay_results_of_policy(operation->policy, interface, &results, &count))
		err = error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	if (!err && count)
		err = cloud_open(operation, &cloud, error);
	if (!err && count)
		err = run(&cloud, listener, results, count, error);
	cloud_close(&cloud);
	if (err) {
		overlay_result_cleanup_all(results, count);
		return error_complete(error, err);
	}
	*ret_results = results;
	*ret_count = count;
	return 0;
}
