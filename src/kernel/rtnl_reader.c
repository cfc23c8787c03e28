/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/rtnl_reader.h"

#include <errno.h>
#include <string.h>

/* Handles one message; a negative return ends the loop over the messages. */
typedef int (*handle_message_fn)(const struct nlmsghdr *message, void *reader);

bool rtnl_message_is_whole(const void *bytes, size_t length)
{
	const struct nlmsghdr *message = bytes;

	return length >= NLMSG_HDRLEN && message->nlmsg_len >= NLMSG_HDRLEN &&
	       message->nlmsg_len <= length;
}

static int for_each_message(
	const void *bytes, size_t length, handle_message_fn handle_message, void *reader)
{
	const char *at = bytes;
	int err = 0;

	while (!err && rtnl_message_is_whole(at, length)) {
		const struct nlmsghdr *message = (const void *)at;
		size_t step = NLMSG_ALIGN((size_t)message->nlmsg_len);

		err = handle_message(message, reader);
		if (step > length)
			step = length; /* the last message need not be padded */
		at += step;
		length -= step;
	}
	return !err && length > 0 ? -EBADMSG : err;
}

/* NLMSG_ERROR and NLMSG_DONE start with -errno, or 0 for success. */
static int read_errno(const struct nlmsghdr *message, int *ret_err)
{
	int err;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(err))
		return -EBADMSG;
	memcpy(&err, mnl_nlmsg_get_payload(message), sizeof(err));
	if (err > 0)
		return -EBADMSG;
	*ret_err = err;
	return 0;
}

static int end_dump(struct rtnl_dump_reader *reader, const struct nlmsghdr *message)
{
	int kernel_err;
	int err = read_errno(message, &kernel_err);

	if (err)
		return err;
	if (!reader->err)
		reader->err = kernel_err;
	reader->ended = true;
	return 0;
}

static int handle_dump_message(const struct nlmsghdr *message, void *data)
{
	struct rtnl_dump_reader *reader = data;

	if (message->nlmsg_seq != reader->sequence || reader->ended)
		return 0;
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		reader->torn = true;
	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE)
		return end_dump(reader, message);
	if (message->nlmsg_type >= NLMSG_MIN_TYPE && !reader->err)
		reader->err = reader->object(message, reader->data);
	return 0;
}

int rtnl_dump_reader_feed(struct rtnl_dump_reader *reader, const void *bytes, size_t length)
{
	return for_each_message(bytes, length, handle_dump_message, reader);
}

static int handle_ack(const struct nlmsghdr *message, void *data)
{
	struct rtnl_ack_reader *reader = data;
	uint32_t request = message->nlmsg_seq - reader->sequence;
	int kernel_err;
	int err;

	if (message->nlmsg_type != NLMSG_ERROR || request >= reader->count)
		return 0;
	err = read_errno(message, &kernel_err);
	if (err)
		return err;
	if (reader->errors[request] == -EINPROGRESS)
		reader->n_responses++;
	reader->errors[request] = kernel_err;
	return 0;
}

int rtnl_ack_reader_feed(struct rtnl_ack_reader *reader, const void *bytes, size_t length)
{
	return for_each_message(bytes, length, handle_ack, reader);
}

const char *rtnl_ack_text(const struct nlmsghdr *message)
{
	const unsigned capped = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	const struct nlattr *attribute;

	if (message->nlmsg_type != NLMSG_ERROR || (message->nlmsg_flags & capped) != capped ||
		mnl_nlmsg_get_payload_len(message) < sizeof(struct nlmsgerr))
		return NULL;
	mnl_attr_for_each(attribute, message,
		sizeof(struct nlmsgerr)) if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG &&
					     mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) ==
						     0) return mnl_attr_get_str(attribute);
	return NULL;
}
