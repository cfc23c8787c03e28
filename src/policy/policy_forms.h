/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms that texts in the policy must have: names, patterns, ids, URLs.
 */
#pragma once

#include <stdbool.h>

struct policy_form {
	const char *what; /* "… must be WHAT" */
	bool (*holds)(const char *text);
	const char *pattern; /* for editors: policy_patterns.h */
};

extern const struct policy_form policy_form_label; /* of an entry that has no other name */
extern const struct policy_form policy_form_interface;
extern const struct policy_form policy_form_name_glob;
extern const struct policy_form policy_form_driver_glob;
extern const struct policy_form policy_form_eni;
extern const struct policy_form policy_form_subnet;
extern const struct policy_form policy_form_route_table;
extern const struct policy_form policy_form_role;
extern const struct policy_form policy_form_region;
extern const struct policy_form policy_form_profile;
extern const struct policy_form policy_form_endpoint; /* of EC2: https or http */
extern const struct policy_form policy_form_imds_endpoint; /* http */
extern const struct policy_form policy_form_path;
