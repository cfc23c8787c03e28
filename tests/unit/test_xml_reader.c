/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/xml_reader.h"

#include "base/ip.h"
#include "base/parse.h"
#include "base/strbuf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A structure with a member of each kind, and a list that has a list. */
struct leaf {
	char *name;
	int number;
};

struct leaf_list {
	struct leaf *items;
	size_t count, capacity;
};

struct branch {
	char id[EC2_ID_SIZE];
	struct leaf_list leaves;
};

struct branch_list {
	struct branch *items;
	size_t count, capacity;
};

struct tree {
	char *text;
	unsigned word;
	enum ec2_flag flag;
	int number;
	struct ip_address ipv4, ipv6;
	struct ip_prefix prefix4, prefix6;
	struct mac mac;
	uint64_t time;
	struct branch_list branches;
};

static const char *const words[] = {"unknown", "one", "two", NULL};

#define MEMBER(type, member) .offset = offsetof(struct type, member)
#define VALUE(path_, kind_, member)                                                                \
	{                                                                                          \
		.path = path_, .kind = &kind_, MEMBER(tree, member)                                \
	}

static const struct leaf blank_leaf = {.number = -1};
static const struct shape_member leaf_members[] = {
	{.path = "name", .kind = &value_text, MEMBER(leaf, name)},
	{.path = "deep/number", .kind = &value_number, MEMBER(leaf, number)},
};
static const struct shape leaf_shape = {
	leaf_members, ARRAY_SIZE(leaf_members), sizeof(struct leaf), &blank_leaf};
static const struct shape_member branch_members[] = {
	{
		.path = "id",
		.kind = &value_id,
		.argument = "rtb",
		.required = true,
		MEMBER(branch, id),
	},
	{.path = "leaves/item", .item = &leaf_shape, MEMBER(branch, leaves)},
};
static const struct shape branch_shape = {
	branch_members, ARRAY_SIZE(branch_members), sizeof(struct branch), NULL};
static const struct shape_member tree_members[] = {
	VALUE("text", value_text, text),
	{.path = "word", .kind = &value_word, .argument = words, MEMBER(tree, word)},
	VALUE("flag", value_flag, flag),
	VALUE("number", value_number, number),
	VALUE("ipv4", value_ipv4, ipv4),
	VALUE("ipv6", value_ipv6, ipv6),
	VALUE("prefix4", value_prefix4, prefix4),
	VALUE("prefix6", value_prefix6, prefix6),
	VALUE("mac", value_mac, mac),
	VALUE("time", value_time, time),
	{.path = "set/item", .item = &branch_shape, MEMBER(tree, branches)},
};
static const struct shape tree_shape = {
	tree_members, ARRAY_SIZE(tree_members), sizeof(struct tree), NULL};

static const struct shape_member marked_members[] = {
	{.path = "set", .kind = &value_present, .required = true},
	{.path = "list/item", .item = &leaf_shape, .required = true, MEMBER(tree, branches)},
};
static const struct shape marked_shape = {
	marked_members, ARRAY_SIZE(marked_members), sizeof(struct tree), NULL};

static void add_branches(struct strbuf *out, const struct branch_list *branches)
{
	for (size_t i = 0; i < branches->count; i++) {
		const struct branch *branch = &branches->items[i];

		strbuf_printf(out, "%s(", branch->id);
		for (size_t j = 0; j < branch->leaves.count; j++)
			strbuf_printf(out, "%s=%d ",
				branch->leaves.items[j].name ? branch->leaves.items[j].name : "?",
				branch->leaves.items[j].number);
		strbuf_add_string(out, ") ");
	}
}

/* All that the tree holds, as text. */
static const char *tree_text(const struct tree *tree, struct strbuf *out)
{
	char text[IP_PREFIX_TEXT_SIZE];

	if (tree->text)
		strbuf_printf(out, "text=%s ", tree->text);
	if (tree->word)
		strbuf_printf(out, "word=%s ", words[tree->word]);
	if (tree->flag)
		strbuf_printf(out, "flag=%d ", tree->flag == EC2_FLAG_TRUE);
	if (tree->number)
		strbuf_printf(out, "number=%d ", tree->number);
	if (ip_address_is_set(&tree->ipv4))
		strbuf_printf(out, "ipv4=%s ", ip_address_format(&tree->ipv4, text));
	if (ip_address_is_set(&tree->ipv6))
		strbuf_printf(out, "ipv6=%s ", ip_address_format(&tree->ipv6, text));
	if (ip_address_is_set(&tree->prefix4.address))
		strbuf_printf(out, "prefix4=%s ", ip_prefix_format(&tree->prefix4, text));
	if (ip_address_is_set(&tree->prefix6.address))
		strbuf_printf(out, "prefix6=%s ", ip_prefix_format(&tree->prefix6, text));
	if (tree->mac.byte[0])
		strbuf_printf(out, "mac=%s ", mac_format(&tree->mac, text));
	if (tree->time)
		strbuf_printf(out, "time=%llu ", (unsigned long long)tree->time);
	add_branches(out, &tree->branches);
	return strbuf_text(out);
}

static void tree_done(struct tree *tree)
{
	shape_done(&tree_shape, tree);
}

/* Reads the document in pieces of `piece` bytes; the text is of what was read. */
static int read_tree(const struct shape *shape, const char *document, size_t length, size_t piece,
	struct strbuf *ret_text, struct error *error)
{
	_cleanup_(tree_done) struct tree tree = {0};
	const struct xml_root roots[] = {{"Tree", shape, &tree}};
	_cleanup_(xml_reader_cleanup) struct xml_reader *reader = NULL;
	const struct xml_root *root = NULL;

	assert_int_equal(xml_reader_new(roots, 1, NULL, &reader), 0);
	for (size_t at = 0; at < length; at += piece)
		xml_reader_feed(reader, document + at, length - at < piece ? length - at : piece);
	int err = xml_reader_end(reader, &root, error);
	if (!err)
		tree_text(&tree, ret_text);
	assert_true(root == (err ? NULL : roots));
	return err;
}

static void test_documents(void **state)
{
	static const struct {
		const char *document;
		const char *text;
	} cases[] = {
		{"<Tree/>", ""},
		{"<?xml version='1.0' encoding='UTF-8'?>\n<Tree xmlns='urn:x'></Tree>\n", ""},
		{"\r\n <?xml version='1.0'?><Tree/>", ""},
		{"<x:Tree xmlns:x='urn:x'><x:text>a</x:text></x:Tree>", "text=a "},
		{"<a:Tree xmlns:a='urn:a' xmlns:b='urn:b'><b:word>two</b:word></a:Tree>",
			"word=two "},
		{"<x:Tree><x:text>the prefix was never declared</x:text></x:Tree>",
			"text=the prefix was never declared "},
		{"<Tree><text>\n\t a  b \r\n</text></Tree>", "text=a  b "},
		{"<Tree><text>a&amp;b&#65;<![CDATA[<c>]]></text></Tree>", "text=a&bA<c> "},
		{"<Tree><text a='1'>a<!-- no --><?no?>b</text></Tree>", "text=ab "},
		{"<?xml version='1.0' encoding='ISO-8859-1'?><Tree><text>\366</text></Tree>",
			"text=\303\266 "},
		{"<Tree><text> </text><text/><text>1</text><text>2</text></Tree>", "text=1 "},
		{"<Tree><text>a<b/>c</text></Tree>", ""},
		{"<Tree><other><text>not here</text></other></Tree>", ""},
		{"<Tree><Text>nor in this case</Text></Tree>", ""},
		{"<Tree><word>three</word></Tree>", ""},
		{"<Tree><flag>true</flag></Tree>", "flag=1 "},
		{"<Tree><flag>false</flag></Tree>", "flag=0 "},
		{"<Tree><flag>TRUE</flag></Tree>", ""},
		{"<Tree><time>2015-08-30T12:36:00.000Z</time><mac>0A:00:00:00:00:01</mac>"
		 "<prefix6>fd00::/8</prefix6><prefix4>10.0.0.0/8</prefix4><ipv6>fd00::1</ipv6>"
		 "<ipv4>10.0.0.1</ipv4><number>7</number><flag>true</flag><word>one</word>"
		 "<text>t</text></Tree>",
			"text=t word=one flag=1 number=7 ipv4=10.0.0.1 ipv6=fd00::1 "
			"prefix4=10.0.0.0/8 prefix6=fd00::/8 mac=0a:00:00:00:00:01 "
			"time=1440938160 "},
		{"<Tree><set/></Tree>", ""},
		{"<Tree><set><item><id>rtb-00000001</id></item></set></Tree>", "rtb-00000001() "},
		{"<Tree><set><item><leaves><item><name>a</name></item><item><deep><number>4"
		 "</number></deep></item></leaves><id>rtb-00000001</id></item><else/><item>"
		 "<id>rtb-00000002</id><leaves/></item></set><text>end</text></Tree>",
			"text=end rtb-00000001(a=-1 ?=4 ) rtb-00000002() "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = strlen(cases[i].document);

		for (size_t piece = 1; piece <= length; piece = piece < 8 ? piece + 1 : length) {
			_cleanup_(strbuf_done) struct strbuf text = {0};
			struct error error = {0};

			assert_int_equal(read_tree(&tree_shape, cases[i].document, length, piece,
						 &text, &error),
				0);
			assert_string_equal(strbuf_text(&text), cases[i].text);
			assert_int_equal(error.outcome, OUTCOME_DONE);
			if (piece == length)
				break;
		}
	}
}

#define SENSELESS "invalid response: "

static void test_refused(void **state)
{
	static const struct {
		const char *document;
		int err;
		const char *words;
	} cases[] = {
		{"", -ENODATA, "the response is empty"},
		{" \r\n\t", -ENODATA, "the response is empty"},
		{"<", -EPIPE, "the response was cut off after 1 bytes"},
		{"<Tree", -EPIPE, "the response was cut off after 5 bytes"},
		{"<Tree>", -EPIPE, "the response was cut off after 6 bytes"},
		{"<?xml version='1.0'?>", -EPIPE, "the response was cut off after 21 bytes"},
		{"<Tree><text>a", -EPIPE, "the response was cut off after 13 bytes"},
		{"<Tree><text><![CDATA[a", -EPIPE, "the response was cut off after 22 bytes"},
		{"<Tree><text>a</text></Tree", -EPIPE, "the response was cut off after 26 bytes"},
		{"<html><body>503</body></html>", -EPROTO, "the response is HTML"},
		{"<HTML><p>never closed", -EPROTO, "the response is HTML"},
		{"<!DOCTYPE html>\n<title>502</title>", -EPROTO, "the response is HTML"},
		{"<?xml version='1.0'?><!DOCTYPE HTML PUBLIC 'a' 'b'><html/>", -EPROTO,
			"the response is HTML"},
		{"upstream connect error", -EPROTO, "the response is not XML: syntax error"},
		{"{\"message\": null}", -EPROTO,
			"the response is not XML: not well-formed (invalid token)"},
		{"<Tree></Root>", -EPROTO, "the response is not XML: mismatched tag"},
		{"<Tree/><Tree/>", -EPROTO, "the response is not XML: junk after document element"},
		{"<Tree>&x;</Tree>", -EPROTO, "the response is not XML: undefined entity"},
		{"<Other/>", -EPROTO, "unknown type of response: Other"},
		{"<!DOCTYPE Tree [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
		 "<Tree><text>&b;</text></Tree>",
			-EPROTO,
			"the response is XML with a document type declaration, which "
			"is not allowed"},
		{"<!DOCTYPE Tree SYSTEM 'file:///etc/passwd'><Tree/>", -EPROTO,
			"the response is XML with a document type declaration, which is not "
			"allowed"},
		{"<Tree><number>-1</number></Tree>", -EBADMSG,
			SENSELESS "number is \"-1\", not a number"},
		{"<Tree><number>2147483648</number></Tree>", -EBADMSG,
			SENSELESS "number is \"2147483648\", not a number"},
		{"<Tree><ipv4>fd00::1</ipv4></Tree>", -EBADMSG,
			SENSELESS "ipv4 is \"fd00::1\", not an IPv4 address"},
		{"<Tree><ipv6>10.0.0.1</ipv6></Tree>", -EBADMSG,
			SENSELESS "ipv6 is \"10.0.0.1\", not an IPv6 address"},
		{"<Tree><prefix4>10.0.0.0</prefix4></Tree>", -EBADMSG,
			SENSELESS "prefix4 is \"10.0.0.0\", not an IPv4 prefix"},
		{"<Tree><prefix6>fd00::/129</prefix6></Tree>", -EBADMSG,
			SENSELESS "prefix6 is \"fd00::/129\", not an IPv6 prefix"},
		{"<Tree><mac>0a:00</mac></Tree>", -EBADMSG,
			SENSELESS "mac is \"0a:00\", not a MAC address"},
		{"<Tree><time>tomorrow</time></Tree>", -EBADMSG,
			SENSELESS "time is \"tomorrow\", not a time in UTC"},
		{"<Tree><set><item><id>eni-00000001</id></item></set></Tree>", -EBADMSG,
			SENSELESS "set/item/id is \"eni-00000001\", not an AWS id of this "
				  "kind"},
		{"<Tree><set><item><id>rtb-0000000100000001000000010000000100000001</id></item>"
		 "</set></Tree>",
			-EBADMSG,
			SENSELESS "set/item/id is \"rtb-000000010000000100000001000000010000...\", "
				  "not an AWS id of this kind"},
		{"<Tree><set><item/></set></Tree>", -EBADMSG, SENSELESS "set/item has no id"},
		{"<Tree><set><item><id> </id></item></set></Tree>", -EBADMSG,
			SENSELESS "set/item has no id"},
		/* The first error is reported. */
		{"<Tree><number>x</number><ipv4>y</ipv4>", -EBADMSG,
			SENSELESS "number is \"x\", not a number"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = strlen(cases[i].document);

		for (size_t piece = 1; piece <= length + 1; piece += length ? length : 1) {
			_cleanup_(strbuf_done) struct strbuf text = {0};
			struct error error = {0};

			assert_int_equal(read_tree(&tree_shape, cases[i].document, length, piece,
						 &text, &error),
				cases[i].err);
			assert_string_equal(error.text, cases[i].words);
			assert_int_equal(error.outcome, OUTCOME_FAILED);
		}
	}
}

static void test_required(void **state)
{
	static const struct {
		const char *document;
		const char *words; /* NULL: well */
	} cases[] = {
		{"<Tree/>", SENSELESS "Tree has no set"},
		{"<Tree><set/></Tree>", SENSELESS "Tree has no list/item"},
		{"<Tree><set/><list/></Tree>", SENSELESS "Tree has no list/item"},
		{"<Tree><list><item/></list></Tree>", SENSELESS "Tree has no set"},
		{"<Tree><list><item/></list><set>any</set></Tree>", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tree tree = {0};
		const struct xml_root roots[] = {{NULL, &marked_shape, &tree}};
		_cleanup_(xml_reader_cleanup) struct xml_reader *reader = NULL;
		const struct xml_root *root = NULL;
		struct error error = {0};

		assert_int_equal(xml_reader_new(roots, 1, NULL, &reader), 0);
		xml_reader_feed(reader, cases[i].document, strlen(cases[i].document));
		assert_int_equal(
			xml_reader_end(reader, &root, &error), cases[i].words ? -EBADMSG : 0);
		assert_string_equal(error.text, cases[i].words ? cases[i].words : "");
		shape_done(&marked_shape, &tree);
	}
}

static void repeat(struct strbuf *out, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		strbuf_add_string(out, text);
}

static void test_caps(void **state)
{
	static const struct {
		const char *before, *repeated, *after;
		size_t count;
		int err;
		const char *words;
	} cases[] = {
		{"<Tree>", "<a>", "", XML_READER_MAX_DEPTH, -EMSGSIZE,
			"the response is nested too deeply at "
			"a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/"
			"a/a/a/a"},
		{"<Tree><", "n", "/></Tree>", XML_READER_MAX_PATH, -EMSGSIZE,
			"the response is nested too deeply at Tree"},
		{"<Tree><text>", "t", "</text></Tree>", XML_READER_MAX_TEXT, 0, ""},
		{"<Tree><text>", "t", "</text></Tree>", XML_READER_MAX_TEXT + 1, -EMSGSIZE,
			"the response is too long: text has more than 16384 bytes"},
		{"<Tree><set>", "<item><id>rtb-00000001</id></item>", "</set></Tree>",
			XML_READER_MAX_ITEMS, 0, ""},
		{"<Tree><set>", "<item><id>rtb-00000001</id></item>", "</set></Tree>",
			XML_READER_MAX_ITEMS + 1, -EMSGSIZE,
			"the response lists more than 50000 items"},
		{"<Tree><other>", "0123456789abcdef", "</other></Tree>", XML_READER_MAX_BYTES / 16,
			-EMSGSIZE, "the response has more than 33554432 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf document = {.max = 64u << 20};
		_cleanup_(strbuf_done) struct strbuf text = {0};
		struct error error = {0};

		strbuf_add_string(&document, cases[i].before);
		repeat(&document, cases[i].repeated, cases[i].count);
		strbuf_add_string(&document, cases[i].after);
		assert_false(document.failed);
		assert_int_equal(read_tree(&tree_shape, document.data, document.length, 16 << 10,
					 &text, &error),
			cases[i].err);
		assert_string_equal(error.text, cases[i].words);
	}
}

static void test_nothing(void **state)
{
	struct error error = {0};
	_cleanup_(strbuf_done) struct strbuf text = {0};

	(void)state;
	xml_reader_free(NULL);
	/* A NUL is no character of XML. */
	assert_int_equal(read_tree(&tree_shape, "<\0Tree/>", 8, 8, &text, &error), -EPROTO);
	assert_string_equal(error.text, "the response is not XML: not well-formed (invalid token)");
	assert_int_equal(read_tree(&tree_shape, "<Tree>\0</Tree>", 14, 14, &text, NULL), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
