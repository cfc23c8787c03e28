/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials_chain.h"

#include "base/log.h"

#include <errno.h>

/* If the policy selects a profile, keys of the environment are ignored: they would replace it. */
static int find_in_environment(
	const struct credentials_search *search, struct credentials_plan *plan, struct error *error)
{
	if (search->settings->is_profile_from_policy)
		return error_set(
			error, OUTCOME_FAILED, ENODATA, "not used: the policy sets aws.profile");
	return credentials_from_environment(search, &plan->base, error);
}

static int find_in_container(
	const struct credentials_search *search, struct credentials_plan *plan, struct error *error)
{
	return credentials_from_container(search, &plan->base, error);
}

static int find_in_instance(
	const struct credentials_search *search, struct credentials_plan *plan, struct error *error)
{
	return credentials_from_instance(search, &plan->base, error);
}

static const struct source {
	const char *name;
	int (*find)(const struct credentials_search *search, struct credentials_plan *plan,
		struct error *error);
} sources[] = {
	{"environment", find_in_environment},
	{"profile", credentials_from_profile},
	{"container", find_in_container},
	{"instance", find_in_instance},
};

/* Reports the reason of each source. Only the last source's `err` can differ from -ENODATA. */
static int report_no_credentials(const struct error *reasons, int err, struct error *error)
{
	enum outcome outcome = reasons[ARRAY_SIZE(sources) - 1].outcome;

	return error_set(error, outcome, err == -ENODATA ? ENOKEY : -err,
		"no credentials: %s (%s), %s (%s), %s (%s), %s (%s)", sources[0].name,
		reasons[0].text, sources[1].name, reasons[1].text, sources[2].name, reasons[2].text,
		sources[3].name, reasons[3].text);
}

/* Tries each source in turn: -ENODATA leads to the next one, any other error ends the search. */
int credentials_find(const struct credentials_search *search, struct credentials_plan *ret_plan,
	struct error *error)
{
	_cleanup_(credentials_plan_done) struct credentials_plan plan = {0};
	struct error reasons[ARRAY_SIZE(sources)] = {{0}};
	size_t last = ARRAY_SIZE(sources) - 1;
	int err = -ENODATA;

	for (size_t i = 0; i <= last && err == -ENODATA; i++) {
		err = sources[i].find(search, &plan, &reasons[i]);
		/* A failure of the last source is reported below, with the reasons of all. */
		if (err && err != -ENODATA && i < last)
			return error_set(error, reasons[i].outcome, -err, "%s", reasons[i].text);
		if (err == -ENODATA)
			log_line(LOG_DEBUG, NULL, "credentials: %s: %s", sources[i].name,
				reasons[i].text);
	}
	if (err)
		return report_no_credentials(reasons, err, error);
	log_line(LOG_DEBUG, NULL, "credentials: %s, roles to assume: %zu", plan.base.source,
		plan.count);
	*ret_plan = TAKE_STRUCT(plan);
	return 0;
}
