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

/* Calls handle_message() until it fails. Bytes after the last whole message are an error. */
static int for_each_message(
	const void *bytes, size_t length, handle_message_fn handle_message, void *reader)
{
	const char *at = bytes;
	int err = 0;

	while (!err && rtnl_message_is_whole(at, length)) {
		const struct nlmsghdr *message = (const void *)at;
		size_t padded_size = NLMSG_ALIGN((size_t)message->nlmsg_len);
		err = handle_message(message, reader);
		if (padded_size > length)
			padded_size = length; /* the last message need not be padded */
		at += padded_size;
		length -= padded_size;
	}
	return !err && length > 0 ? -EBADMSG : err;
}

/* The payload of NLMSG_ERROR and NLMSG_DONE begins with the kernel's -errno; 0: success. */
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

/* Stores the kernel's error, unless the callback failed before. Returns -EBADMSG if malformed. */
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

/* Ignores messages of an earlier dump, which timed out. Errors of this dump go to reader->err. */
static int handle_dump_message(const struct nlmsghdr *message, void *data)
{
	struct rtnl_dump_reader *reader = data;

	if (message->nlmsg_seq != reader->sequence || reader->has_ended)
		return 0;
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		reader->is_inconsistent = true;
	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE)
		return end_dump(reader, message);
	/* Types below NLMSG_MIN_TYPE are control messages, not objects. */
	if (message->nlmsg_type >= NLMSG_MIN_TYPE && !reader->err)
		reader->err = reader->handle_object(message, reader->data);
	return 0;
}

int rtnl_dump_reader_feed(struct rtnl_dump_reader *reader, const void *bytes, size_t length)
{
	return for_each_message(bytes, length, handle_dump_message, reader);
}

/* Stores the response to a request, whose index is the difference of the sequence numbers. */
static int handle_ack(const struct nlmsghdr *message, void *data)
{
	struct rtnl_ack_reader *reader = data;
	/* An earlier sequence number wraps around to a large index, and is ignored. */
	uint32_t index = message->nlmsg_seq - reader->sequence;
	int kernel_err;

	if (message->nlmsg_type != NLMSG_ERROR || index >= reader->count)
		return 0;
	int err = read_errno(message, &kernel_err);
	if (err)
		return err;
	if (reader->errors[index] == -EINPROGRESS) /* the request's first response */
		reader->n_responses++;
	reader->errors[index] = kernel_err;
	return 0;
}

int rtnl_ack_reader_feed(struct rtnl_ack_reader *reader, const void *bytes, size_t length)
{
	return for_each_message(bytes, length, handle_ack, reader);
}

const char *rtnl_ack_text(const struct nlmsghdr *message)
{
	/* Without NLM_F_CAPPED, the response repeats the request before the attributes. */
	const unsigned needed_flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	const struct nlattr *attribute;

	if (message->nlmsg_type != NLMSG_ERROR ||
		(message->nlmsg_flags & needed_flags) != needed_flags ||
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
