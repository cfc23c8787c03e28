/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the parameters of requests as options of the AWS CLI, one function for each form. Only for
 * the table of requests.c. `option` is without "--"; `value` points to the member of struct
 * ec2_parameters.
 */
#pragma once

#include "base/strbuf.h"

void ec2_print_flag(struct strbuf *out, const char *option, const void *value);
void ec2_print_choice(struct strbuf *out, const char *option, const void *value);
void ec2_print_number(struct strbuf *out, const char *option, const void *value);
void ec2_print_text(struct strbuf *out, const char *option, const void *value);
void ec2_print_texts(struct strbuf *out, const char *option, const void *value);
void ec2_print_filters(struct strbuf *out, const char *option, const void *value);
void ec2_print_tags(struct strbuf *out, const char *option, const void *value);
void ec2_print_destination(struct strbuf *out, const char *option, const void *value);
void ec2_print_addresses(struct strbuf *out, const char *option, const void *value);
