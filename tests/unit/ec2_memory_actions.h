/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Performs each action of the EC2 in ec2_memory.h. Only ec2_memory*.c include this file.
 */
#pragma once

#include "ec2_memory.h"

/* Adds an item to one of a reply's lists. */
#define MEMORY_ADD(list, item)                                                                     \
	({                                                                                         \
		assert_int_equal(array_reserve(&(list)->items, &(list)->capacity, (list)->count,   \
					 sizeof(item)),                                            \
			0);                                                                        \
		(list)->items[(list)->count++] = (item);                                           \
	})

struct memory_past {
	struct memory_eni enis[MEMORY_ENIS_MAX];
	uint64_t until;
};

void ec2_memory_perform(
	struct ec2_memory *memory, const struct flow_call *call, struct ec2_response *response);

/* Of tables. */
void ec2_memory_describe_tables(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response);
void ec2_memory_create_route(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response);
void ec2_memory_replace_route(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response);
void ec2_memory_delete_route(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response);

void ec2_memory_refuse(struct ec2_response *response, const char *code, const char *format, ...)
	_printf_(3, 4);

struct memory_table *ec2_memory_table(struct ec2_memory *memory, const char *id); /* or fails */
struct memory_eni *ec2_memory_find(struct memory_eni *enis, const char *id); /* NULL: none */
bool ec2_memory_names(const char *const *ids, const char *id); /* `ids` NULL: it does not */

/* EC2's clock, as the attachments are dated. */
uint64_t ec2_memory_date(const struct ec2_memory *memory);
uint32_t ec2_memory_random(struct ec2_memory *memory);

/* To be called before each change of an ENI: what was there goes on being shown for a while. */
void ec2_memory_save_enis(struct ec2_memory *memory);
