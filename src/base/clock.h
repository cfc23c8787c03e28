/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monotonic clock and fresh randomness, for the edges and the deeds alone: the pure rooms get
 * both as arguments. One of the three places in this room that do I/O.
 */
#pragma once

#include <stdint.h>

uint64_t clock_wall(void); /* seconds since 1970, for signatures: may be wrong */
uint64_t clock_now(void); /* milliseconds of CLOCK_MONOTONIC */
uint64_t clock_boottime(
	void); /* the same of CLOCK_BOOTTIME, for records: no step, no reboot survives */
uint32_t clock_random(void); /* for jitter and request tokens, not for keys */
