/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials_chain.h"

#include "base/log.h"

#include <errno.h>

static int from_environment(
	const struct credentials_search *search, struct credentials_plan *plan, struct error *error)
{
	if (search->settings->profile_by_policy)
		return error_set(error, OUTCOME_FAILED, ENODATA,
			"passed over for aws.profile of the policy");
	return credentials_from_environment(search, &plan->base, error);
}

static int from_container(
	const struct credentials_search *search, struct credentials_plan *plan, struct error *error)
{
	return credentials_from_container(search, &plan->base, error);
}

static int from_instance(
	const struct credentials_search *search, struct credentials_plan *plan, struct error *error)
{
	return credentials_from_instance(search, &plan->base, error);
}

static const struct source {
	const char *name;
	int (*find)(const struct credentials_search *search, struct credentials_plan *plan,
		struct error *error);
} sources[] = {
	{"environment", from_environment},
	{"profile", credentials_from_profile},
	{"container", from_container},
	{"instance", from_instance},
};

static int fail(const struct error *why, int err, struct error *error)
{
	enum outcome outcome = why[ARRAY_SIZE(sources) - 1].outcome;

	return error_set(error, outcome, err == -ENODATA ? ENOKEY : -err,
		"no credentials: %s (%s), %s (%s), %s (%s), %s (%s)", sources[0].name, why[0].text,
		sources[1].name, why[1].text, sources[2].name, why[2].text, sources[3].name,
		why[3].text);
}

int credentials_find(const struct credentials_search *search, struct credentials_plan *ret_plan,
	struct error *error)
{
	_cleanup_(credentials_plan_done) struct credentials_plan plan = {0};
	struct error why[ARRAY_SIZE(sources)] = {{0}};
	size_t last = ARRAY_SIZE(sources) - 1;
	int err = -ENODATA;

	for (size_t i = 0; i <= last && err == -ENODATA; i++) {
		err = sources[i].find(search, &plan, &why[i]);
		/* Nothing comes behind the last, so that its failure is only one reason of all. */
		if (err && err != -ENODATA && i < last)
			return error_set(error, why[i].outcome, -err, "%s", why[i].text);
		if (err == -ENODATA)
			log_line(LOG_DEBUG, NULL, "credentials: %s: %s", sources[i].name,
				why[i].text);
	}
	if (err)
		return fail(why, err, error);
	log_line(LOG_DEBUG, NULL, "credentials: %s, and %zu roles to assume", plan.base.source,
		plan.count);
	*ret_plan = plan;
	plan = (struct credentials_plan){0};
	return 0;
}
