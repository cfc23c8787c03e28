/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format of the AWS configuration and credentials files: sections, NAME = VALUE or NAME: VALUE,
 * whole lines of comment after '#' or ';', and values that go on in lines which are indented deeper
 * than their name. A value that begins on such a line is a list of keys of its own:
 *
 *	[services lab]
 *	ec2 =
 *	  endpoint_url = https://localhost:4566
 *
 * Lines end in LF, CR LF or CR; a byte order mark of UTF-8 is passed over. Names are kept in lower case, those of nested keys as they are.
 * Pure. The format is what botocore reads (Python's configparser), duplicates refused as there.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

#define INI_FILE_MAX (1u << 20) /* bytes, for who reads one */

struct ini_key {
	const char *parent; /* the key that this one is nested in, or NULL */
	const char *name;
	const char *value; /* NULL of a key that others are nested in */
	unsigned line;
};

struct ini_section {
	const char *name; /* between the brackets */
	unsigned line;
	struct ini_key *keys;
	size_t count, capacity;
};

/* Owns the text, which everything else points into: one copy of the secrets, wiped when done. */
struct ini {
	struct strbuf text;
	struct ini_section *sections;
	size_t count, capacity;
};

/*
 * Takes the text over, whether it succeeds or not. `file` is for the messages. Returns 0; -EINVAL
 * with OUTCOME_USAGE and "FILE:LINE: …"; -ENOMEM.
 */
int ini_parse(const char *file, struct strbuf *text, struct ini *ret_ini, struct error *error);
void ini_done(struct ini *ini);

/* NULL: there is none. `parent` may be NULL. */
const struct ini_section *ini_find_section(const struct ini *ini, const char *name);
const struct ini_key *ini_find_key(
	const struct ini_section *section, const char *parent, const char *name);
