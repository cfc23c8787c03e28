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

/* Bytes after the last whole message are an error. */
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

/* The payload of NLMSG_ERROR and NLMSG_DONE begins with -errno, or 0 for success. */
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

/* The first error of the dump is kept: that of the callback, if it had one. */
static int end_dump(struct rtnl_dump_reader *reader, const struct nlmsghdr *message)
{
	int kernel_err, err = read_errno(message, &kernel_err);

	if (err)
		return err;
	if (!reader->err)
		reader->err = kernel_err;
	reader->has_ended = true;
	return 0;
}

/* Messages of an earlier dump, which timed out, have another sequence number and are ignored. */
static int handle_dump_message(const struct nlmsghdr *message, void *data)
{
	struct rtnl_dump_reader *reader = data;

	if (message->nlmsg_seq != reader->sequence || reader->has_ended)
		return 0;
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		reader->is_inconsistent = true;
	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE)
		return end_dump(reader, message);
	if (message->nlmsg_type >= NLMSG_MIN_TYPE && !reader->err)
		reader->err = reader->handle_object(message, reader->data);
	return 0;
}

int rtnl_dump_reader_feed(struct rtnl_dump_reader *reader, const void *bytes, size_t length)
{
	return for_each_message(bytes, length, handle_dump_message, reader);
}

/* Requests are numbered from `reader->sequence` on, so the sequence number tells the request. */
static int handle_ack(const struct nlmsghdr *message, void *data)
{
	struct rtnl_ack_reader *reader = data;
	uint32_t request = message->nlmsg_seq - reader->sequence;
	int kernel_err;

	if (message->nlmsg_type != NLMSG_ERROR || request >= reader->count)
		return 0;
	int err = read_errno(message, &kernel_err);
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
	/* Attributes follow directly only if the request is not repeated in the response. */
	const unsigned needed = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	const struct nlattr *attribute;

	if (message->nlmsg_type != NLMSG_ERROR || (message->nlmsg_flags & needed) != needed ||
		mnl_nlmsg_get_payload_len(message) < sizeof(struct nlmsgerr))
		return NULL;
	mnl_attr_for_each(attribute, message, sizeof(struct nlmsgerr))
	{
		if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG &&
			mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0)
			return mnl_attr_get_str(attribute);
	}
	return NULL;
}
