/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints a request as the equivalent aws command, for previews. The command is made from the body
 * that would be sent, so it cannot differ from the request.
 */
#pragma once

#include "ec2/requests.h"

/* Appends "aws ec2 replace-route --route-table-id rtb-…". 0 or -ENOMEM. */
int ec2_request_print(const struct ec2_request *request, struct strbuf *out);
