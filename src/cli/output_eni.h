/* SPDX-License-Identifier: Apache-2.0 */
/* Prints ENIs: as a table or as details for users, or as a documented JSON object. */
#pragma once

#include "cli/command.h"
#include "eni/eni.h"

#include <jansson.h>

/*
 * `own_instance`, in all these functions, is the id of this host; "": not known. Returns a new
 * reference; NULL: out of memory.
 */
json_t *output_eni_json(const struct ec2_eni *eni, const char *own_instance);

void output_eni_table(const struct ec2_eni_list *enis, const char *own_instance);

/* Prints everything that EC2 reports about one ENI. */
void output_eni_details(const struct ec2_eni *eni, const char *own_instance);
