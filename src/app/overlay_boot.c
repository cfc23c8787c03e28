/* SPDX-License-Identifier: Apache-2.0 */
#include "app/overlay_boot.h"

#include "app/overlay_check.h"
#include "app/overlay_examine.h"
#include "app/overlay_target.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What to do with the address on this host. */
enum action {
	KEEP,
	CARRY,
	TAKE_OFF,
};

static enum action decide_by_routes(const struct overlay_result *result)
{
	switch (result->reach) {
	case OVERLAY_HERE:
		return CARRY;
	case OVERLAY_ELSEWHERE:
		return TAKE_OFF;
	case OVERLAY_UNKNOWN:
	case OVERLAY_NOWHERE:
	case OVERLAY_MIXED:
		break;
	}
	return KEEP;
}

static enum action decide(const struct overlay_result *result)
{
	switch (result->subject.policy->at_boot) {
	case POLICY_AT_BOOT_ALWAYS:
		return result->link.index ? CARRY : KEEP;
	case POLICY_AT_BOOT_IF_ROUTED_HERE:
		return decide_by_routes(result);
	case POLICY_AT_BOOT_NEVER:
		break;
	}
	return KEEP;
}

/* Why the address is not put back, where somebody may wonder. */
static void explain(struct overlay_result *result)
{
	const char *name = result->subject.name;
	char text[OVERLAY_ROUTE_TEXT_SIZE];

	if (result->subject.policy->at_boot != POLICY_AT_BOOT_IF_ROUTED_HERE)
		return;
	if (result->reach == OVERLAY_NOWHERE)
		log_overlay(LOG_WARNING, name,
			"no route leads to it, so that the address is not put on this host: make "
			"one with \"myha overlay create %s\"",
			name);
	if (result->reach == OVERLAY_ELSEWHERE)
		log_overlay(LOG_INFO, name, "it is routed to %s, and not to this host",
			overlay_route_format(&result->tables[0].before, text));
	if (result->reach == OVERLAY_MIXED) {
		error_set(&result->error, OUTCOME_DIFFERS, EAGAIN,
			"some of its route tables lead here and some elsewhere: finish the move "
			"with \"myha overlay move %s\" on the node that is to have it",
			name);
		result->state = RESULT_FAILED;
	}
}

static int change_host(const struct deed *deed, enum action action, struct overlay_result *result)
{
	const struct net_link *link = action == CARRY ? &result->link : NULL;
	struct overlay_host host = {0};
	struct error error = {0};
	int err = overlay_host_open(deed, &result->subject, &host, &error);

	if (!err)
		err = overlay_host_carry(&host, link, result, &error);
	overlay_host_close(&host);
	if (err) {
		result->error = error;
		result->state = RESULT_FAILED;
	}
	return err;
}

/* Where the routes lead does not matter to these, so that not knowing is no failure. */
static void forgive(struct overlay_result *result)
{
	enum policy_at_boot at_boot = result->subject.policy->at_boot;

	if (result->state != RESULT_FAILED || at_boot == POLICY_AT_BOOT_IF_ROUTED_HERE ||
		(at_boot == POLICY_AT_BOOT_ALWAYS && !result->link.index))
		return;
	log_overlay(LOG_WARNING, result->subject.name, "where it is routed to is not known: %s",
		result->error.text);
	result->state = RESULT_UNCHANGED;
}

/* An ENI that carries several overlays is looked at once. */
static void check_once(struct cloud *cloud, struct overlay_result *results, size_t number)
{
	struct overlay_result *result = &results[number];

	if (!result->eni[0] || result->subject.policy->at_boot == POLICY_AT_BOOT_NEVER)
		return;
	for (size_t i = 0; i < number; i++) {
		if (results[i].check == SOURCE_CHECK_OPEN ||
			strcmp(results[i].eni, result->eni) != 0)
			continue;
		result->check = results[i].check;
		result->check_error = results[i].check_error;
		return;
	}
	overlay_check_run(cloud, result);
}

static void act(struct cloud *cloud, struct overlay_result *result)
{
	enum action action = decide(result);

	forgive(result);
	explain(result);
	if (action != KEEP && !change_host(cloud->deed, action, result) &&
		result->host.plan.count && result->state != RESULT_FAILED)
		result->state = cloud->deed->dry_run ? RESULT_DIFFERS : RESULT_CHANGED;
}

int overlay_boot(const struct deed *deed, struct overlay_result **ret_results, size_t *ret_count,
	struct error *error)
{
	struct overlay_result *results = NULL;
	struct cloud cloud = {0};
	size_t count = 0;
	int err = 0;

	if (deed->policy->n_overlays)
		err = cloud_open(deed, &cloud, error);
	if (!err && overlay_results_of_policy(deed->policy, &results, &count))
		err = error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	if (!err && count)
		err = overlay_examine(&cloud, results, count, error);
	for (size_t i = 0; !err && i < count; i++)
		act(&cloud, &results[i]);
	/* Addresses first; and a node that is not active may have to take over. */
	for (size_t i = 0; !err && i < count; i++)
		check_once(&cloud, results, i);
	cloud_close(&cloud);
	if (err) {
		overlay_result_cleanup_all(results, count);
		return err;
	}
	*ret_results = results;
	*ret_count = count;
	return 0;
}
