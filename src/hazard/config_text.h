/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the value of one key in the configuration files of other tools, in each tool's format.
 * Pure.
 *
 * The parsers accept what the tools accept, and skip what the tools skip: a file that works for its
 * tool must not be refused here.
 */
#pragma once

#include "base/strbuf.h"

#define CONFIG_TEXT_MAX (1u << 20) /* bytes: the limit for reading a file */

/*
 * Finds KEY=VALUE below [SECTION], the format of systemd's files, its state files and GLib's key
 * files. The last match counts. `section` NULL: any section. Returns 0; -ENOENT: not set; -ENOMEM.
 */
int config_find_key(
	const char *text, const char *section, const char *key, struct strbuf *ret_value);

/*
 * Finds NAME=VALUE as a shell would read it, and removes quotes. The last match counts. Returns 0;
 * -ENOENT: not set; -ENOMEM.
 */
int config_find_variable(const char *text, const char *name, struct strbuf *ret_value);

/* Parses a boolean in any spelling of systemd or GLib, like "yes" or "1". 0 or -EINVAL. */
int config_parse_boolean(const char *text, bool *ret_value);

/*
 * Finds the list of words at keys[0], keys[1], … (NULL-terminated) in YAML. A single word is a
 * list of one. In ret_words a blank follows each word. Returns 0; -ENOENT: not set; -EINVAL: not
 * YAML; -ENOMEM.
 */
int config_find_yaml_words(
	const char *text, size_t length, const char *const *keys, struct strbuf *ret_words);

/* Returns true if `words`, which are separated by blanks, contain `word`. */
bool config_has_word(const char *words, const char *word);

/*
 * Returns true if one of the fnmatch() patterns matches the name. If a pattern begins with the
 * character `prefix`, ignores this character; '\0': no prefix. Overwrites `patterns`.
 */
bool config_matches_pattern(char *patterns, const char *separators, char prefix, const char *name);
