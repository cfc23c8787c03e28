/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One total deadline per verb, and the back-off between tries inside it. Pure: `now` is given.
 * All times are milliseconds of CLOCK_MONOTONIC.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct deadline {
	uint64_t at;
};

struct deadline deadline_after(uint64_t now, uint64_t msec);
struct deadline deadline_sooner(struct deadline one, struct deadline other);
uint64_t deadline_left(const struct deadline *deadline, uint64_t now); /* 0 once it has come */

/*
 * How long to wait before try number `attempt` (1 is the first repetition): full jitter, a random
 * share (random / 2^32) of min(base · 2^(attempt-1), cap). At least 1 ms.
 */
uint64_t backoff_delay(unsigned attempt, uint32_t random, uint64_t base, uint64_t cap);

/*
 * How long to wait before the next look at something that is under way: at least half of that limit.
 * Full jitter would either look twice as often or be late by twice as much.
 */
uint64_t watch_delay(unsigned attempt, uint32_t random, uint64_t base, uint64_t cap);
