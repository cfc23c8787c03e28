/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the clocks and generates random numbers, only for the edges and the operations: pure rooms
 * receive both as arguments. One of the three modules in this room that do I/O.
 */
#pragma once

#include <stdint.h>

uint64_t clock_wall(void); /* seconds since 1970, for signatures; may be wrong */
uint64_t clock_now(void); /* milliseconds of CLOCK_MONOTONIC */
/* milliseconds of CLOCK_BOOTTIME, for records: not affected by clock changes, reset by a reboot */
uint64_t clock_boottime(void);
uint32_t clock_random(void); /* for jitter and request tokens, not for cryptographic keys */
