/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_print.h"

#include "policy/policy_keys.h"
#include "policy/yaml_reader.h"

#include <errno.h>
#include <string.h>

#define INDENT_STEP 2 /* blanks per level of indentation */

/*
 * Additions to the buffer are not checked individually: after one failure all later ones fail.
 * policy_print() and policy_print_json() check at the end.
 */
struct printer {
	struct strbuf *out;
	const struct table_names *names;
	bool json; /* JSON, which is also YAML; quotes every name and text */
};

/* Returns whether the text can be written without quotes in any position. */
static bool is_plain(const char *text)
{
	static const char leading[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/_";
	static const char inner[] = "0123456789.-+";
	const struct yaml_value value = {
		.kind = YAML_KIND_SCALAR, .text = (char *)text, .plain = true};
	bool flag;

	if (!*text || !strchr(leading, *text) || yaml_is_null(&value) ||
		yaml_is_flag(&value, &flag))
		return false;
	for (; *text; text++)
		if (!strchr(leading, *text) && !strchr(inner, *text))
			return false;
	return true;
}

static void print_text(const struct printer *printer, const char *text)
{
	struct strbuf *out = printer->out;

	if (!printer->json && is_plain(text)) {
		strbuf_add_string(out, text);
		return;
	}
	strbuf_add_string(out, "\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			strbuf_add_string(out, "\\");
		strbuf_add(out, text, 1);
	}
	strbuf_add_string(out, "\"");
}

/* Quotes IPv6 addresses: old YAML parsers do not accept colons in brackets. */
static void print_numeric(const struct printer *printer, const char *text)
{
	bool quotes = printer->json || strchr(text, ':');

	strbuf_printf(printer->out, quotes ? "\"%s\"" : "%s", text);
}

static void print_prefixes(
	const struct printer *printer, const struct ip_prefix *prefixes, size_t count)
{
	struct strbuf *out = printer->out;
	char text[IP_PREFIX_TEXT_SIZE];

	strbuf_add_string(out, "[");
	for (size_t i = 0; i < count; i++) {
		strbuf_add_string(out, i > 0 ? ", " : "");
		print_numeric(printer, ip_prefix_format(&prefixes[i], text));
	}
	strbuf_add_string(out, "]");
}

static void print_address(const struct printer *printer, const struct ip_address *address)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	print_numeric(printer, ip_address_format(address, text));
}

static void print_table(const struct printer *printer, uint32_t table)
{
	char buffer[16];
	const char *name = table_names_format(printer->names, table, buffer);

	if (name == buffer)
		strbuf_add_string(printer->out, name);
	else
		print_text(printer, name);
}

static void print_route_tables(const struct printer *printer, const struct policy_overlay *overlay)
{
	struct strbuf *out = printer->out;

	strbuf_add_string(out, "[");
	for (size_t i = 0; i < overlay->n_route_tables; i++) {
		strbuf_add_string(out, i > 0 ? ", " : "");
		print_text(printer, overlay->route_tables[i]);
	}
	strbuf_add_string(out, "]");
}

/* Returns false if the key has neither a value nor a default; it is then omitted. */
static bool is_given(const struct policy_key *key, const void *structure)
{
	const void *member = (const char *)structure + key->offset;

	if (key->fallback)
		return true;
	switch (key->type) {
	case POLICY_TYPE_TEXT:
		return *(char *const *)member != NULL;
	case POLICY_TYPE_NUMBER:
	case POLICY_TYPE_FLAG:
		return *(const int *)member >= 0;
	case POLICY_TYPE_MAC:
		return ((const struct policy_match *)structure)->has_mac;
	case POLICY_TYPE_SECTION:
	case POLICY_TYPE_MATCH:
	case POLICY_TYPE_INTERFACES:
	case POLICY_TYPE_OVERLAYS:
	case POLICY_TYPE_VERSION:
	case POLICY_TYPE_WORD:
	case POLICY_TYPE_TABLE:
	case POLICY_TYPE_SOURCE:
	case POLICY_TYPE_GATEWAY:
	case POLICY_TYPE_EXCEPT:
	case POLICY_TYPE_HOST:
	case POLICY_TYPE_ROUTE_TABLES:
		break;
	}
	return true;
}

static void print_value(
	const struct printer *printer, const struct policy_key *key, const void *structure)
{
	const void *member = (const char *)structure + key->offset;
	const struct policy_interface *interface = structure;
	const struct policy_overlay *overlay = structure;
	const struct policy_match *match = structure;
	struct strbuf *out = printer->out;
	char mac[MAC_TEXT_SIZE];

	switch (key->type) {
	case POLICY_TYPE_VERSION:
		strbuf_printf(out, "%u", key->max);
		break;
	case POLICY_TYPE_WORD:
		print_text(printer, key->words[*(const unsigned *)member]);
		break;
	case POLICY_TYPE_NUMBER:
		strbuf_printf(out, "%u", *(const uint32_t *)member);
		break;
	case POLICY_TYPE_FLAG:
		strbuf_add_string(out, *(const int *)member ? "true" : "false");
		break;
	case POLICY_TYPE_TEXT:
		if (*(char *const *)member)
			print_text(printer, *(char *const *)member);
		else
			strbuf_add_string(out, key->fallback);
		break;
	case POLICY_TYPE_MAC:
		strbuf_printf(out, "\"%s\"", mac_format(&match->mac, mac));
		break;
	case POLICY_TYPE_TABLE:
		print_table(printer, *(const uint32_t *)member);
		break;
	case POLICY_TYPE_SOURCE:
		if (interface->source == POLICY_SOURCE_LIST)
			print_prefixes(printer, interface->sources, interface->n_sources);
		else
			print_text(printer, key->words[interface->source]);
		break;
	case POLICY_TYPE_GATEWAY:
		if (ip_address_is_set(member))
			print_address(printer, member);
		else
			print_text(printer, key->fallback);
		break;
	case POLICY_TYPE_EXCEPT:
		print_prefixes(printer, interface->except, interface->n_except);
		break;
	case POLICY_TYPE_HOST:
		print_address(printer, member);
		break;
	case POLICY_TYPE_ROUTE_TABLES:
		if (overlay->n_route_tables)
			print_route_tables(printer, overlay);
		else
			print_text(printer, key->fallback);
		break;
	case POLICY_TYPE_SECTION:
	case POLICY_TYPE_MATCH:
	case POLICY_TYPE_INTERFACES:
	case POLICY_TYPE_OVERLAYS:
		break; /* printed by print_flow() and print_entry() */
	}
}

static void print_name(const struct printer *printer, const char *name, const char *separator)
{
	strbuf_add_string(printer->out, separator);
	print_text(printer, name);
	strbuf_add_string(printer->out, ": ");
}

/* The entries of a section with names, `size` bytes each; both types begin with the name. */
struct entries {
	const char *first;
	size_t count, size;
};

static bool has_entries(const struct policy_key *key)
{
	return key->type == POLICY_TYPE_INTERFACES || key->type == POLICY_TYPE_OVERLAYS;
}

static struct entries get_entries(const struct policy_key *key, const struct policy *policy)
{
	if (key->type == POLICY_TYPE_INTERFACES)
		return (struct entries){(const char *)policy->interfaces, policy->n_interfaces,
			sizeof(*policy->interfaces)};
	return (struct entries){
		(const char *)policy->overlays, policy->n_overlays, sizeof(*policy->overlays)};
}

/* {a: 1, b: {c: 2}} */
static void print_flow(
	const struct printer *printer, const struct policy_section *section, const void *structure)
{
	const char *separator = "{";

	for (size_t i = 0; i < section->count; i++) {
		const struct policy_key *key = &section->keys[i];
		if (!is_given(key, structure))
			continue;
		print_name(printer, key->name, separator);
		separator = ", ";
		if (!key->section) {
			print_value(printer, key, structure);
		} else if (!has_entries(key)) {
			print_flow(printer, key->section, (const char *)structure + key->offset);
		} else {
			struct entries entries = get_entries(key, structure);
			for (size_t j = 0; j < entries.count; j++) {
				const char *entry = entries.first + j * entries.size;
				print_name(printer, *(char *const *)(const void *)entry,
					j ? ", " : "{");
				print_flow(printer, key->section, entry);
			}
			strbuf_add_string(printer->out, entries.count ? "}" : "{}");
		}
	}
	strbuf_add_string(printer->out, *separator == '{' ? "{}" : "}");
}

/* Prints the keys of one entry, one per line. */
static void print_entry(const struct printer *printer, const struct policy_section *section,
	const char *name, const void *entry)
{
	struct strbuf *out = printer->out;

	strbuf_printf(out, "%*s", INDENT_STEP, "");
	print_text(printer, name);
	strbuf_add_string(out, ":\n");
	for (size_t i = 0; i < section->count; i++) {
		const struct policy_key *key = &section->keys[i];
		strbuf_printf(out, "%*s%s: ", 2 * INDENT_STEP, "", key->name);
		if (key->section)
			print_flow(printer, key->section, (const char *)entry + key->offset);
		else
			print_value(printer, key, entry);
		strbuf_add_string(out, "\n");
	}
}

static void print_interfaces(
	const struct printer *printer, const struct policy_key *key, const struct policy *policy)
{
	strbuf_add_string(printer->out, policy->n_interfaces ? "\n" : " {}\n");
	for (size_t i = 0; i < policy->n_interfaces; i++)
		print_entry(
			printer, key->section, policy->interfaces[i].name, &policy->interfaces[i]);
}

static void print_overlays(
	const struct printer *printer, const struct policy_key *key, const struct policy *policy)
{
	strbuf_add_string(printer->out, policy->n_overlays ? "\n" : " {}\n");
	for (size_t i = 0; i < policy->n_overlays; i++)
		print_entry(printer, key->section, policy->overlays[i].name, &policy->overlays[i]);
}

int policy_print(const struct policy *policy, const struct table_names *names, struct strbuf *out)
{
	const struct printer printer = {out, names, false};
	const struct policy_section *section = policy_root.section;

	for (size_t i = 0; i < section->count; i++) {
		const struct policy_key *key = &section->keys[i];
		strbuf_printf(out, "%s:", key->name);
		if (key->type == POLICY_TYPE_INTERFACES) {
			print_interfaces(&printer, key, policy);
			continue;
		}
		if (key->type == POLICY_TYPE_OVERLAYS) {
			print_overlays(&printer, key, policy);
			continue;
		}
		strbuf_add_string(out, " ");
		if (key->section)
			print_flow(&printer, key->section, (const char *)policy + key->offset);
		else
			print_value(&printer, key, policy);
		strbuf_add_string(out, "\n");
	}
	return out->failed ? -ENOMEM : 0;
}

int policy_print_json(
	const struct policy *policy, const struct table_names *names, struct strbuf *out)
{
	const struct printer printer = {out, names, true};

	print_flow(&printer, policy_root.section, policy);
	return out->failed ? -ENOMEM : 0;
}
