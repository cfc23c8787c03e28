/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads an XML document as its bytes come in and fills a structure of it, as a shape says. Names
 * are matched without their namespace prefixes. Nothing from outside is trusted: depth, sizes and
 * counts are capped, and a document type declaration, which is what entities need, is refused.
 *
 * The structure belongs to the caller, stays where it is as long as the reader lives, and is filled
 * in even where the reading fails later.
 */
#pragma once

#include "base/error.h"
#include "ec2/shape.h"

/*
 * Keeps only some items of all lists of one shape, so that a long list takes memory for what matters in
 * it. The others are read and checked like these, and dropped.
 */
struct xml_filter {
	const struct shape *item;
	bool (*is_wanted)(const void *item, const void *argument);
	const void *argument;
};

/* What an answer may be, told apart by the name of the document's element. */
struct xml_root {
	const char *element; /* NULL, in the last one: any other name */
	const struct shape *shape;
	void *value; /* blank */
};

#define XML_READER_MAX_BYTES (32u << 20) /* of a document */
#define XML_READER_MAX_DEPTH 24 /* elements within elements */
#define XML_READER_MAX_PATH 512 /* bytes of all their names */
#define XML_READER_MAX_TEXT (16u << 10) /* bytes of one value */
#define XML_READER_MAX_ITEMS 50000 /* of all lists, without those that are dropped */

struct xml_reader;

/* The roots are borrowed, and so is what the filter (NULL: all items are kept) points to. 0 or -ENOMEM. */
int xml_reader_new(const struct xml_root *roots, size_t count, const struct xml_filter *filter,
	struct xml_reader **ret_reader);
void xml_reader_free(struct xml_reader *reader);
void xml_reader_cleanup(struct xml_reader **reader);

/* After a failure, which xml_reader_end() tells, the rest is swallowed. */
void xml_reader_feed(struct xml_reader *reader, const char *bytes, size_t length);

/*
 * There are no more bytes. 0 with the root that it was, or with the words: -ENODATA (it is empty),
 * -EPIPE (it was cut off), -EPROTO (HTML, or no XML), -EBADMSG (a value makes no sense or is
 * missing), -EMSGSIZE (past a cap), -ENOMEM.
 */
int xml_reader_end(
	struct xml_reader *reader, const struct xml_root **ret_root, struct error *error);
