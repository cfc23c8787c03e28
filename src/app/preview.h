/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a dry run would ask of EC2: the requests as aws commands, a line each.
 */
#pragma once

#include "base/error.h"
#include "ec2/requests.h"

/* Adds a request to the lines. 0, or -ENOMEM with words. */
int preview_add(struct strbuf *lines, enum ec2_action action,
	const struct ec2_parameters *parameters, struct error *error);
