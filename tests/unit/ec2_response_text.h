/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats a response of EC2 or STS as text: one line per object, with only the members that are
 * set.
 */
#pragma once

#include "base/strbuf.h"
#include "ec2/response.h"

const char *ec2_response_text(const struct ec2_response *response, struct strbuf *out);
