/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ocf_metadata.h"

#include "cli/print.h"

#include <string.h>

/* Our own texts: none has a character that XML would have to escape but '&' and '<'. */
static void print_element(const char *element, const char *text)
{
	print_lines("<%s lang=\"en\">", element);
	while (*text) {
		size_t length = strcspn(text, "&<");

		print_lines("%.*s", (int)length, text);
		text += length;
		if (*text)
			print_lines("%s", *text++ == '&' ? "&amp;" : "&lt;");
	}
	print_lines("</%s>\n", element);
}

static void print_parameter(const struct ocf_parameter *parameter)
{
	const char *type = parameter->type;

	print_lines("<parameter name=\"%s\" unique=\"%d\" required=\"0\">\n", parameter->name,
		parameter->unique);
	print_element("longdesc", parameter->description);
	print_element("shortdesc", parameter->summary);
	if (parameter->fallback)
		print_lines("<content type=\"%s\" default=\"%s\" />\n", type, parameter->fallback);
	else
		print_lines("<content type=\"%s\" />\n", type);
	print_lines("</parameter>\n");
}

static void print_actions(const struct ocf_agent *agent)
{
	print_lines("<actions>\n"
		    "<action name=\"start\" timeout=\"%us\" />\n"
		    "<action name=\"stop\" timeout=\"%us\" />\n"
		    "<action name=\"monitor\" timeout=\"%us\" interval=\"%us\" depth=\"0\" />\n"
		    "<action name=\"validate-all\" timeout=\"5s\" />\n"
		    "<action name=\"meta-data\" timeout=\"5s\" />\n"
		    "</actions>\n",
		agent->start_timeout, agent->stop_timeout, agent->monitor_timeout,
		agent->monitor_interval);
}

void ocf_print_metadata(const struct ocf_agent *agent)
{
	print_lines("<?xml version=\"1.0\"?>\n<!DOCTYPE resource-agent SYSTEM "
		    "\"ra-api-1.dtd\">\n<resource-agent name=\"%s\" version=\"" PACKAGE_VERSION
		    "\">\n<version>1.1</version>\n",
		agent->name);
	print_element("longdesc", agent->description);
	print_element("shortdesc", agent->summary);
	print_lines("<parameters>\n");
	for (size_t i = 0; i < OCF_PARAMETERS_MAX && agent->parameters[i].name; i++)
		print_parameter(&agent->parameters[i]);
	print_lines("</parameters>\n");
	print_actions(agent);
	print_lines("</resource-agent>\n");
}
