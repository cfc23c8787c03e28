/* SPDX-License-Identifier: Apache-2.0 */
#include "app/preview.h"

#include "ec2/request_print.h"

#include <errno.h>

int preview_add(struct strbuf *lines, enum ec2_action action,
	const struct ec2_parameters *parameters, struct error *error)
{
	_cleanup_(ec2_request_done) struct ec2_request request = {0};

	if (ec2_request_build(action, parameters, &request) || ec2_request_print(&request, lines) ||
		strbuf_add_string(lines, "\n"))
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	return 0;
}
