/* SPDX-License-Identifier: Apache-2.0 */
#include "app/overlay_boot.h"

#include "app/overlay_check.h"
#include "app/overlay_examine.h"
#include "app/overlay_target.h"
#include "base/log.h"
#include "base/shell.h"

#include <errno.h>
#include <string.h>

static enum policy_at_boot at_boot_of(const struct overlay_result *result)
{
	return policy_overlay_at_boot(result->subject.policy);
}

/* Puts the address on the result's link, which is looked up where it is not known yet, or takes it off. */
static int change_host(struct cloud *cloud, bool carry, struct overlay_result *result)
{
	struct overlay_host host = {0};
	struct error error = {0};
	int err = overlay_host_open(cloud->deed, &result->subject, &host, &error);

	if (!err && carry && !result->link.index)
		err = overlay_host_link(&host, cloud, &result->subject, &result->link, &error);
	if (!err)
		err = overlay_host_carry(&host, carry ? &result->link : NULL, result, &error);
	overlay_host_close(&host);
	/* A link that is not there is for overlay_examine() to tell. */
	if (err && !(err == -ENODEV && error.outcome == OUTCOME_USAGE)) {
		result->error = error;
		result->state = result->host.state = RESULT_FAILED;
	}
	return err;
}

/* What does not depend on where the routes lead is not held up by EC2's answers. */
static void begin(struct cloud *cloud, struct overlay_result *result)
{
	switch (at_boot_of(result)) {
	case POLICY_AT_BOOT_ALWAYS:
		change_host(cloud, true, result);
		break;
	case POLICY_AT_BOOT_NEVER:
		if (!cloud->deed->dry_run)
			result->state = RESULT_UNCHANGED;
		break;
	case POLICY_AT_BOOT_IF_ROUTED_HERE:
		break;
	}
}

/* Where one cannot tell, the address stays as it is. */
static void follow_routes(struct cloud *cloud, struct overlay_result *result)
{
	if (at_boot_of(result) != POLICY_AT_BOOT_IF_ROUTED_HERE || result->state == RESULT_FAILED)
		return;
	switch (result->reach) {
	case OVERLAY_HERE:
		if (!result->absent)
			change_host(cloud, true, result);
		break;
	case OVERLAY_ELSEWHERE:
		change_host(cloud, false, result);
		break;
	case OVERLAY_UNKNOWN:
	case OVERLAY_NOWHERE:
	case OVERLAY_MIXED:
		break;
	}
}

/*
 * Another node may have taken over between the look and the deed, while there was nothing here yet to
 * take away: routes are read back after the address was put on.
 */
static int look_again(
	struct cloud *cloud, struct overlay_result *results, size_t count, struct error *error)
{
	int err;

	for (size_t i = 0; i < count; i++)
		if (at_boot_of(&results[i]) == POLICY_AT_BOOT_IF_ROUTED_HERE &&
			results[i].state != RESULT_FAILED && results[i].reach == OVERLAY_HERE &&
			results[i].host.plan.count)
			results[i].state = RESULT_OPEN;
	err = overlay_examine(cloud, results, count, error);
	for (size_t i = 0; !err && i < count; i++)
		if (results[i].reach == OVERLAY_ELSEWHERE && results[i].host.plan.count)
			follow_routes(cloud, &results[i]);
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
	case OVERLAY_UNKNOWN:
	case OVERLAY_HERE:
		break;
	}
}

/* Why the address is not put back, where somebody may wonder and no change has said it. */
static void explain(const struct overlay_result *result)
{
	const struct overlay_route *route = overlay_result_route(result);
	const char *name = result->subject.name;
	char text[OVERLAY_ROUTE_TEXT_SIZE];

	if (result->trouble.outcome != OUTCOME_DONE)
		log_overlay(LOG_WARNING, name, "%s", result->trouble.text);
	else if (result->reach == OVERLAY_ELSEWHERE && !result->host.plan.count &&
		 at_boot_of(result) == POLICY_AT_BOOT_IF_ROUTED_HERE)
		log_overlay(LOG_INFO, name, "it is routed to %s, and not to this host",
			overlay_route_format(route, text));
	overlay_result_log_others(result, LOG_INFO);
	if (result->absent)
		log_overlay(LOG_INFO, name,
			"there is no interface %s to carry it: myha-boot@%s.service looks "
			"after it when that comes",
			result->subject.interface, result->subject.interface);
}

/* Where the routes lead does not matter to the others, so that not knowing is no failure. */
static bool is_forgiven(const struct overlay_result *result)
{
	return result->state == RESULT_FAILED && result->host.state != RESULT_FAILED &&
	       at_boot_of(result) != POLICY_AT_BOOT_IF_ROUTED_HERE;
}

static void conclude(const struct deed *deed, struct overlay_result *result)
{
	if (is_forgiven(result)) {
		result->state = RESULT_UNCHANGED;
		if (!deed->dry_run)
			log_overlay(LOG_WARNING, result->subject.name,
				"where it is routed to is not known: %s", result->error.text);
	}
	find_trouble(result);
	/* The others stay with their node until somebody moves them; this one's move was begun. */
	if (result->reach == OVERLAY_MIXED && result->state != RESULT_FAILED &&
		at_boot_of(result) == POLICY_AT_BOOT_IF_ROUTED_HERE) {
		result->error = result->trouble;
		result->state = RESULT_FAILED;
	} else if (!deed->dry_run) {
		explain(result);
	}
	if (result->state != RESULT_FAILED && result->host.plan.count)
		result->state = deed->dry_run ? RESULT_DIFFERS : RESULT_CHANGED;
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
		overlay_check_run(cloud, result);
	else if (cloud->deed->policy->source_dest_check != POLICY_CHECK_IGNORE)
		overlay_check_look(cloud, result);
}

static int run(
	struct cloud *cloud, struct overlay_result *results, size_t count, struct error *error)
{
	const struct deed *deed = cloud->deed;
	int err;

	for (size_t i = 0; i < count; i++)
		begin(cloud, &results[i]);
	err = overlay_examine(cloud, results, count, error);
	for (size_t i = 0; !err && i < count; i++)
		follow_routes(cloud, &results[i]);
	if (!err && !deed->dry_run)
		err = look_again(cloud, results, count, error);
	for (size_t i = 0; !err && i < count; i++)
		conclude(deed, &results[i]);
	/* Addresses first; and a node that is not active may have to take over. */
	for (size_t i = 0; !err && i < count; i++)
		check_once(cloud, results, i);
	return err;
}

int overlay_boot(const struct deed *deed, const char *interface,
	struct overlay_result **ret_results, size_t *ret_count, struct error *error)
{
	struct overlay_result *results = NULL;
	struct cloud cloud = {0};
	size_t count = 0;
	int err = 0;

	if (overlay_results_of_policy(deed->policy, interface, &results, &count))
		err = error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	if (!err && count)
		err = cloud_open(deed, &cloud, error);
	if (!err && count)
		err = run(&cloud, results, count, error);
	cloud_close(&cloud);
	if (err) {
		overlay_result_cleanup_all(results, count);
		return err;
	}
	*ret_results = results;
	*ret_count = count;
	return 0;
}
