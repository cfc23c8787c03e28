/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists calls with the expected request bodies, for the unit test and for the comparison with
 * botocore, which finds the calls by their names.
 */
#pragma once

#include "ec2/requests.h"

#define TEXTS(...)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

struct request_case {
	const char *name;
	enum ec2_action action;
	struct ec2_parameters parameters;
	const char *body;
};

extern const struct request_case request_cases[];
extern const size_t request_case_count;
