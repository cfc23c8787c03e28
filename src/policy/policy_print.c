/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_print.h"

#include "policy/policy_keys.h"

#include <errno.h>

#define INDENT_STEP 2 /* blanks per level of indentation */

/* Returns false if the member stands for null, a missing key, or the first word (the default). */
static bool has_explicit_value(const struct policy_key *key, const void *structure)
{
	return !key->type || !key->type->is_given ||
	       key->type->is_given(key, policy_get_member(key, structure));
}

bool policy_has_value_or_default(const struct policy_key *key, const void *structure)
{
	return key->words || key->nullable || has_explicit_value(key, structure);
}

static void print_key(const struct policy_printer *printer, const char *name, const char *separator)
{
	strbuf_add_string(printer->out, separator);
	policy_print_text(printer, name);
	strbuf_add_string(printer->out, ": ");
}

/* Prints a mapping in one line: {a: 1, b: {c: 2}}. */
static void print_section(const struct policy_printer *printer,
	const struct policy_section *section, const void *structure)
{
	const char *separator = "{";

	for (size_t i = 0; i < section->count; i++) {
		const struct policy_key *key = &section->keys[i];
		if (!policy_has_value_or_default(key, structure))
			continue;
		print_key(printer, key->name, separator);
		policy_print_value(printer, key, structure);
		separator = ", ";
	}
	strbuf_add_string(printer->out, *separator == '{' /* no key was printed */ ? "{}" : "}");
}

/* Each entry begins with its name (policy_keys.h). */
static const char *get_entry_name(const void *entry)
{
	return *(char *const *)entry;
}

/* Prints the entries of a section in one line. */
static void print_entries_inline(
	const struct policy_printer *printer, const struct policy_key *key, const void *policy)
{
	const void *entry;
	size_t i;

	for (i = 0; (entry = policy_get_entry(key, policy, i)); i++) {
		print_key(printer, get_entry_name(entry), i ? ", " : "{");
		print_section(printer, key->section, entry);
	}
	strbuf_add_string(printer->out, i ? "}" : "{}");
}

void policy_print_value(
	const struct policy_printer *printer, const struct policy_key *key, const void *structure)
{
	struct policy_printer key_printer = *printer;
	const void *member = policy_get_member(key, structure);

	key_printer.key = key;
	if (key->section && key->section->entry_size)
		print_entries_inline(printer, key, structure);
	else if (key->section)
		print_section(printer, key->section, member);
	else if (has_explicit_value(key, structure))
		key->type->print(&key_printer, member);
	else if (key->words)
		policy_print_text(printer, key->words[0]);
	else
		strbuf_add_string(printer->out, "null");
}

/* Prints the entries of a section with one key per line. */
static void print_entries_as_block(const struct policy_printer *printer,
	const struct policy_key *section_key, const struct policy *policy)
{
	const struct policy_section *section = section_key->section;
	struct strbuf *out = printer->out;
	const void *entry;

	for (size_t i = 0; (entry = policy_get_entry(section_key, policy, i)); i++) {
		strbuf_printf(out, "\n%*s", INDENT_STEP, "");
		policy_print_text(printer, get_entry_name(entry));
		strbuf_add_string(out, ":");
		for (size_t j = 0; j < section->count; j++) {
			strbuf_printf(out, "\n%*s%s: ", 2 * INDENT_STEP, "", section->keys[j].name);
			policy_print_value(printer, &section->keys[j], entry);
		}
	}
}

int policy_print(const struct policy *policy, const struct table_names *names, struct strbuf *out)
{
	const struct policy_printer printer = {out, names, .json = false};

	for (size_t i = 0; i < policy_root.count; i++) {
		const struct policy_key *key = &policy_root.keys[i];
		bool has_entries = key->section && key->section->entry_size &&
				   policy_get_entry(key, policy, 0);
		strbuf_printf(out, has_entries ? "%s:" : "%s: ", key->name); /* block or inline */
		if (has_entries)
			print_entries_as_block(&printer, key, policy);
		else
			policy_print_value(&printer, key, policy);
		strbuf_add_string(out, "\n");
	}
	return out->failed ? -ENOMEM : 0;
}

int policy_print_json(
	const struct policy *policy, const struct table_names *names, struct strbuf *out)
{
	const struct policy_printer printer = {out, names, .json = true};

	print_section(&printer, &policy_root, policy);
	return out->failed ? -ENOMEM : 0;
}
