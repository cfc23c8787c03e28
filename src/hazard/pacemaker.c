/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pacemaker. What it manages stands in its cluster information base, which it writes as XML:
 *
 *	<primitive id="ip_ascs" class="ocf" provider="heartbeat" type="aws-vpc-move-ip">
 *	  <instance_attributes><nvpair name="ip" value="192.168.10.16"/></instance_attributes>
 *
 * An overlay that a boot looks after too would come back behind the cluster's back.
 */
#include "hazard/probe.h"

#include <errno.h>
#include <expat.h>
#include <stdio.h>
#include <string.h>

#define CIB "/var/lib/pacemaker/cib/cib.xml"

struct reading {
	const struct hazard_context *context;
	const struct hazard *hazard;
	char id[64], type[64];
};

static const char *attribute(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return "";
}

/* As the agents call it: IPaddr2 and ours, aws-vpc-move-ip of old; or ours by the overlay's name. */
static bool is_for(const struct reading *reading, const struct hazard_overlay *overlay,
	const char *name, const char *value)
{
	struct ip_address address;

	if (strcmp(name, "name") == 0)
		return strcmp(reading->type, "overlay-ip") == 0 &&
		       strcmp(value, overlay->name) == 0;
	return (strcmp(name, "ip") == 0 || strcmp(name, "address") == 0) &&
	       !ip_address_parse(value, &address) &&
	       ip_address_compare(&address, overlay->address) == 0;
}

static void judge(const struct reading *reading, const char *name, const char *value)
{
	const struct hazard_context *context = reading->context;

	for (size_t i = 0; i < context->n_overlays; i++) {
		const struct hazard_overlay *overlay = &context->overlays[i];

		if (!overlay->at_boot || !is_for(reading, overlay, name, value))
			continue;
		hazard_found(context, reading->hazard,
			"Pacemaker's resource %s (%s) is for the address of %s, and so is a boot: "
			"it can put the address on this host while the cluster has it elsewhere",
			reading->id, reading->type, overlay->name);
		diagnosis_remedy(context->diagnosis,
			"# in the policy file, for overlay %s: managed-by: cluster", overlay->name);
	}
}

static void begin(void *data, const char *element, const char **attributes)
{
	struct reading *reading = data;

	if (strcmp(element, "primitive") == 0) {
		snprintf(reading->id, sizeof(reading->id), "%s", attribute(attributes, "id"));
		snprintf(reading->type, sizeof(reading->type), "%s", attribute(attributes, "type"));
	} else if (*reading->id && strcmp(element, "nvpair") == 0) {
		judge(reading, attribute(attributes, "name"), attribute(attributes, "value"));
	}
}

static void end(void *data, const char *element)
{
	struct reading *reading = data;

	if (strcmp(element, "primitive") == 0)
		reading->id[0] = '\0';
}

void probe_cluster(const struct hazard_context *context, const struct hazard *hazard)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	struct reading reading = {.context = context, .hazard = hazard};
	XML_Parser parser;

	if (!context->n_overlays || hazard_read(context, hazard, CIB, &text))
		return;
	parser = XML_ParserCreate(NULL);
	if (!parser) {
		hazard_unknown(context, hazard, CIB, -ENOMEM);
		return;
	}
	XML_SetUserData(parser, &reading);
	XML_SetElementHandler(parser, begin, end);
	if (XML_Parse(parser, strbuf_text(&text), (int)text.length, true) != XML_STATUS_OK)
		hazard_unknown(context, hazard, CIB, -EBADMSG);
	XML_ParserFree(parser);
}
