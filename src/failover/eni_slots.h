/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds a slot for an ENI on an instance: a device index of a network card. The free slots are
 * known from the instance's ENIs and from EC2's refusals. The numbers of cards and indexes of an
 * instance type are not known here, so that a card is known only when an ENI is on it. Index 0 is
 * never a free slot: it belongs to the primary ENI, or to an ENI that was launched with the
 * instance.
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
	uint32_t cards; /* bit N: ENIs can be attached to card N */
	uint32_t used[ENI_CARDS_MAX]; /* for each card, bit N: device index N is used */
};

/* Only card 0 is known; all its indexes but 0 are free. */
void eni_slots_init(struct eni_slots *slots);
/* Only the slot of this attachment is free; none if its card or index is out of range here. */
void eni_slots_init_only(struct eni_slots *slots, const struct ec2_attachment *attachment);
/* Adds the cards of the instance's ENIs, and marks the slots of these ENIs as used. */
void eni_slots_add_instance(struct eni_slots *slots, const struct ec2_instance *instance);

/* Finds the first free slot; false: there is none. */
bool eni_slots_pick(const struct eni_slots *slots, struct eni_slot *ret_slot);
/* Marks a slot as used. */
void eni_slots_mark_used(struct eni_slots *slots, const struct eni_slot *slot);
/* Marks a card as full. */
void eni_slots_mark_full(struct eni_slots *slots, uint32_t card);
