/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where on an instance an ENI can be attached: a device index of a network card. What is known
 * comes from the instance's ENIs and from what EC2 refuses; how many of either an instance type has
 * it does not say here, so a card is known once something is on it. Index 0 is never one: it is the
 * primary ENI's, or of what came with the instance.
 */
#pragma once

#include "ec2/replies.h"

#include <stdbool.h>
#include <stdint.h>

#define ENI_CARDS_MAX 32

struct eni_slot {
	uint32_t card;
	uint32_t index;
};

struct eni_slots {
	uint32_t cards; /* bit by card: may be attached to */
	uint32_t used[ENI_CARDS_MAX]; /* bit by device index */
};

/* Card 0 with all but index 0 free. */
void eni_slots_init(struct eni_slots *slots);
/* This one alone; none where it is beyond what can be counted here. */
void eni_slots_init_only(struct eni_slots *slots, const struct ec2_attachment *attachment);
/* Takes out what the instance's ENIs have. */
void eni_slots_use(struct eni_slots *slots, const struct ec2_instance *instance);

/* The first free one; false: there is none. */
bool eni_slots_pick(const struct eni_slots *slots, struct eni_slot *ret_slot);

void eni_slots_take(struct eni_slots *slots, const struct eni_slot *slot); /* it is not free */
void eni_slots_fill(struct eni_slots *slots, uint32_t card); /* nothing more goes on that card */
