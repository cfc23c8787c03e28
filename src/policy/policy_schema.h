/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy file's format as a JSON Schema (draft-07), for editors: made from the tables that read
 * the file, src/policy/policy_keys.c.
 *
 * It accepts all that the parser accepts, and refuses what can be refused by looking at one value
 * at a time. Whether two entries agree with each other and what a table's name means is left to
 * "myha policy check".
 */
#pragma once

#include <jansson.h>

/* A new reference; NULL where memory ran out. */
json_t *policy_schema(void);
