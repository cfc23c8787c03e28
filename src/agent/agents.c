/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/agents.h"

#include <string.h>

static const struct ocf_agent *const agents[] = {&ocf_overlay_ip, &ocf_eni};

const struct ocf_agent *ocf_agent_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(agents); i++)
		if (strcmp(agents[i]->name, name) == 0)
			return agents[i];
	return NULL;
}
