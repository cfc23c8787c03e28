/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses the AWS configuration and credentials files: sections, NAME = VALUE or NAME: VALUE, and
 * whole lines of comment after '#' or ';'. A value continues on lines that are indented deeper than
 * its name. A value that begins on such a line is a list of nested keys:
 *
 *	[services lab]
 *	ec2 =
 *	  endpoint_url = https://localhost:4566
 *
 * Lines end in LF, CR LF or CR; a byte order mark of UTF-8 is skipped. Names of keys become lower
 * case; names of sections and of nested keys keep their case. The format is that of botocore
 * (Python's configparser). Duplicate sections and keys are an error, as there; of duplicate nested
 * keys the last one counts. Pure.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

#define INI_FILE_MAX (1u << 20) /* bytes; the limit for callers that read a file */

struct ini_key {
	const char *parent; /* the key that contains this one; NULL: not nested */
	const char *name;
	const char *value; /* NULL: the key contains nested keys */
	unsigned line;
};

struct ini_section {
	const char *name; /* between the brackets */
	unsigned line;
	struct ini_key *keys;
	size_t count, capacity;
};

/* Owns the text; all strings point into it. It is the only copy of the secrets, and is wiped. */
struct ini {
	struct strbuf text;
	struct ini_section *sections;
	size_t count, capacity;
};

/*
 * Becomes the owner of the text, even on failure. `file` is its name in messages. Returns 0;
 * -EINVAL with OUTCOME_USAGE and "FILE:LINE: …"; -ENOMEM.
 */
int ini_parse(const char *file, struct strbuf *text, struct ini *ret_ini, struct error *error);
void ini_done(struct ini *ini);

/* Each returns NULL if there is none. `parent` NULL: a key that is not nested. */
const struct ini_section *ini_find_section(const struct ini *ini, const char *name);
const struct ini_key *ini_find_key(
	const struct ini_section *section, const char *parent, const char *name);
