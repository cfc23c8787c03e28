/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/rtnl_reader.h"
#include "netlink_bytes.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

/* Of sequence number SEQUENCE; `flags` NLM_F_DUMP_INTR marks a torn dump. */
#define SEQUENCE 7
#define HEADER(length, type, flags, sequence)                                                      \
	U32(length), U16(type), U16(flags), U32(sequence), U32(0)
#define OBJECT(flags, value) HEADER(20, RTM_NEWADDR, flags, SEQUENCE), U32(value)
#define OTHERS_OBJECT(flags) HEADER(20, RTM_NEWADDR, flags, SEQUENCE - 1), U32(9)
#define DONE(flags, err) HEADER(20, NLMSG_DONE, flags, SEQUENCE), U32(err)
#define RESPONSE(sequence, err)                                                                    \
	HEADER(36, NLMSG_ERROR, NLM_F_CAPPED, sequence), U32(err),                                 \
		HEADER(40, RTM_NEWADDR, 0, sequence)

/* clang-format off */
static const struct {
	const char *name;
	size_t length;
	_Alignas(4) unsigned char bytes[128];
	int fed, err;
	bool ended, torn;
	unsigned objects; /* the sum of their values */
} dumps[] = {
#define DUMP(name, ...) name, sizeof((char[]){__VA_ARGS__}), {__VA_ARGS__}
	{DUMP("whole", OBJECT(2, 1), OBJECT(2, 2), DONE(2, 0)), 0, 0, true, false, 3},
	{DUMP("empty", DONE(2, 0)), 0, 0, true, false, 0},
	{DUMP("goes on", OBJECT(2, 1), OBJECT(2, 2)), 0, 0, false, false, 3},
	{DUMP("no-operation", HEADER(16, NLMSG_NOOP, 0, SEQUENCE), DONE(2, 0)),
		0, 0, true, false, 0},
	{DUMP("torn", OBJECT(2, 1), OBJECT(2 | NLM_F_DUMP_INTR, 2), DONE(2, 0)),
		0, 0, true, true, 3},
	{DUMP("torn at the end", OBJECT(2, 1), DONE(2 | NLM_F_DUMP_INTR, 0)), 0, 0, true, true, 1},
	{DUMP("of an earlier request", OTHERS_OBJECT(2 | NLM_F_DUMP_INTR), OBJECT(2, 1)),
		0, 0, false, false, 1},
	{DUMP("something behind the end", DONE(2, 0), OBJECT(2, 1)), 0, 0, true, false, 0},
	{DUMP("failed at the end", OBJECT(2, 1), DONE(2, -ENOENT)), 0, -ENOENT, true, false, 1},
	{DUMP("refused", HEADER(36, NLMSG_ERROR, 0, SEQUENCE), U32(-EPERM),
		HEADER(16, RTM_GETADDR, 0, SEQUENCE)), 0, -EPERM, true, false, 0},
	{DUMP("callback fails", OBJECT(2, 1), OBJECT(2, 100), OBJECT(2, 1), DONE(2, 0)),
		0, -EBADMSG, true, false, 101},
	{DUMP("end without its number", HEADER(16, NLMSG_DONE, 2, SEQUENCE)),
		-EBADMSG, 0, false, false, 0},
	{DUMP("positive error", DONE(2, 5)), -EBADMSG, 0, false, false, 0},
	{DUMP("message beyond the bytes", OBJECT(2, 1), HEADER(20, NLMSG_DONE, 2, SEQUENCE)),
		-EBADMSG, 0, false, false, 1},
	{DUMP("half a header", OBJECT(2, 1), U32(20)), -EBADMSG, 0, false, false, 1},
	{DUMP("length below the header's", HEADER(15, RTM_NEWADDR, 2, SEQUENCE)),
		-EBADMSG, 0, false, false, 0},
	{DUMP("length from 2 GiB on", HEADER(0x80000010, RTM_NEWADDR, 2, SEQUENCE)),
		-EBADMSG, 0, false, false, 0},
};

static const struct {
	const char *name;
	size_t length;
	_Alignas(4) unsigned char bytes[160];
	int fed;
	size_t n_responses;
	int errors[3];
} responses[] = {
	{DUMP("all", RESPONSE(7, 0), RESPONSE(8, -EEXIST), RESPONSE(9, 0)), 0, 3, {0, -EEXIST, 0}},
	{DUMP("not in order", RESPONSE(9, -ESRCH), RESPONSE(7, 0)), 0, 2, {0, -EINPROGRESS, -ESRCH}},
	{DUMP("twice", RESPONSE(8, 0), RESPONSE(8, 0)), 0, 1, {-EINPROGRESS, 0, -EINPROGRESS}},
	{DUMP("to others", RESPONSE(6, 0), RESPONSE(10, 0)), 0, 0,
		{-EINPROGRESS, -EINPROGRESS, -EINPROGRESS}},
	{DUMP("no response", OBJECT(0, 1)), 0, 0, {-EINPROGRESS, -EINPROGRESS, -EINPROGRESS}},
	{DUMP("without its number", HEADER(16, NLMSG_ERROR, 0, 7)), -EBADMSG, 0,
		{-EINPROGRESS, -EINPROGRESS, -EINPROGRESS}},
	{DUMP("cut", RESPONSE(7, 0), HEADER(36, NLMSG_ERROR, 0, 8), U32(0)), -EBADMSG, 1,
		{0, -EINPROGRESS, -EINPROGRESS}},
};

#define WORDED(length, flags) HEADER(length, NLMSG_ERROR, flags, 7), U32(-EINVAL), \
	HEADER(40, RTM_NEWADDR, 0, 7)

static const struct {
	const char *name;
	const char *words;
	_Alignas(4) unsigned char bytes[80];
} worded[] = {
	{"words", "bad", {WORDED(44, NLM_F_CAPPED | NLM_F_ACK_TLVS), ATTRIBUTE(8, 1),
		'b', 'a', 'd', 0}},
	{"words behind a number", "bad", {WORDED(52, NLM_F_CAPPED | NLM_F_ACK_TLVS),
		ATTRIBUTE(8, 2), U32(20), ATTRIBUTE(8, 1), 'b', 'a', 'd', 0}},
	{"a number only", NULL, {WORDED(44, NLM_F_CAPPED | NLM_F_ACK_TLVS),
		ATTRIBUTE(8, 2), U32(20)}},
	{"without an end", NULL, {WORDED(44, NLM_F_CAPPED | NLM_F_ACK_TLVS), ATTRIBUTE(8, 1),
		'b', 'a', 'd', '!'}},
	{"beyond the message", NULL, {WORDED(44, NLM_F_CAPPED | NLM_F_ACK_TLVS), ATTRIBUTE(12, 1),
		'b', 'a', 'd', 0}},
	{"no attributes", NULL, {WORDED(44, NLM_F_CAPPED), ATTRIBUTE(8, 1), 'b', 'a', 'd', 0}},
	{"the request in between", NULL, {WORDED(44, NLM_F_ACK_TLVS), ATTRIBUTE(8, 1),
		'b', 'a', 'd', 0}},
	{"cut", NULL, {HEADER(20, NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, 7), U32(-EINVAL)}},
	{"no response", NULL, {OBJECT(NLM_F_CAPPED | NLM_F_ACK_TLVS, 1)}},
};
/* clang-format on */

static int add_up(const struct nlmsghdr *message, void *data)
{
	uint32_t value;

	memcpy(&value, mnl_nlmsg_get_payload(message), sizeof(value));
	*(unsigned *)data += value;
	return value == 100 ? -EBADMSG : 0;
}

/* In exactly as much memory, so that reading past it is found out. */
static void *copy_exactly(const unsigned char *bytes, size_t length)
{
	void *copy = malloc(length ? length : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	return copy;
}

static void test_dumps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dumps); i++) {
		_cleanup_(cleanup_free) void *bytes = copy_exactly(dumps[i].bytes, dumps[i].length);
		unsigned objects = 0;
		struct rtnl_dump_reader reader = {
			.sequence = SEQUENCE, .handle_object = add_up, .data = &objects};

		print_message("  %s\n", dumps[i].name);
		assert_int_equal(
			rtnl_dump_reader_feed(&reader, bytes, dumps[i].length), dumps[i].fed);
		assert_int_equal(reader.err, dumps[i].err);
		assert_int_equal(reader.has_ended, dumps[i].ended);
		assert_int_equal(reader.is_inconsistent, dumps[i].torn);
		assert_int_equal(objects, dumps[i].objects);
	}
}

/* A dump cut anywhere but between two messages is refused, and never taken for ended. */
static void test_cut_dumps(void **state)
{
	(void)state;
	for (size_t length = 0; length < dumps[0].length; length++) {
		_cleanup_(cleanup_free) void *bytes = copy_exactly(dumps[0].bytes, length);
		unsigned objects = 0;
		struct rtnl_dump_reader reader = {
			.sequence = SEQUENCE, .handle_object = add_up, .data = &objects};

		assert_int_equal(
			rtnl_dump_reader_feed(&reader, bytes, length), length % 20 ? -EBADMSG : 0);
		assert_false(reader.has_ended);
	}
}

static void test_responses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(responses); i++) {
		_cleanup_(cleanup_free) void *bytes = copy_exactly(
			responses[i].bytes, responses[i].length);
		int errors[] = {-EINPROGRESS, -EINPROGRESS, -EINPROGRESS};
		struct rtnl_ack_reader reader = {
			.sequence = SEQUENCE, .count = ARRAY_SIZE(errors), .errors = errors};

		print_message("  %s\n", responses[i].name);
		assert_int_equal(rtnl_ack_reader_feed(&reader, bytes, responses[i].length),
			responses[i].fed);
		assert_int_equal(reader.n_responses, responses[i].n_responses);
		assert_memory_equal(errors, responses[i].errors, sizeof(errors));
	}
}

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(worded); i++) {
		const struct nlmsghdr *message = (const void *)worded[i].bytes;
		_cleanup_(cleanup_free) struct nlmsghdr *exact = copy_exactly(
			worded[i].bytes, message->nlmsg_len);
		const char *words = rtnl_ack_text(exact);

		print_message("  %s\n", worded[i].name);
		assert_string_equal(
			words ? words : "none", worded[i].words ? worded[i].words : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dumps),
		cmocka_unit_test(test_cut_dumps),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
