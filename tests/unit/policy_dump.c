/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_dump.h"

static void dump_text(struct strbuf *out, const char *name, const char *text)
{
	if (text)
		strbuf_printf(out, " %s=<%s>", name, text);
}

static void dump_prefixes(
	struct strbuf *out, const char *name, const struct ip_prefix *prefixes, size_t count)
{
	char text[IP_PREFIX_TEXT_SIZE];

	strbuf_printf(out, " %s=", name);
	for (size_t i = 0; i < count; i++)
		strbuf_printf(out, "<%s>", ip_prefix_format(&prefixes[i], text));
}

static void dump_address(struct strbuf *out, const char *name, const struct ip_address *address)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	if (ip_address_is_set(address))
		strbuf_printf(out, " %s=%s", name, ip_address_format(address, text));
}

static void dump_interface(struct strbuf *out, const struct policy_interface *interface)
{
	const struct policy_match *match = &interface->match;
	char mac[MAC_TEXT_SIZE];

	strbuf_printf(out, "interface <%s>:", interface->name);
	dump_text(out, "name", match->name);
	if (match->has_mac)
		strbuf_printf(out, " mac=%s", mac_format(&match->mac, mac));
	dump_text(out, "eni", match->eni);
	if (match->device_number != -1)
		strbuf_printf(out, " device=%d", match->device_number);
	dump_text(out, "subnet", match->subnet);
	dump_text(out, "driver", match->driver);
	strbuf_printf(out, " table=%u priority=%u source=%d", interface->table, interface->priority,
		(int)interface->source);
	dump_prefixes(out, "sources", interface->sources, interface->n_sources);
	dump_address(out, "gateway", &interface->gateway);
	strbuf_printf(out, " addresses=%d", (int)interface->addresses);
	if (interface->mtu)
		strbuf_printf(out, " mtu=%u", interface->mtu);
	dump_prefixes(out, "except", interface->except, interface->n_except);
	strbuf_add_string(out, "\n");
}

static void dump_overlay(struct strbuf *out, const struct policy_overlay *overlay)
{
	strbuf_printf(out, "overlay <%s>:", overlay->name);
	dump_address(out, "address", &overlay->address);
	dump_text(out, "interface", overlay->interface);
	strbuf_add_string(out, " tables=");
	for (size_t i = 0; i < overlay->n_route_tables; i++)
		strbuf_printf(out, "<%s>", overlay->route_tables[i]);
	dump_text(out, "role", overlay->role_arn);
	strbuf_printf(out, " at-boot=%d managed-by=%d\n", (int)overlay->at_boot,
		(int)overlay->managed_by);
}

void policy_dump(const struct policy *policy, struct strbuf *out)
{
	for (size_t i = 0; i < policy->n_interfaces; i++)
		dump_interface(out, &policy->interfaces[i]);
	for (size_t i = 0; i < policy->n_overlays; i++)
		dump_overlay(out, &policy->overlays[i]);
	strbuf_printf(out, "check=%d\naws:", (int)policy->source_dest_check);
	dump_text(out, "region", policy->aws.region);
	dump_text(out, "endpoint", policy->aws.endpoint);
	dump_text(out, "profile", policy->aws.profile);
	strbuf_printf(out, " fips=%d dualstack=%d", policy->aws.fips, policy->aws.dualstack);
	dump_text(out, "ca-bundle", policy->aws.ca_bundle);
	strbuf_add_string(out, "\nimds:");
	dump_text(out, "endpoint", policy->imds.endpoint);
	dump_text(out, "interface", policy->imds.interface);
	strbuf_add_string(out, "\n");
}
