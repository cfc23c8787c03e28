/* SPDX-License-Identifier: Apache-2.0 */
#include "base/deadline.h"

struct deadline deadline_after(uint64_t now, uint64_t msec)
{
	struct deadline deadline;

	if (__builtin_add_overflow(now, msec, &deadline.at))
		deadline.at = UINT64_MAX;
	return deadline;
}

struct deadline deadline_min(struct deadline a, struct deadline b)
{
	return a.at < b.at ? a : b;
}

uint64_t deadline_left(const struct deadline *deadline, uint64_t now)
{
	return deadline->at > now ? deadline->at - now : 0;
}

/* min(base · 2^(attempt-1), cap) */
static uint64_t compute_limit(unsigned attempt, uint64_t base, uint64_t cap)
{
	uint64_t limit = base < cap ? base : cap;

	/* Doubles without overflow. Ends at the cap, however large `attempt` is. */
	for (unsigned i = 1; i < attempt && limit > 0 && limit < cap; i++)
		limit = limit < cap - limit ? limit * 2 : cap;
	return limit;
}

/* limit · random / 2^32, computed in two parts to avoid an overflow. */
static uint64_t scale_by_random(uint64_t limit, uint32_t random)
{
	return (limit >> 32) * random + ((limit & UINT32_MAX) * random >> 32);
}

uint64_t backoff_delay(unsigned attempt, uint32_t random, uint64_t base, uint64_t cap)
{
	uint64_t delay = scale_by_random(compute_limit(attempt, base, cap), random);

	return delay > 0 ? delay : 1;
}

uint64_t poll_delay(unsigned attempt, uint32_t random, uint64_t base, uint64_t cap)
{
	uint64_t limit = compute_limit(attempt, base, cap);

	return limit / 2 + scale_by_random(limit - limit / 2, random);
}
