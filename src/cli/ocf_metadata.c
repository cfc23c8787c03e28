/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ocf_metadata.h"

#include <stdio.h>

/* Our own texts: none has a character that XML would have to escape but '&' and '<'. */
static void print_text(const char *element, const char *text)
{
	printf("<%s lang=\"en\">", element);
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", stdout);
		else if (*text == '<')
			fputs("&lt;", stdout);
		else
			putchar(*text);
	}
	printf("</%s>\n", element);
}

static void print_parameter(const struct ocf_parameter *parameter)
{
	const char *type = parameter->type;

	printf("<parameter name=\"%s\" unique=\"%d\" required=\"0\">\n", parameter->name,
		parameter->unique);
	print_text("longdesc", parameter->description);
	print_text("shortdesc", parameter->summary);
	if (parameter->fallback)
		printf("<content type=\"%s\" default=\"%s\" />\n", type, parameter->fallback);
	else
		printf("<content type=\"%s\" />\n", type);
	printf("</parameter>\n");
}

static void print_actions(const struct ocf_agent *agent)
{
	printf("<actions>\n"
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
	printf("<?xml version=\"1.0\"?>\n<!DOCTYPE resource-agent SYSTEM "
	       "\"ra-api-1.dtd\">\n<resource-agent name=\"%s\" version=\"" PACKAGE_VERSION
	       "\">\n<version>1.1</version>\n",
		agent->name);
	print_text("longdesc", agent->description);
	print_text("shortdesc", agent->summary);
	printf("<parameters>\n");
	for (size_t i = 0; i < OCF_PARAMETERS_MAX && agent->parameters[i].name; i++)
		print_parameter(&agent->parameters[i]);
	printf("</parameters>\n");
	print_actions(agent);
	printf("</resource-agent>\n");
}
