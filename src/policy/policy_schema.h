/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds a JSON Schema (draft-07) of the policy file for editors, from the tables in policy_keys.c
 * that the parser also uses.
 *
 * The schema accepts everything that the parser accepts, and rejects errors in single values. It
 * does not compare entries with each other and does not resolve table names; "myha policy check"
 * does.
 */
#pragma once

#include <jansson.h>

/* Returns a new reference, or NULL if memory ran out. */
json_t *policy_build_schema(void);
