/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads an XML document as its bytes arrive, and fills a structure by its shape. Names are matched
 * without their namespace prefixes. Input is not trusted: depth, sizes and counts are limited, and
 * a document type declaration, which entities require, is an error.
 *
 * The caller owns the structure, and must not move it while the reader exists. After an error the
 * structure holds the values that were read before it.
 */
#pragma once

#include "base/error.h"
#include "ec2/shape.h"

/*
 * Keeps only some items of all lists of one shape, so that a long list takes memory only for these.
 * Other items are read and checked in the same way, and dropped.
 */
struct xml_filter {
	const struct shape *item;
	bool (*is_wanted)(const void *item, const void *argument); /* false: drop the item */
	const void *argument;
};

/* A kind of document that a response may be, selected by the name of its root element. */
struct xml_root {
	const char *element; /* NULL, only in the last root: any other name */
	const struct shape *shape;
	void *value; /* the structure to fill; blank */
};

#define XML_READER_MAX_BYTES (32u << 20) /* in a document */
#define XML_READER_MAX_DEPTH 24 /* of nested elements */
#define XML_READER_MAX_PATH 512 /* bytes of the names of nested elements, with a '/' before each */
#define XML_READER_MAX_TEXT (16u << 10) /* bytes of each value */
#define XML_READER_MAX_ITEMS 50000 /* in all lists, without dropped items */

struct xml_reader;

/* Borrows the roots and the filter's pointers. `filter` NULL: keeps all items. 0 or -ENOMEM. */
int xml_reader_new(const struct xml_root *roots, size_t count, const struct xml_filter *filter,
	struct xml_reader **ret_reader);
void xml_reader_free(struct xml_reader *reader);
void xml_reader_cleanup(struct xml_reader **reader);

/* After an error, which xml_reader_end() returns, further bytes are ignored. */
void xml_reader_feed(struct xml_reader *reader, const char *bytes, size_t length);

/*
 * Call after the last byte. Returns 0 with the root that matched; or, with `error`: -ENODATA
 * (empty), -EPIPE (cut off), -EPROTO (HTML, or not XML), -EBADMSG (a value is invalid or missing),
 * -EMSGSIZE (above a limit), -ENOMEM.
 */
int xml_reader_end(
	struct xml_reader *reader, const struct xml_root **ret_root, struct error *error);
