/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a configuration file of the AWS tools, and each of its values as a command line.
 */
#include "aws/ini.h"
#include "aws/shell_split.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool is_inside(const struct ini *ini, const char *text)
{
	return text >= ini->text.data && text + strlen(text) <= ini->text.data + ini->text.length;
}

static void check_words(const char *text)
{
	_cleanup_(cleanup_free) char **words = NULL;
	size_t count, letters = 0;

	if (shell_split(text, &words, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		letters += strlen(words[i]);
	require(letters <= strlen(text) && !words[count]);
}

static void check_section(const struct ini *ini, const struct ini_section *section)
{
	require(is_inside(ini, section->name) && section->line > 0);
	require(ini_find_section(ini, section->name) == section);
	for (size_t i = 0; i < section->count; i++) {
		const struct ini_key *key = &section->keys[i];

		require(is_inside(ini, key->name) && key->line > section->line);
		require(!key->parent || is_inside(ini, key->parent));
		require(!key->value || is_inside(ini, key->value));
		require(ini_find_key(section, key->parent, key->name) == key);
		if (key->value)
			check_words(key->value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	_cleanup_(ini_done) struct ini ini = {0};
	struct strbuf text = {0};
	struct error error = {0};

	if (strbuf_add(&text, bytes, length) < 0)
		return 0;
	if (ini_parse("file", &text, &ini, &error) < 0) {
		require(error.outcome == OUTCOME_USAGE && error.text[0] && !ini.sections);
		return 0;
	}
	for (size_t i = 0; i < ini.count; i++)
		check_section(&ini, &ini.sections[i]);
	return 0;
}
