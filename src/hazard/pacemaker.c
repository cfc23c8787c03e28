/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds overlays that both Pacemaker and myha boot manage. Pacemaker writes its resources to its
 * cluster information base (CIB), which is XML:
 *
 *	<primitive id="ip_ascs" class="ocf" provider="heartbeat" type="aws-vpc-move-ip">
 *	  <instance_attributes><nvpair name="ip" value="192.168.10.16"/></instance_attributes>
 *
 * If myha boot managed such an overlay too, it could place the address while the cluster has it
 * elsewhere.
 */
#include "hazard/probe.h"

#include <errno.h>
#include <expat.h>
#include <stdio.h>
#include <string.h>

#define CIB "/var/lib/pacemaker/cib/cib.xml"

struct cib_reader {
	const struct hazard_context *context;
	char id[64], type[64]; /* of the <primitive> that is being read; "": outside of any */
};

/* `attributes` are name, value, name, value, …, NULL. Returns "" if the name is not there. */
static const char *find_attribute(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return "";
}

/*
 * Returns true if the agent's parameter means this overlay: "ip" of IPaddr2 and of myha's agents,
 * "address" of old versions of aws-vpc-move-ip, and "name" of myha's overlay-ip.
 */
static bool parameter_names_overlay(const struct cib_reader *reader,
	const struct hazard_overlay *overlay, const char *name, const char *value)
{
	struct ip_address address;

	if (strcmp(name, "name") == 0)
		return strcmp(reader->type, "overlay-ip") == 0 && strcmp(value, overlay->name) == 0;
	return (strcmp(name, "ip") == 0 || strcmp(name, "address") == 0) &&
	       !ip_address_parse(value, &address) &&
	       ip_address_compare(&address, overlay->address) == 0;
}

/* Reports each overlay that myha boot manages and that this parameter of a resource means. */
static void check_parameter(const struct cib_reader *reader, const char *name, const char *value)
{
	const struct hazard_context *context = reader->context;

	for (size_t i = 0; i < context->n_overlays; i++) {
		const struct hazard_overlay *overlay = &context->overlays[i];

		if (!overlay->at_boot || !parameter_names_overlay(reader, overlay, name, value))
			continue;
		hazard_add_finding(context,
			"Pacemaker resource %s (%s) and myha boot both manage the address of overlay %s: a boot can place the address on this host while the cluster runs the resource on another node",
			reader->id, reader->type, overlay->name);
		hazard_add_remedy(context,
			"# in the policy file, set \"managed-by: cluster\" for overlay %s",
			overlay->name);
	}
}

/* A parameter is an <nvpair> inside of a <primitive>; elsewhere <nvpair> has other properties. */
static void start_element(void *data, const char *element, const char **attributes)
{
	struct cib_reader *reader = data;

	if (strcmp(element, "primitive") == 0) {
		snprintf(reader->id, sizeof(reader->id), "%s", find_attribute(attributes, "id"));
		snprintf(reader->type, sizeof(reader->type), "%s",
			find_attribute(attributes, "type"));
	} else if (*reader->id && strcmp(element, "nvpair") == 0) {
		check_parameter(reader, find_attribute(attributes, "name"),
			find_attribute(attributes, "value"));
	}
}

static void end_element(void *data, const char *element)
{
	struct cib_reader *reader = data;

	if (strcmp(element, "primitive") == 0)
		reader->id[0] = '\0';
}

void probe_cluster(const struct hazard_context *context)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	struct cib_reader reader = {.context = context};
	XML_Parser parser;

	if (!context->n_overlays || hazard_read(context, CIB, &text))
		return;
	parser = XML_ParserCreate(NULL /* use the declared encoding */);
	if (!parser) {
		hazard_add_unknown(context, CIB, -ENOMEM);
		return;
	}
	XML_SetUserData(parser, &reader);
	XML_SetElementHandler(parser, start_element, end_element);
	if (XML_Parse(parser, strbuf_text(&text), (int)text.length, true) != XML_STATUS_OK)
		hazard_add_unknown(context, CIB, -EBADMSG);
	XML_ParserFree(parser);
}
