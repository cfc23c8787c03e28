/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes that a netlink socket might receive, through the readers and all decoders. The input is one
 * reception: messages one behind another. Decoded objects must be valid.
 */
#include "kernel/rtnl_decode.h"
#include "kernel/rtnl_encode.h"
#include "kernel/rtnl_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_prefix(const struct ip_prefix *prefix, unsigned char family)
{
	check(prefix->address.family == family);
	check(prefix->length <= ip_family_bits(family));
}

/* A decoded object is one that can be put to the kernel again, or says that it is not. */
static void check_step(const struct step *step, bool beyond_us)
{
	_cleanup_(strbuf_done) struct strbuf out;

	strbuf_init(&out, 0);
	check(rtnl_encode_step(step, &out) == (beyond_us ? -EINVAL : 0));
}

static int decode_all(const struct nlmsghdr *message, void *data)
{
	struct net_link link;
	struct step step;

	(void)data;
	if (rtnl_decode_link(message, &link) == 0) {
		check(link.index > 0 && link.name[0] && link.rp_filter >= -1);
		check(memchr(link.name, '\0', sizeof(link.name)));
	}
	step.kind = STEP_ADDRESS_DELETE;
	if (rtnl_decode_address(message, &step.address) == 0) {
		check_prefix(&step.address.prefix, step.address.prefix.address.family);
		check_step(&step, false);
	}
	step.kind = STEP_ROUTE_DELETE;
	if (rtnl_decode_route(message, &step.route) == 0) {
		check_prefix(&step.route.destination, step.route.family);
		check_step(&step, step.route.multipath || !step.route.table);
	}
	step.kind = STEP_RULE_DELETE;
	if (rtnl_decode_rule(message, &step.rule) == 0) {
		check_prefix(&step.rule.source, step.rule.family);
		check_prefix(&step.rule.destination, step.rule.family);
		check_step(&step, step.rule.other_selectors);
	}
	rtnl_ack_text(message);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(cleanup_free) void *bytes = malloc(size ? size : 1);
	uint32_t sequence = 0;
	int errors[4] = {-EINPROGRESS, -EINPROGRESS, -EINPROGRESS, -EINPROGRESS};

	if (!bytes)
		return 0;
	memcpy(bytes, data, size);
	if (size >= sizeof(struct nlmsghdr)) /* or the readers would pass nearly all over */
		sequence = ((const struct nlmsghdr *)bytes)->nlmsg_seq;
	struct rtnl_dump_reader dump = {.sequence = sequence, .handle_object = decode_all};
	struct rtnl_ack_reader acks = {
		.sequence = sequence, .count = ARRAY_SIZE(errors), .errors = errors};
	rtnl_dump_reader_feed(&dump, bytes, size);
	rtnl_ack_reader_feed(&acks, bytes, size);
	check(acks.n_responses <= acks.count);
	return 0;
}
