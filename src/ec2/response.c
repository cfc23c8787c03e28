/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/response.h"

#include "ec2/reply_shapes.h"
#include "ec2/xml_reader.h"

#include <errno.h>
#include <stdlib.h>

#define ROOT_COUNT 4 /* three names of error documents, and the reply, which is the last */

struct ec2_response_reader {
	enum ec2_action action;
	struct ec2_response response;
	struct xml_root roots[ROOT_COUNT];
	struct xml_reader *xml;
};

static bool is_success(long status)
{
	return status >= 200 && status <= 299;
}

void ec2_response_done(struct ec2_response *response)
{
	if (!response)
		return;
	ec2_reply_done(&response->reply);
	ec2_fault_done(&response->fault);
	response->is_fault = false;
}

/* Keeps the routes to the destination and the VPC's own; a table may have 2,000 others. */
static bool is_route_kept(const void *item, const void *destination)
{
	const struct ec2_route *route = item;

	return ec2_route_is_local(route) ||
	       ip_prefix_compare(&route->destination, destination) == 0;
}

int ec2_response_reader_new(enum ec2_action action, const struct ip_prefix *destination,
	struct ec2_response_reader **ret_reader)
{
	static const char *const fault_elements[] = {"Response", "ErrorResponse", "Error"};
	const struct xml_filter routes = {
		.item = &ec2_route_shape,
		.is_wanted = is_route_kept,
		.argument = destination,
	};
	_cleanup_(ec2_response_reader_cleanup) struct ec2_response_reader *reader = calloc(
		1, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->action = action;
	for (size_t i = 0; i < ARRAY_SIZE(fault_elements); i++)
		reader->roots[i] = (struct xml_root){
			.element = fault_elements[i],
			.shape = &ec2_fault_shape,
			.value = &reader->response.fault,
		};
	reader->response.reply.shape = ec2_reply_shape(action);
	/* The last root has no name: it matches any other document, which is the reply. */
	reader->roots[ROOT_COUNT - 1] = (struct xml_root){
		.shape = reader->response.reply.shape,
		.value = &reader->response.reply,
	};
	int err = xml_reader_new(reader->roots, ROOT_COUNT,
		destination ? &routes : NULL /* all routes */, &reader->xml);
	if (err)
		return err;
	*ret_reader = TAKE_PTR(reader);
	return 0;
}

void ec2_response_reader_free(struct ec2_response_reader *reader)
{
	if (!reader)
		return;
	xml_reader_free(reader->xml);
	ec2_response_done(&reader->response);
	free(reader);
}

void ec2_response_reader_cleanup(struct ec2_response_reader **reader)
{
	ec2_response_reader_free(*reader);
}

void ec2_response_reader_feed(struct ec2_response_reader *reader, const char *bytes, size_t length)
{
	xml_reader_feed(reader->xml, bytes, length);
}

/* Makes the response a fault, and drops what was read into the reply. */
static void make_fault(struct ec2_response *response, long status)
{
	ec2_reply_done(&response->reply);
	response->is_fault = true;
	response->fault.status = status;
}

/*
 * Returns 0 if the reply can be used, or the reason why not. `err` is the XML reader's result. An
 * empty body is an error only if the action's response has data.
 */
static int check_reply(const struct ec2_response_reader *reader, int err, struct error *error)
{
	const struct ec2_reply *reply = &reader->response.reply;

	if (err == -ENODATA && ec2_reply_may_be_empty(reader->action))
		return 0;
	if (err)
		return err;
	if (reply->returned == EC2_FLAG_FALSE)
		return error_set(error, OUTCOME_FAILED, EBADMSG,
			"invalid response: EC2 received the request, but did not execute it");
	return 0;
}

int ec2_response_reader_end(struct ec2_response_reader *reader, long status,
	struct ec2_response *ret_response, struct error *error)
{
	struct error failure = {0};
	const struct xml_root *root = NULL;
	int err = xml_reader_end(reader->xml, &root, &failure);
	bool is_error_document = root && root->element; /* the reply's root has no name */

	/* Without success it is a fault even if its body is invalid, but not if memory ran out. */
	if (err != -ENOMEM && (!is_success(status) || is_error_document)) {
		make_fault(&reader->response, status);
		err = 0;
	} else {
		err = check_reply(reader, err, &failure);
	}
	if (err) {
		if (error)
			*error = failure;
		return err;
	}
	*ret_response = TAKE_STRUCT(reader->response);
	return 0;
}
