/* SPDX-License-Identifier: Apache-2.0 */
/* Defines which texts are valid in the policy: names, patterns, ids, URLs. */
#pragma once

#include <stdbool.h>

struct policy_form {
	const char *expected; /* a description for messages: "KEY must be EXPECTED" */
	bool (*is_valid)(const char *text);
	const char *pattern; /* regular expression for editors (policy_patterns.h) */
};

/* the name of an overlay, or of an interface entry with "match" */
extern const struct policy_form policy_form_label;
extern const struct policy_form policy_form_interface;
extern const struct policy_form policy_form_name_glob;
extern const struct policy_form policy_form_driver_glob;
extern const struct policy_form policy_form_eni;
extern const struct policy_form policy_form_subnet;
extern const struct policy_form policy_form_route_table;
extern const struct policy_form policy_form_role;
extern const struct policy_form policy_form_region;
extern const struct policy_form policy_form_profile;
extern const struct policy_form policy_form_endpoint; /* EC2's: https or http */
extern const struct policy_form policy_form_imds_endpoint; /* http only */
extern const struct policy_form policy_form_path;
