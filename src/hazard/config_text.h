/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the configuration files of other tools say of one key, each in its own format. Pure.
 *
 * They are read as their owners read them, and what those pass over is passed over: it is not for us
 * to refuse a file that works.
 */
#pragma once

#include "base/strbuf.h"

#define CONFIG_TEXT_MAX (1u << 20) /* bytes, for who reads a file */

/*
 * KEY=VALUE below [SECTION], as systemd's files, its state files and GLib's key files have it; the
 * last one counts. `section` NULL: whatever the section. 0; -ENOENT: nobody says; -ENOMEM.
 */
int config_find_key(
	const char *text, const char *section, const char *key, struct strbuf *ret_value);

/* NAME=VALUE as a shell would read it, quotes taken off; the last one counts. As above. */
int config_find_variable(const char *text, const char *name, struct strbuf *ret_value);

/* systemd's and GLib's words. 0 or -EINVAL. */
int config_parse_boolean(const char *text, bool *ret_value);

/*
 * The list of words that stands in YAML under the keys of `path` (NULL-terminated), a blank behind
 * each; a single word is a list of one. 0; -ENOENT: nobody says; -EINVAL: it is no YAML; -ENOMEM.
 */
int config_find_yaml_words(
	const char *text, size_t length, const char *const *path, struct strbuf *ret_words);

/* Whether the word is among words with blanks between them. */
bool config_has_word(const char *words, const char *word);
