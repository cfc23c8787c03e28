/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request in print, as the aws command that would make the same: for previews. It is made from the
 * body that would be sent, so that it cannot say anything else.
 */
#pragma once

#include "ec2/requests.h"

/* "aws ec2 replace-route --route-table-id rtb-…". 0 or -ENOMEM. */
int ec2_request_print(const struct ec2_request *request, struct strbuf *out);
