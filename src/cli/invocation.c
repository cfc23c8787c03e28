/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *invocation_option(const struct invocation *invocation, const char *name)
{
	for (size_t i = 0; i < invocation->n_given; i++)
		if (strcmp(invocation->given[i].option->name, name) == 0)
			return invocation->given[i].value;
	return NULL;
}

int invocation_values(
	const struct invocation *invocation, const char *name, const char ***ret_values)
{
	const char **values = calloc(invocation->n_given + 1, sizeof(*values));
	size_t count = 0;

	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < invocation->n_given; i++)
		if (strcmp(invocation->given[i].option->name, name) == 0)
			values[count++] = invocation->given[i].value;
	*ret_values = values;
	return 0;
}
