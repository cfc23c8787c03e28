/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that an answer of EC2's or of STS's holds, as text: a line a thing, only what was said.
 */
#pragma once

#include "base/strbuf.h"
#include "ec2/response.h"

const char *ec2_response_text(const struct ec2_response *response, struct strbuf *out);
