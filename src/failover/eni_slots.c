/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_slots.h"

#include <string.h>

#define BIT(number) (UINT32_C(1) << (number))
#define INDEXES_MAX 32

/* Index 0 counts as used on each card: see eni_slots.h. */
void eni_slots_init(struct eni_slots *slots)
{
	*slots = (struct eni_slots){.cards = BIT(0)};
	for (size_t i = 0; i < ENI_CARDS_MAX; i++)
		slots->used[i] = BIT(0);
}

static bool is_in_range(const struct ec2_attachment *attachment)
{
	return attachment->device_index >= 0 && attachment->device_index < INDEXES_MAX &&
	       attachment->network_card < ENI_CARDS_MAX;
}

/* EC2 does not report the card (-1) if the instance has only one network card, which is card 0. */
static uint32_t get_card(const struct ec2_attachment *attachment)
{
	return attachment->network_card > 0 ? (uint32_t)attachment->network_card : 0;
}

void eni_slots_init_only(struct eni_slots *slots, const struct ec2_attachment *attachment)
{
	*slots = (struct eni_slots){0};
	if (!is_in_range(attachment) || !attachment->device_index)
		return;
	slots->cards = BIT(get_card(attachment));
	slots->used[get_card(attachment)] = ~BIT(attachment->device_index);
}

void eni_slots_add_instance(struct eni_slots *slots, const struct ec2_instance *instance)
{
	for (size_t i = 0; i < instance->enis.count; i++) {
		const struct ec2_attachment *attachment = &instance->enis.items[i].attachment;
		if (!is_in_range(attachment))
			continue;
		slots->cards |= BIT(get_card(attachment));
		slots->used[get_card(attachment)] |= BIT(attachment->device_index);
	}
}

/* Picks the lowest clear bit, the lowest free index, of the first card that has one. */
bool eni_slots_pick(const struct eni_slots *slots, struct eni_slot *ret_slot)
{
	for (uint32_t card = 0; card < ENI_CARDS_MAX; card++) {
		if (!(slots->cards & BIT(card)) || slots->used[card] == UINT32_MAX)
			continue;
		*ret_slot = (struct eni_slot){card, (uint32_t)__builtin_ctz(~slots->used[card])};
		return true;
	}
	return false;
}

void eni_slots_mark_used(struct eni_slots *slots, const struct eni_slot *slot)
{
	slots->used[slot->card] |= BIT(slot->index);
}

void eni_slots_mark_full(struct eni_slots *slots, uint32_t card)
{
	slots->cards &= ~BIT(card);
}
