/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/metadata.h"

#include <string.h>

/* Escapes '&' and '<': the texts are this program's constants and need no other escapes. */
static void add_element(struct strbuf *out, const char *element, const char *text)
{
	strbuf_printf(out, "<%s lang=\"en\">", element);
	while (*text) {
		size_t length = strcspn(text, "&<");

		strbuf_printf(out, "%.*s", (int)length, text);
		text += length;
		if (*text)
			strbuf_printf(out, "%s", *text++ == '&' ? "&amp;" : "&lt;");
	}
	strbuf_printf(out, "</%s>\n", element);
}

static void add_parameter(struct strbuf *out, const struct ocf_parameter *parameter)
{
	const char *type = parameter->type;

	/* No parameter is required: each has a default, or another parameter can replace it. */
	strbuf_printf(out, "<parameter name=\"%s\" unique=\"%d\" required=\"0\">\n",
		parameter->name, parameter->unique);
	add_element(out, "longdesc", parameter->description);
	add_element(out, "shortdesc", parameter->summary);
	if (parameter->fallback)
		strbuf_printf(
			out, "<content type=\"%s\" default=\"%s\" />\n", type, parameter->fallback);
	else
		strbuf_printf(out, "<content type=\"%s\" />\n", type);
	strbuf_printf(out, "</parameter>\n");
}

static void add_actions(struct strbuf *out, const struct ocf_agent *agent)
{
	strbuf_printf(out,
		"<actions>\n"
		"<action name=\"start\" timeout=\"%us\" />\n"
		"<action name=\"stop\" timeout=\"%us\" />\n"
		"<action name=\"monitor\" timeout=\"%us\" interval=\"%us\" depth=\"0\" />\n"
		"<action name=\"validate-all\" timeout=\"5s\" />\n"
		"<action name=\"meta-data\" timeout=\"5s\" />\n"
		"</actions>\n",
		agent->start_timeout, agent->stop_timeout, agent->monitor_timeout,
		agent->monitor_interval);
}

int ocf_add_metadata(const struct ocf_agent *agent, struct strbuf *out)
{
	strbuf_printf(out,
		"<?xml version=\"1.0\"?>\n<!DOCTYPE resource-agent SYSTEM \"ra-api-1.dtd\">\n<resource-agent name=\"%s\" version=\"" PACKAGE_VERSION
		"\">\n<version>1.1</version>\n",
		agent->name);
	add_element(out, "longdesc", agent->description);
	add_element(out, "shortdesc", agent->summary);
	strbuf_printf(out, "<parameters>\n");
	for (size_t i = 0; i < OCF_PARAMETERS_MAX && agent->parameters[i].name; i++)
		add_parameter(out, &agent->parameters[i]);
	strbuf_printf(out, "</parameters>\n");
	add_actions(out, agent);
	/* Also returns the error of an earlier addition. */
	return strbuf_add_string(out, "</resource-agent>\n");
}
