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

static enum policy_at_boot get_at_boot(const struct overlay_result *result)
{
	return policy_overlay_at_boot(result->subject.policy);
}

static void close_and_store_error(int err, const struct error *error, struct overlay_host *host,
	struct overlay_result *result)
{
	if (host)
		overlay_host_close(host);
	/* overlay_examine() handles a missing link. */
	if (!err || (err == -ENODEV && error->outcome == OUTCOME_USAGE))
		return;
	result->error = *error;
	error_complete(&result->error, err);
	result->state = result->host.state = RESULT_FAILED;
}

/* An address that is released from now on is not placed again, whatever the next read shows. */
static void read_release_count(struct cloud *cloud, struct overlay_result *result)
{
	struct placement placement = {.lock = {.fd = -1}};
	struct error error = {0};
	int err;

	if (!operation_takes_lock(cloud->operation))
		return;
	err = placement_open(
		cloud->operation->run_directory, &result->subject.address, &placement, &error);
	close_and_store_error(err, &error, NULL, result);
	result->releases = placement.releases;
	placement_close(&placement);
}

/* Places the address on the result's link. If the link is not known yet, finds it first. */
static void place(struct cloud *cloud, struct overlay_result *result)
{
	struct overlay_host host = {0};
	struct error error = {0};
	int err = overlay_host_open(cloud->operation, &result->subject, &host, &error);

	host.placement.releases = result->releases;
	if (!err && !result->link.index)
		err = overlay_host_find_link(&host, cloud, &result->subject, &result->link, &error);
	if (!err)
		err = overlay_host_place(&host, &result->link, result, &error);
	if (err == -ECANCELED) {
		log_overlay(LOG_INFO, result->subject.name,
			"another run of myha released the address meanwhile: not placing the address");
		err = 0;
	}
	close_and_store_error(err, &error, &host, result);
}

/*
 * Removes the address, unless a move may have placed it after the read at `read_at`; then ret_moved
 * is true.
 */
static void remove_address(
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
	close_and_store_error(err, &error, &host, result);
}

/* Handles overlays that do not depend on the routes, so that they need not wait for EC2. */
static void handle_route_independent(struct cloud *cloud, struct overlay_result *result)
{
	enum policy_at_boot at_boot = get_at_boot(result);

	if (at_boot == POLICY_AT_BOOT_ALWAYS)
		place(cloud, result);
	else if (at_boot == POLICY_AT_BOOT_NEVER && !cloud->operation->dry_run)
		result->state = RESULT_UNCHANGED;
}

static bool follows_routes(const struct overlay_result *result)
{
	return get_at_boot(result) == POLICY_AT_BOOT_IF_ROUTED_HERE &&
	       result->state != RESULT_FAILED;
}

/* The read may be stale, but an active host must not wait for another one. */
static void place_if_routed_here(struct cloud *cloud, struct overlay_result *result)
{
	if (follows_routes(result) && result->reach == OVERLAY_HERE && !result->absent)
		place(cloud, result);
}

/* Whether the consequences of the first read must be confirmed by a read that cannot be stale. */
static bool is_unconfirmed(const struct overlay_result *result)
{
	if (!follows_routes(result) || result->reach == OVERLAY_UNKNOWN)
		return false;
	return result->reach != OVERLAY_HERE || result->host.plan.count;
}

/*
 * Places or removes the address according to the read that began at `read_at` (clock_now(),
 * milliseconds). Returns true if the routes must be read once more.
 */
static bool follow_routes(struct cloud *cloud, struct overlay_result *result, uint64_t read_at)
{
	size_t done = result->host.plan.count;
	bool moved = false;

	if (!follows_routes(result))
		return false;
	if (result->reach == OVERLAY_HERE) {
		place_if_routed_here(cloud, result);
		return result->host.plan.count > done;
	}
	if (result->reach == OVERLAY_ELSEWHERE && result->holder[0])
		remove_address(cloud, result, read_at, &moved);
	return moved;
}

/* The role of this overlay used up its share of the time, and may get a longer one. */
static bool has_used_share(const struct overlay_result *result)
{
	return result->state == RESULT_FAILED && result->host.state != RESULT_FAILED &&
	       result->error.outcome == OUTCOME_TIMEOUT &&
	       get_at_boot(result) == POLICY_AT_BOOT_IF_ROUTED_HERE;
}

static void fail_unconfirmed(struct overlay_result *results, size_t count, const bool *unconfirmed,
	const struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (!unconfirmed[i] || results[i].state == RESULT_FAILED)
			continue;
		results[i].state = RESULT_FAILED;
		results[i].error = *error;
		error_complete(&results[i].error, -EIO);
	}
}

/*
 * Reads the routes of the unconfirmed overlays. One stays unconfirmed if the read causes a change.
 */
static int read_again(struct cloud *cloud, struct overlay_result *results, size_t count,
	bool *unconfirmed, struct error *error)
{
	uint64_t read_at = clock_now();
	int err;

	for (size_t i = 0; i < count; i++)
		if (unconfirmed[i])
			results[i].state = RESULT_UNDECIDED;
	err = overlay_examine(cloud, results, count, true, error);
	for (size_t i = 0; !err && i < count; i++)
		unconfirmed[i] = unconfirmed[i] && (follow_routes(cloud, &results[i], read_at) ||
							   has_used_share(&results[i]));
	return err;
}

static bool has_any(const bool *flags, size_t count)
{
	return memchr(flags, true, count * sizeof(*flags)) != NULL;
}

static int confirm_all(
	struct cloud *cloud, struct overlay_result *results, size_t count, struct error *error)
{
	_cleanup_(cleanup_free) bool *unconfirmed = calloc(count, sizeof(*unconfirmed));
	struct error failure = {0};
	int err = 0;

	if (!unconfirmed)
		return error_oom(error);
	for (size_t i = 0; i < count; i++)
		unconfirmed[i] = is_unconfirmed(&results[i]) || has_used_share(&results[i]);
	while (!err && has_any(unconfirmed, count)) {
		if (overlay_examine_wait(cloud->operation, &failure)) {
			fail_unconfirmed(results, count, unconfirmed, &failure);
			return 0;
		}
		err = read_again(cloud, results, count, unconfirmed, error);
	}
	return err;
}

static bool is_blackholed(const struct overlay_result *result)
{
	for (size_t i = 0; i < result->n_tables; i++)
		if (result->tables[i].before.exists &&
			result->tables[i].before.state != EC2_ROUTE_BLACKHOLE)
			return false;
	return true;
}

static void set_trouble(struct overlay_result *result)
{
	const struct overlay_route *route = overlay_result_route(result);
	char text[OVERLAY_ROUTE_TEXT_SIZE], quoted[SHELL_WORD_SIZE];
	const char *name = shell_quote(result->subject.name, quoted);

	switch (result->reach) {
	case OVERLAY_NOWHERE:
		error_set(&result->trouble, OUTCOME_DIFFERS, ENOENT,
			"no route table has a route to this overlay: create the routes with \"myha overlay create %s\" on the node that should hold the address",
			name);
		break;
	case OVERLAY_MIXED:
		error_set(&result->trouble, OUTCOME_DIFFERS, EAGAIN,
			"some routes point to this host and some to another target: finish the move with \"myha overlay move %s\" on the node that should hold the address",
			name);
		break;
	case OVERLAY_ELSEWHERE:
		if (is_blackholed(result))
			error_set(&result->trouble, OUTCOME_DIFFERS, EHOSTUNREACH,
				"route points to %s, which drops the traffic: take over the overlay with \"myha overlay move %s\"",
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

/* Logs why the address is not placed, if no logged change shows the reason. */
static void log_reason(const struct overlay_result *result)
{
	const struct overlay_route *route = overlay_result_route(result);
	const char *name = result->subject.name;
	char text[OVERLAY_ROUTE_TEXT_SIZE], unit[UNIT_NAME_SIZE];

	if (result->trouble.outcome != OUTCOME_DONE)
		log_overlay(LOG_WARNING, name, "%s", result->trouble.text);
	else if (result->reach == OVERLAY_ELSEWHERE && !result->host.plan.count &&
		 get_at_boot(result) == POLICY_AT_BOOT_IF_ROUTED_HERE)
		log_overlay(LOG_INFO, name, "route points to %s, not to this host",
			overlay_route_format(route, text));
	overlay_result_log_uncovered(result, LOG_INFO);
	if (!result->absent)
		return;
	unit_name_format("myha-boot@", result->subject.interface, ".service", unit);
	log_overlay(LOG_INFO, name,
		"there is no interface %s for the address: %s handles this overlay when the interface appears",
		result->subject.interface, unit);
}

/* Only overlays that follow the routes fail if the routes are not known. */
static bool is_failure_ignored(const struct overlay_result *result)
{
	return result->state == RESULT_FAILED && result->host.state != RESULT_FAILED &&
	       get_at_boot(result) != POLICY_AT_BOOT_IF_ROUTED_HERE;
}

static void conclude(const struct operation *operation, struct overlay_result *result)
{
	if (is_failure_ignored(result)) {
		result->state = RESULT_UNCHANGED;
		if (!operation->dry_run)
			log_overlay(LOG_WARNING, result->subject.name,
				"cannot find out where the routes point: %s", result->error.text);
	}
	set_trouble(result);
	/* Mixed routes are an unfinished move, and so a failure. */
	if (result->reach == OVERLAY_MIXED && result->state != RESULT_FAILED &&
		get_at_boot(result) == POLICY_AT_BOOT_IF_ROUTED_HERE) {
		result->error = result->trouble;
		result->state = RESULT_FAILED;
	} else if (!operation->dry_run) {
		log_reason(result);
	}
	if (result->state != RESULT_FAILED && result->host.plan.count)
		result->state = operation->dry_run ? RESULT_DIFFERS : RESULT_CHANGED;
}

static bool is_checked_with(const struct overlay_result *one, const struct overlay_result *other)
{
	return one->check != SOURCE_CHECK_PENDING && strcmp(one->eni, other->eni) == 0 &&
	       (get_at_boot(one) == POLICY_AT_BOOT_NEVER) ==
		       (get_at_boot(other) == POLICY_AT_BOOT_NEVER);
}

/* Checks an ENI only once, also if it is the target of several overlays. */
static void check_once(struct cloud *cloud, struct overlay_result *results, size_t number)
{
	struct overlay_result *result = &results[number];

	/* The API has just failed, or was not queried. */
	if (!result->eni[0] || result->reach == OVERLAY_UNKNOWN)
		return;
	for (size_t i = 0; i < number; i++) {
		if (!is_checked_with(&results[i], result))
			continue;
		result->check = results[i].check;
		result->check_error = results[i].check_error;
		return;
	}
	if (get_at_boot(result) != POLICY_AT_BOOT_NEVER)
		overlay_check_apply(cloud, EC2_FLAG_UNKNOWN, result);
	else if (cloud->operation->policy->source_dest_check != POLICY_CHECK_IGNORE)
		overlay_check_read(cloud, result);
}

/* Whether nothing has failed so far, and no overlay has an unfinished move. */
static bool is_ready(const struct overlay_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((results[i].state == RESULT_FAILED && !is_failure_ignored(&results[i])) ||
			results[i].check == SOURCE_CHECK_FAILED ||
			(follows_routes(&results[i]) && results[i].reach == OVERLAY_MIXED))
			return false;
	return true;
}

static int boot_overlays(struct cloud *cloud, const struct overlay_boot_listener *listener,
	struct overlay_result *results, size_t count, struct error *error)
{
	const struct operation *operation = cloud->operation;
	int err;

	for (size_t i = 0; i < count; i++)
		read_release_count(cloud, &results[i]);
	for (size_t i = 0; i < count; i++)
		if (results[i].state == RESULT_UNDECIDED)
			handle_route_independent(cloud, &results[i]);
	err = overlay_examine(cloud, results, count, !operation->dry_run, error);
	/* A dry run reads once, and shows all consequences of this read. */
	for (size_t i = 0; !err && i < count; i++)
		if (operation->dry_run)
			follow_routes(cloud, &results[i], clock_now());
		else
			place_if_routed_here(cloud, &results[i]);
	/* After the addresses; also on a node that is not active, since it may become active. */
	for (size_t i = 0; !err && i < count; i++)
		check_once(cloud, results, i);
	if (!err && !operation->dry_run && listener && is_ready(results, count))
		listener->ready(listener->data);
	if (!err && !operation->dry_run)
		err = confirm_all(cloud, results, count, error);
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

	if (overlay_results_create(operation->policy, interface, &results, &count))
		err = error_oom(error);
	if (!err && count)
		err = cloud_open(operation, &cloud, error);
	if (!err && count)
		err = boot_overlays(&cloud, listener, results, count, error);
	cloud_close(&cloud);
	if (err) {
		overlay_result_cleanup_all(results, count);
		return error_complete(error, err);
	}
	*ret_results = results;
	*ret_count = count;
	return 0;
}
