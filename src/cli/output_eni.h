/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What verbs print of ENIs: a table for people, a documented object for programs.
 */
#pragma once

#include "cli/command.h"
#include "eni/eni.h"

#include <jansson.h>

/* `here` is this instance, "" where that is not known. NULL where memory ran out. */
json_t *output_eni_json(const struct ec2_eni *eni, const char *here);

void output_eni_table(const struct ec2_eni_list *enis, const char *here);

/* All that EC2 says of one. */
void output_eni_details(const struct ec2_eni *eni, const char *here);
