/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes the total deadline of a command and the delays between attempts within it.
 *
 * All functions are pure: the caller passes `now`. All times are milliseconds of CLOCK_MONOTONIC.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct deadline {
	uint64_t at;
};

struct deadline deadline_after(uint64_t now, uint64_t msec);
struct deadline deadline_min(struct deadline a, struct deadline b);
/* 0 if the deadline has passed */
uint64_t deadline_left(const struct deadline *deadline, uint64_t now);

/*
 * Returns the delay before repetition number `attempt` (1 is the first repetition): full jitter, a
 * random fraction (random / 2^32) of min(base · 2^(attempt-1), cap). At least 1 ms.
 */
uint64_t backoff_delay(unsigned attempt, uint32_t random, uint64_t base, uint64_t cap);

/*
 * Returns the delay before poll number `attempt` of an operation in progress: a random value
 * between half of min(base · 2^(attempt-1), cap) and that minimum. Full jitter would either poll
 * twice as often or detect the end up to twice as late.
 */
uint64_t poll_delay(unsigned attempt, uint32_t random, uint64_t base, uint64_t cap);
