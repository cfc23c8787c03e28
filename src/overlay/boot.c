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

/* Each subject of this file comes from the policy, so subject.policy is not NULL. */
static enum policy_at_boot get_at_boot(const struct overlay_result *result)
{
	return policy_get_boot_action(result->subject.policy);
}

/* Fails the result, unless only the link is missing: result->is_link_absent shows that. */
static void store_failure(int err, const struct error *error, struct overlay_result *result)
{
	if (!err || (err == -ENODEV && error->outcome == OUTCOME_USAGE))
		return;
	result->error = *error;
	error_ensure_text(&result->error, err);
	result->state = result->host.state = RESULT_FAILED;
}

/* If the count changes later, another run has released the address: then it is not placed. */
static void read_release_count(struct cloud *cloud, struct overlay_result *result)
{
	struct placement placement = {.lock = {.fd = -1}};
	struct error error = {0};
	int err;

	if (!operation_takes_lock(cloud->operation))
		return;
	err = placement_open(
		cloud->operation->run_directory, &result->subject.address, &placement, &error);
	store_failure(err, &error, result);
	result->releases = placement.releases;
	placement_close(&placement);
}

/* Places the address on the result's link. If the link is not known yet, finds it first. */
static void place_address(struct cloud *cloud, struct overlay_result *result)
{
	struct overlay_host host = {0};
	struct error error = {0};
	int err = overlay_host_open(cloud->operation, &result->subject, &host, &error);

	host.placement.releases = result->releases; /* not the count at overlay_host_open() */
	if (!err && !result->link.index)
		err = overlay_host_find_link(&host, cloud, &result->subject, &result->link, &error);
	if (!err)
		err = overlay_host_place(&host, &result->link, result, &error);
	if (err == -ECANCELED) {
		log_overlay(LOG_INFO, result->subject.name,
			"another run of myha released the address meanwhile: not placing the address");
		err = 0;
	}
	overlay_host_close(&host);
	store_failure(err, &error, result);
}

/* Removes the address, unless a move may be newer than the read at `read_at`: sets *ret_moved. */
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
		err = overlay_host_remove(&host, result, &error);
	overlay_host_close(&host);
	store_failure(err, &error, result);
}

/* ALWAYS and NEVER do not depend on routes. A dry run reads them for NEVER, to show them. */
static void handle_route_independent(struct cloud *cloud, struct overlay_result *result)
{
	enum policy_at_boot at_boot = get_at_boot(result);

	if (at_boot == POLICY_AT_BOOT_ALWAYS)
		place_address(cloud, result);
	else if (at_boot == POLICY_AT_BOOT_NEVER && !cloud->operation->dry_run)
		result->state = RESULT_UNCHANGED;
}

/* Whether the routes decide if the address is placed, and the overlay has not failed. */
static bool follows_routes(const struct overlay_result *result)
{
	return get_at_boot(result) == POLICY_AT_BOOT_IF_ROUTED_HERE &&
	       result->state != RESULT_FAILED;
}

/* The read of the routes may be stale, but an active host must not wait for another read. */
static void place_if_routed_here(struct cloud *cloud, struct overlay_result *result)
{
	if (follows_routes(result) && result->routes == ROUTES_LEAD_HERE && !result->is_link_absent)
		place_address(cloud, result);
}

/* A second read must confirm the first, unless that found the routes and the address in place. */
static bool needs_confirmation(const struct overlay_result *result)
{
	if (!follows_routes(result) || result->routes == ROUTES_UNKNOWN)
		return false;
	return result->routes != ROUTES_LEAD_HERE || result->host.plan.count;
}

/* Acts on the routes as of `read_at`. True: read again, after a placement or a possible move. */
static bool place_or_remove(struct cloud *cloud, struct overlay_result *result, uint64_t read_at)
{
	size_t n_steps_before = result->host.plan.count;
	bool moved = false;

	if (!follows_routes(result))
		return false;
	if (result->routes == ROUTES_LEAD_HERE) {
		place_if_routed_here(cloud, result);
		return result->host.plan.count > n_steps_before;
	}
	if (result->routes == ROUTES_LEAD_ELSEWHERE && result->holder[0])
		remove_address(cloud, result, read_at, &moved);
	return moved;
}

/* Whether EC2 did not respond in the time for the overlay's role. The next read gets more time. */
static bool has_role_timed_out(const struct overlay_result *result)
{
	return result->state == RESULT_FAILED && result->host.state != RESULT_FAILED &&
	       result->error.outcome == OUTCOME_TIMEOUT &&
	       get_at_boot(result) == POLICY_AT_BOOT_IF_ROUTED_HERE;
}

/* Fails these overlays, since the state that the first read showed may be stale. */
static void fail_unconfirmed(struct overlay_result *results, size_t count, const bool *unconfirmed,
	const struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (!unconfirmed[i] || results[i].state == RESULT_FAILED)
			continue;
		results[i].state = RESULT_FAILED;
		results[i].error = *error;
		error_ensure_text(&results[i].error, -EIO);
	}
}

/*
 * Reads the routes of the unconfirmed overlays again, and acts on them. An overlay is not confirmed
 * if place_or_remove() requires another read, or if its role timed out.
 */
static int confirm_again(struct cloud *cloud, struct overlay_result *results, size_t count,
	bool *unconfirmed, struct error *error)
{
	const bool limits_roles = true;
	uint64_t read_at = clock_now();
	int err;

	for (size_t i = 0; i < count; i++)
		if (unconfirmed[i])
			results[i].state = RESULT_UNDECIDED; /* for overlay_examine() */
	err = overlay_examine(cloud, results, count, limits_roles, error);
	for (size_t i = 0; !err && i < count; i++)
		unconfirmed[i] = unconfirmed[i] && (place_or_remove(cloud, &results[i], read_at) ||
							   has_role_timed_out(&results[i]));
	return err;
}

static bool has_any(const bool *flags, size_t count)
{
	return memchr(flags, true, count * sizeof(*flags)) != NULL;
}

/* Repeats reads that cannot be stale until they change no address, or until the deadline. */
static int confirm_until_unchanged(
	struct cloud *cloud, struct overlay_result *results, size_t count, struct error *error)
{
	_cleanup_(cleanup_free) bool *unconfirmed = calloc(count, sizeof(*unconfirmed));
	struct error failure = {0};
	int err = 0;

	if (!unconfirmed)
		return error_oom(error);
	for (size_t i = 0; i < count; i++)
		unconfirmed[i] = needs_confirmation(&results[i]) || has_role_timed_out(&results[i]);
	while (!err && has_any(unconfirmed, count)) {
		if (overlay_wait_for_fresh_read(cloud->operation, &failure)) {
			fail_unconfirmed(results, count, unconfirmed, &failure);
			return 0; /* the results have the error */
		}
		err = confirm_again(cloud, results, count, unconfirmed, error);
	}
	return err;
}

/* A blackhole: EC2 drops the traffic, since the target ENI is gone or its instance is stopped. */
static bool are_all_routes_blackholes(const struct overlay_result *result)
{
	for (size_t i = 0; i < result->n_tables; i++)
		if (result->tables[i].before.exists &&
			result->tables[i].before.state != EC2_ROUTE_BLACKHOLE)
			return false;
	return true;
}

/* Sets the reason why clients cannot reach the address, if a boot cannot repair that. */
static void set_problem(struct overlay_result *result)
{
	const struct overlay_route *route = overlay_result_first_route(result);
	char text[OVERLAY_ROUTE_TEXT_SIZE], quoted[SHELL_WORD_SIZE];
	const char *name = shell_quote(result->subject.name, quoted);

	switch (result->routes) {
	case ROUTES_ABSENT:
		error_set(&result->problem, OUTCOME_DIFFERS, ENOENT,
			"no route table has a route to this overlay: create the routes with \"myha overlay create %s\" on the node that should hold the address",
			name);
		break;
	case ROUTES_MIXED:
		error_set(&result->problem, OUTCOME_DIFFERS, EAGAIN,
			"some routes point to this host and some to another target: finish the move with \"myha overlay move %s\" on the node that should hold the address",
			name);
		break;
	case ROUTES_LEAD_ELSEWHERE:
		if (are_all_routes_blackholes(result))
			error_set(&result->problem, OUTCOME_DIFFERS, EHOSTUNREACH,
				"route points to %s, which drops the traffic: take over the overlay with \"myha overlay move %s\"",
				overlay_route_format(route, text), name);
		break;
	case ROUTES_LEAD_HERE:
		if (result->link.index) /* the problem is a fault of the link, if any */
			overlay_host_check_link(&result->link, &result->problem);
		break;
	case ROUTES_UNKNOWN:
		break;
	}
}

/* Logs why the address is not placed, unless a logged removal has already shown the reason. */
static void log_why_not_placed(const struct overlay_result *result)
{
	const struct overlay_route *route = overlay_result_first_route(result);
	const char *name = result->subject.name;
	char text[OVERLAY_ROUTE_TEXT_SIZE], unit[UNIT_NAME_SIZE];

	if (result->problem.outcome != OUTCOME_DONE)
		log_overlay(LOG_WARNING, name, "%s", result->problem.text);
	else if (result->routes == ROUTES_LEAD_ELSEWHERE && !result->host.plan.count &&
		 get_at_boot(result) == POLICY_AT_BOOT_IF_ROUTED_HERE)
		log_overlay(LOG_INFO, name, "route points to %s, not to this host",
			overlay_route_format(route, text));
	overlay_result_log_skipped_tables(result, LOG_INFO);
	if (!result->is_link_absent)
		return;
	unit_name_format("myha-boot@", result->subject.interface, ".service", unit);
	log_overlay(LOG_INFO, name,
		"there is no interface %s for the address: %s handles this overlay when the interface appears",
		result->subject.interface, unit);
}

/* Whether only the routes are not known, and the placement does not depend on them. */
static bool is_failure_ignored(const struct overlay_result *result)
{
	return result->state == RESULT_FAILED && result->host.state != RESULT_FAILED &&
	       get_at_boot(result) != POLICY_AT_BOOT_IF_ROUTED_HERE;
}

static void set_final_state(const struct operation *operation, struct overlay_result *result)
{
	if (is_failure_ignored(result)) {
		result->state = RESULT_UNCHANGED;
		if (!operation->dry_run)
			log_overlay(LOG_WARNING, result->subject.name,
				"cannot find out where the routes point: %s", result->error.text);
	}
	set_problem(result);
	/* Mixed routes are an unfinished move, and so a failure. */
	if (result->routes == ROUTES_MIXED && result->state != RESULT_FAILED &&
		get_at_boot(result) == POLICY_AT_BOOT_IF_ROUTED_HERE) {
		result->error = result->problem;
		result->state = RESULT_FAILED;
	} else if (!operation->dry_run) {
		log_why_not_placed(result);
	}
	if (result->state != RESULT_FAILED && result->host.plan.count)
		result->state = operation->dry_run ? RESULT_DIFFERS : RESULT_CHANGED;
}

/* Whether `other` can copy the verdict: same ENI, and both or neither only read the check. */
static bool can_copy_check(const struct overlay_result *checked, const struct overlay_result *other)
{
	return checked->check != SOURCE_CHECK_PENDING && strcmp(checked->eni, other->eni) == 0 &&
	       (get_at_boot(checked) == POLICY_AT_BOOT_NEVER) ==
		       (get_at_boot(other) == POLICY_AT_BOOT_NEVER);
}

/* Checks an ENI only once, even if the ENI is the target of several overlays. */
static void check_eni_once(struct cloud *cloud, struct overlay_result *results, size_t index)
{
	struct overlay_result *result = &results[index];

	/* EC2 has just failed to respond, or was not queried. */
	if (!result->eni[0] || result->routes == ROUTES_UNKNOWN)
		return;
	for (size_t i = 0; i < index; i++) {
		if (!can_copy_check(&results[i], result))
			continue;
		result->check = results[i].check;
		result->check_error = results[i].check_error;
		return;
	}
	if (get_at_boot(result) != POLICY_AT_BOOT_NEVER)
		overlay_source_check_apply(cloud, EC2_FLAG_UNKNOWN /* not read yet */, result);
	else if (cloud->operation->policy->source_dest_check != POLICY_CHECK_IGNORE)
		overlay_source_check_read(cloud, result);
}

/* Whether nothing has failed so far, and no overlay has an unfinished move. */
static bool is_ready(const struct overlay_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((results[i].state == RESULT_FAILED && !is_failure_ignored(&results[i])) ||
			results[i].check == SOURCE_CHECK_FAILED ||
			(follows_routes(&results[i]) && results[i].routes == ROUTES_MIXED))
			return false;
	return true;
}

static int restore_overlays(struct cloud *cloud, const struct overlay_boot_callback *on_ready,
	struct overlay_result *results, size_t count, struct error *error)
{
	const struct operation *operation = cloud->operation;
	int err;

	/* Before any read of the routes, so that a release during this boot is noticed. */
	for (size_t i = 0; i < count; i++)
		read_release_count(cloud, &results[i]);
	for (size_t i = 0; i < count; i++)
		if (results[i].state == RESULT_UNDECIDED)
			handle_route_independent(cloud, &results[i]);
	err = overlay_examine(cloud, results, count, !operation->dry_run /* limits_roles */, error);
	/* A dry run reads only once: it counts this read as current, and shows all consequences. */
	for (size_t i = 0; !err && i < count; i++)
		if (operation->dry_run)
			place_or_remove(cloud, &results[i], clock_now());
		else
			place_if_routed_here(cloud, &results[i]);
	/* After the addresses; also on a node without addresses, since the node may get them. */
	for (size_t i = 0; !err && i < count; i++)
		check_eni_once(cloud, results, i);
	if (!err && !operation->dry_run && on_ready && is_ready(results, count))
		on_ready->call(on_ready->data);
	if (!err && !operation->dry_run)
		err = confirm_until_unchanged(cloud, results, count, error);
	for (size_t i = 0; !err && i < count; i++)
		set_final_state(operation, &results[i]);
	return err;
}

int overlay_restore_all(const struct operation *operation, const char *interface,
	const struct overlay_boot_callback *on_ready, struct overlay_result **ret_results,
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
		err = restore_overlays(&cloud, on_ready, results, count, error);
	cloud_close(&cloud);
	if (err) {
		overlay_result_cleanup_all(results, count);
		return error_ensure_text(error, err);
	}
	*ret_results = results;
	*ret_count = count;
	return 0;
}
