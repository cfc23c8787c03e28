/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/xml_reader.h"

#include "base/strbuf.h"
#include "base/wiped_memory.h"

#include <errno.h>
#include <expat.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES 40 /* of an invalid value, in messages */
#define BLANKS " \t\r\n"

/* A structure that is being filled, from the start of its element to its end. */
struct frame {
	const struct shape *shape;
	void *value;
	void *list; /* the list whose last item the structure is; NULL: not in a list */
	unsigned depth; /* of its element; the root element has 1 */
	uint32_t seen; /* a bit for each member that was found */
};

struct xml_reader {
	XML_Parser parser;
	const struct xml_root *roots;
	size_t root_count;
	struct xml_filter filter; /* without an item shape: keeps all */
	const struct xml_root *root; /* of this document; NULL: not known yet */
	size_t bytes, items; /* read so far; items without dropped ones */
	unsigned depth; /* of the current element; 0: outside the root element */
	char path[XML_READER_MAX_PATH]; /* "/a/b/c" */
	size_t path_length[XML_READER_MAX_DEPTH + 1]; /* of the path down to each depth */
	struct frame frames[XML_READER_MAX_DEPTH];
	size_t frame_count;
	const struct shape_member *text_member; /* its text is being read; NULL: none */
	struct strbuf text;
	int err; /* the first error, with `error`; 0: none */
	struct error error;
};

#define INVALID "invalid response: "

/* Returns the path of the current element for messages, without the root element. */
static const char *get_element_path(const struct xml_reader *reader)
{
	const char *below = strchr(reader->path + 1, '/');

	return below ? below + 1 : reader->path + 1;
}

/* Only the last root may have no name: it matches any other element. */
static const struct xml_root *find_root(const struct xml_reader *reader, const char *element)
{
	for (size_t i = 0; i < reader->root_count; i++)
		if (!reader->roots[i].element || strcmp(reader->roots[i].element, element) == 0)
			return &reader->roots[i];
	return NULL;
}

static const struct shape_member *find_member(const struct shape *shape, const char *path)
{
	for (size_t i = 0; i < shape->count; i++)
		if (strcmp(shape->members[i].path, path) == 0)
			return &shape->members[i];
	return NULL;
}

static struct frame *top_frame(struct xml_reader *reader)
{
	return &reader->frames[reader->frame_count - 1];
}

/* The current element's text and children fill `value`, the last item of `list` (NULL: no list). */
static void push_frame(
	struct xml_reader *reader, const struct shape *shape, void *value, void *list)
{
	reader->frames[reader->frame_count++] = (struct frame){
		.shape = shape,
		.value = value,
		.list = list,
		.depth = reader->depth,
	};
}

static uint32_t get_seen_bit(const struct frame *frame, const struct shape_member *member)
{
	return UINT32_C(1) << (member - frame->shape->members);
}

static int push_path(struct xml_reader *reader, const char *name)
{
	size_t used = reader->path_length[reader->depth];
	size_t length = strlen(name);

	if (reader->depth == XML_READER_MAX_DEPTH || length + 2 > sizeof(reader->path) - used)
		return error_set(&reader->error, OUTCOME_FAILED, EMSGSIZE,
			"the response is nested too deeply at %s", get_element_path(reader));
	reader->path[used] = '/';
	memcpy(reader->path + used + 1, name, length + 1);
	reader->path_length[++reader->depth] = used + 1 + length;
	return 0;
}

static int begin_root(struct xml_reader *reader, const char *name)
{
	if (strcasecmp(name, "html") == 0) /* maybe from a proxy */
		return error_set(&reader->error, OUTCOME_FAILED, EPROTO, "the response is HTML");
	reader->root = find_root(reader, name);
	if (!reader->root)
		return error_set(&reader->error, OUTCOME_FAILED, EPROTO,
			"unknown type of response: %s", name);
	push_frame(reader, reader->root->shape, reader->root->value, NULL /* no list */);
	return 0;
}

/* Adds a blank item to the list, and fills it until its element ends. */
static int begin_item(struct xml_reader *reader, const struct shape_member *list)
{
	void *list_at = (char *)top_frame(reader)->value + list->offset;
	void *value;

	if (++reader->items > XML_READER_MAX_ITEMS)
		return error_set(&reader->error, OUTCOME_FAILED, EMSGSIZE,
			"the response lists more than %d items", XML_READER_MAX_ITEMS);
	if (shape_list_add_blank(list->item, list_at, &value))
		return error_oom(&reader->error);
	top_frame(reader)->seen |= get_seen_bit(top_frame(reader), list);
	push_frame(reader, list->item, value, list_at);
	return 0;
}

/* Starts the member that the shape has for this element; ignores an element without a member. */
static int begin_element(struct xml_reader *reader, const char *name)
{
	const char *colon = strrchr(name, ':');
	const char *local = colon ? colon + 1 : name;
	int err = push_path(reader, local);

	reader->text_member = NULL; /* ignores the text of an element with children */
	if (err)
		return err;
	if (reader->depth == 1)
		return begin_root(reader, local);

	struct frame *frame = top_frame(reader);
	/* The path below the frame's element, without the '/' at its start. */
	const char *path = reader->path + reader->path_length[frame->depth] + 1;
	const struct shape_member *member = find_member(frame->shape, path);
	if (!member)
		return 0;
	if (member->item)
		return begin_item(reader, member);
	if (member->kind == &value_present) {
		frame->seen |= get_seen_bit(frame, member);
		return 0;
	}
	reader->text_member = member;
	strbuf_clear(&reader->text);
	return 0;
}

/* Returns the text without blanks at both ends, or NULL if nothing is left. */
static const char *trim(struct strbuf *text)
{
	while (text->length > 0 && strchr(BLANKS, text->data[text->length - 1]))
		text->data[--text->length] = '\0';
	return text->length > 0 ? text->data + strspn(text->data, BLANKS) : NULL;
}

/* Stores the text in the member. Ignores it if it is empty or the member was already set. */
static int parse_text(struct xml_reader *reader)
{
	const struct shape_member *member = reader->text_member;
	struct frame *frame = top_frame(reader);
	const char *text = trim(&reader->text);

	if (!text || frame->seen & get_seen_bit(frame, member))
		return 0;
	int err = member->kind->parse(
		text, member->argument, (char *)frame->value + member->offset);
	if (err == -ENOMEM)
		return error_oom(&reader->error);
	if (err)
		return error_set(&reader->error, OUTCOME_FAILED, EBADMSG,
			INVALID "%s is \"%.*s%s\", not %s", get_element_path(reader), SHOWN_BYTES,
			text, strlen(text) > SHOWN_BYTES ? "..." : "", member->kind->form);
	frame->seen |= get_seen_bit(frame, member);
	return 0;
}

/* The filter may drop only items of lists, and only if they have the filter's shape. */
static bool is_kept(const struct xml_filter *filter, const struct frame *frame)
{
	return !frame->list || frame->shape != filter->item ||
	       filter->is_wanted(frame->value, filter->argument);
}

/* Checks the structure that is now complete, and drops it if the filter does not want it. */
static int end_frame(struct xml_reader *reader)
{
	const struct frame *frame = top_frame(reader);

	for (size_t i = 0; i < frame->shape->count; i++) {
		const struct shape_member *member = &frame->shape->members[i];

		if (member->required && !(frame->seen & get_seen_bit(frame, member)))
			return error_set(&reader->error, OUTCOME_FAILED, EBADMSG,
				INVALID "%s has no %s", get_element_path(reader), member->path);
	}
	if (!is_kept(&reader->filter, frame)) {
		shape_list_drop_last(frame->shape, frame->list);
		reader->items--;
	}
	reader->frame_count--;
	return 0;
}

static int end_element(struct xml_reader *reader)
{
	int err = reader->text_member ? parse_text(reader) : 0;

	reader->text_member = NULL;
	if (!err && top_frame(reader)->depth == reader->depth) /* its structure ends, too */
		err = end_frame(reader);
	if (err)
		return err;
	reader->path[reader->path_length[--reader->depth]] = '\0';
	return 0;
}

/* After XML_StopParser() the parser may still call handlers, so they check reader->err. */
static void stop_on_error(struct xml_reader *reader, int err)
{
	if (!err)
		return;
	reader->err = err;
	XML_StopParser(reader->parser, XML_FALSE);
}

static void on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct xml_reader *reader = context;

	(void)attributes;
	if (!reader->err)
		stop_on_error(reader, begin_element(reader, name));
}

static void on_end(void *context, const XML_Char *name)
{
	struct xml_reader *reader = context;

	(void)name;
	if (!reader->err)
		stop_on_error(reader, end_element(reader));
}

static void on_text(void *context, const XML_Char *text, int length)
{
	struct xml_reader *reader = context;

	if (reader->err || !reader->text_member)
		return;
	int err = strbuf_add(&reader->text, text, (size_t)length);
	if (err == -ENOMEM)
		stop_on_error(reader, error_oom(&reader->error));
	else if (err)
		stop_on_error(reader, error_set(&reader->error, OUTCOME_FAILED, EMSGSIZE,
					      "the response is too long: %s has more than %u bytes",
					      get_element_path(reader), XML_READER_MAX_TEXT));
}

/* Rejects all document types: they may define entities that expand without limit. */
static void on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
	const XML_Char *public_id, int has_internal_subset)
{
	struct xml_reader *reader = context;
	bool is_html = strcasecmp(name, "html") == 0;

	(void)system_id, (void)public_id, (void)has_internal_subset;
	stop_on_error(reader,
		error_set(&reader->error, OUTCOME_FAILED, EPROTO, "the response is %s",
			is_html ? "HTML"
				: "XML with a document type declaration, which is not allowed"));
}

int xml_reader_new(const struct xml_root *roots, size_t count, const struct xml_filter *filter,
	struct xml_reader **ret_reader)
{
	/* Responses hold credentials, which would stay in the parser's own buffers. */
	static const XML_Memory_Handling_Suite memory = {wiped_malloc, wiped_realloc, wiped_free};
	_cleanup_(xml_reader_cleanup) struct xml_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->parser = XML_ParserCreate_MM(NULL /* encoding */, &memory, NULL /* namespaces */);
	if (!reader->parser)
		return -ENOMEM;
	reader->roots = roots;
	reader->root_count = count;
	if (filter)
		reader->filter = *filter;
	strbuf_init(&reader->text, XML_READER_MAX_TEXT);
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, on_start, on_end);
	XML_SetCharacterDataHandler(reader->parser, on_text);
	XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
	*ret_reader = TAKE_PTR(reader);
	return 0;
}

void xml_reader_free(struct xml_reader *reader)
{
	if (!reader)
		return;
	if (reader->parser)
		XML_ParserFree(reader->parser);
	strbuf_done(&reader->text);
	free(reader);
}

void xml_reader_cleanup(struct xml_reader **reader)
{
	xml_reader_free(*reader);
}

static int report_parser_error(struct xml_reader *reader)
{
	enum XML_Error code = XML_GetErrorCode(reader->parser);

	if (code == XML_ERROR_NO_MEMORY)
		return error_oom(&reader->error);
	return error_set(&reader->error, OUTCOME_FAILED, EPROTO, "the response is not XML: %s",
		XML_ErrorString(code));
}

void xml_reader_feed(struct xml_reader *reader, const char *bytes, size_t length)
{
	/* Skip blanks before the XML declaration, which expat rejects. strchr() also finds NUL. */
	for (; reader->bytes == 0 && length > 0 && *bytes && strchr(BLANKS, *bytes); length--)
		bytes++;
	if (reader->err || length == 0)
		return;
	if (length > XML_READER_MAX_BYTES - reader->bytes) {
		reader->err = error_set(&reader->error, OUTCOME_FAILED, EMSGSIZE,
			"the response has more than %u bytes", XML_READER_MAX_BYTES);
		return;
	}
	reader->bytes += length;
	if (XML_Parse(reader->parser, bytes, (int)length, XML_FALSE) != XML_STATUS_OK &&
		!reader->err) /* the error of a handler is more exact */
		reader->err = report_parser_error(reader);
}

/* Ends the document. expat's error code shows whether it was cut off or is invalid. */
static int finish_document(struct xml_reader *reader)
{
	if (reader->bytes == 0)
		return error_set(&reader->error, OUTCOME_FAILED, ENODATA, "the response is empty");
	if (XML_Parse(reader->parser, "", 0, XML_TRUE) == XML_STATUS_OK)
		return 0;
	if (reader->err)
		return reader->err;
	switch (XML_GetErrorCode(reader->parser)) {
	case XML_ERROR_NO_ELEMENTS:
	case XML_ERROR_UNCLOSED_TOKEN:
	case XML_ERROR_PARTIAL_CHAR:
	case XML_ERROR_UNCLOSED_CDATA_SECTION:
		return error_set(&reader->error, OUTCOME_FAILED, EPIPE,
			"the response was cut off after %zu bytes", reader->bytes);
	default:
		return report_parser_error(reader);
	}
}

int xml_reader_end(struct xml_reader *reader, const struct xml_root **ret_root, struct error *error)
{
	if (!reader->err)
		reader->err = finish_document(reader);
	if (reader->err) {
		if (error)
			*error = reader->error;
		return reader->err;
	}
	*ret_root = reader->root;
	return 0;
}
