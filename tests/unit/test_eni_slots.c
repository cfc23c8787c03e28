/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the order of device indexes and network cards that are tried, given the ENIs of an
 * instance.
 */
#include "failover/eni_slots.h"

#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ENIS_MAX 4

struct place {
	int card, index; /* -1: not in the response; 0 and 0 end a list: each has the primary ENI */
};

static void use(struct eni_slots *slots, const struct place *places)
{
	struct ec2_eni enis[ENIS_MAX + 1] = {{.attachment = {.device_index = 0}}};
	struct ec2_instance instance = {.enis = {enis, 1, 0}};

	for (size_t i = 0; i < ENIS_MAX && (places[i].card || places[i].index); i++) {
		enis[instance.enis.count].attachment.network_card = places[i].card;
		enis[instance.enis.count++].attachment.device_index = places[i].index;
	}
	eni_slots_add_instance(slots, &instance);
}

/* "0/2 0/3 …": the first three, each being refused. */
static const char *first(struct eni_slots *slots, struct strbuf *out)
{
	struct eni_slot slot;

	strbuf_clear(out);
	for (int i = 0; i < 3 && eni_slots_pick(slots, &slot); i++) {
		strbuf_printf(out, "%u/%u ", slot.card, slot.index);
		eni_slots_mark_used(slots, &slot);
	}
	return strbuf_text(out);
}

static void test_pick(void **state)
{
	static const struct {
		struct place places[ENIS_MAX];
		bool full; /* card 0 takes no more */
		const char *first;
	} cases[] = {
		{{{0}}, false, "0/1 0/2 0/3 "},
		{{{-1, 1}}, false, "0/2 0/3 0/4 "},
		{{{0, 1}, {0, 2}, {0, 4}}, false, "0/3 0/5 0/6 "},
		/* An index of another card is free on this one. */
		{{{1, 1}, {0, 2}}, false, "0/1 0/3 0/4 "},
		{{{1, 1}, {0, 2}}, true, "1/2 1/3 1/4 "},
		{{{3, 1}, {1, 0}}, true, "1/1 1/2 1/3 "},
		{{{0, 1}}, true, ""},
		/* An index that cannot be counted is not tried either. */
		{{{0, -1}, {40, 1}, {0, 99}}, false, "0/1 0/2 0/3 "},
		{{{0, 31}}, false, "0/1 0/2 0/3 "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf text = {0};
		struct eni_slots slots;

		eni_slots_init(&slots);
		use(&slots, cases[i].places);
		if (cases[i].full)
			eni_slots_mark_full(&slots, 0);
		assert_string_equal(first(&slots, &text), cases[i].first);
	}
}

/* To put an ENI back where it was. */
static void test_only(void **state)
{
	static const struct {
		struct place place;
		const char *first;
	} cases[] = {
		{{-1, 2}, "0/2 "},
		{{1, 31}, "1/31 "},
		{{31, 1}, "31/1 "},
		{{0, 0}, ""},
		{{0, -1}, ""},
		{{0, 32}, ""},
		{{32, 1}, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf text = {0};
		const struct ec2_attachment attachment = {
			.network_card = cases[i].place.card, .device_index = cases[i].place.index};
		struct eni_slots slots;

		eni_slots_init_only(&slots, &attachment);
		assert_string_equal(first(&slots, &text), cases[i].first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
