/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the small EC2 of ec2_memory.h does with each action. For it alone.
 */
#pragma once

#include "ec2_memory.h"

void ec2_memory_perform(
	struct ec2_memory *memory, const struct flow_call *call, struct ec2_response *response);

void ec2_memory_refuse(struct ec2_response *response, const char *code, const char *format, ...)
	_printf_(3, 4);

struct memory_eni *ec2_memory_find(struct memory_eni *enis, const char *id); /* NULL: none */

/* EC2's clock, as the attachments are dated. */
uint64_t ec2_memory_date(const struct ec2_memory *memory);
uint32_t ec2_memory_random(struct ec2_memory *memory);

/* To be called before each change: what was there goes on being shown for a while. */
void ec2_memory_remember(struct ec2_memory *memory);
