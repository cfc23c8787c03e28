/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ip.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct ip_address address_of(const char *text)
{
	struct ip_address address;

	assert_int_equal(ip_address_parse(text, &address), 0);
	return address;
}

static struct ip_prefix prefix_of(const char *text)
{
	struct ip_prefix prefix;

	assert_int_equal(ip_prefix_parse(text, &prefix), 0);
	return prefix;
}

static void test_address_text(void **state)
{
	static const struct {
		const char *text;
		const char *formatted; /* NULL: refused */
	} cases[] = {
		{"10.0.1.10", "10.0.1.10"},
		{"0.0.0.0", "0.0.0.0"},
		{"255.255.255.255", "255.255.255.255"},
		{"2001:db8::1", "2001:db8::1"},
		{"2001:DB8:0:0::1", "2001:db8::1"},
		{"::", "::"},
		{"::1", "::1"},
		{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
		{"0001:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
		{"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
		{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
		{"", NULL},
		{"10", NULL},
		{"10.1", NULL},
		{"10.0.1", NULL},
		{"10.0.1.", NULL},
		{"10.0.1.2.3", NULL},
		{"10.0.1.256", NULL},
		{"10.0.1.-1", NULL},
		{"10.0.1.+1", NULL},
		{"010.0.1.10", NULL},
		{"10.0.1.010", NULL},
		{"10.0.1.00", NULL},
		{"0x0a.0.1.10", NULL},
		{"167772426", NULL},
		{" 10.0.1.10", NULL},
		{"10.0.1.10 ", NULL},
		{"10.0.1.10\n", NULL},
		{"10.0.1.10/32", NULL},
		{"2001:db8:::1", NULL},
		{"2001::db8::1", NULL},
		{"1:2:3:4:5:6:7", NULL},
		{"1:2:3:4:5:6:7:8:9", NULL},
		{"12345::", NULL},
		{"g::", NULL},
		{":", NULL},
		{"[::1]", NULL},
		{"fe80::1%eth1", NULL},
		{"::ffff:10.0.0.01", NULL},
		{"localhost", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_address address = {.family = 99};
		char text[IP_ADDRESS_TEXT_SIZE];
		int err = ip_address_parse(cases[i].text, &address);

		if (cases[i].formatted) {
			assert_int_equal(err, 0);
			assert_string_equal(ip_address_format(&address, text), cases[i].formatted);
		} else {
			assert_int_equal(err, -EINVAL);
			assert_int_equal(address.family, 99);
		}
	}
}

static void test_address_kind(void **state)
{
	static const struct {
		const char *text;
		unsigned char family;
		bool link_local;
	} cases[] = {
		{"169.254.169.254", AF_INET, true},
		{"169.255.0.0", AF_INET, false},
		{"169.253.255.255", AF_INET, false},
		{"10.0.0.1", AF_INET, false},
		{"fe80::1", AF_INET6, true},
		{"febf:ffff::", AF_INET6, true},
		{"fec0::1", AF_INET6, false},
		{"fd00:ec2::254", AF_INET6, false},
		{"::ffff:169.254.1.1", AF_INET6, false},
	};
	const struct ip_address none = {0};
	char text[IP_ADDRESS_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_address address = address_of(cases[i].text);

		assert_int_equal(address.family, cases[i].family);
		assert_true(ip_address_is_set(&address));
		assert_int_equal(ip_address_is_link_local(&address), cases[i].link_local);
	}
	assert_false(ip_address_is_set(&none));
	assert_false(ip_address_is_link_local(&none));
	assert_string_equal(ip_address_format(&none, text), "none");
}

static void test_family_and_bytes(void **state)
{
	static const unsigned char bytes[16] = {10, 0, 1, 10, 5};
	struct ip_address address = {.family = 99};

	(void)state;
	assert_int_equal(ip_family_bits(AF_INET), 32);
	assert_int_equal(ip_family_bits(AF_INET6), 128);
	assert_int_equal(ip_family_bits(AF_UNSPEC), 0);
	assert_int_equal(ip_family_bytes(AF_INET), 4);
	assert_int_equal(ip_family_bytes(AF_INET6), 16);
	assert_int_equal(ip_family_bytes(AF_UNIX), 0);

	assert_int_equal(ip_address_from_bytes(AF_INET, bytes, 16, &address), -EINVAL);
	assert_int_equal(ip_address_from_bytes(AF_INET, bytes, 0, &address), -EINVAL);
	assert_int_equal(ip_address_from_bytes(AF_INET6, bytes, 4, &address), -EINVAL);
	assert_int_equal(ip_address_from_bytes(AF_UNSPEC, bytes, 0, &address), -EINVAL);
	assert_int_equal(address.family, 99);
	assert_int_equal(ip_address_from_bytes(AF_INET, bytes, 4, &address), 0);
	struct ip_address expected = address_of("10.0.1.10");
	assert_memory_equal(&address, &expected, sizeof(address));
	assert_int_equal(ip_address_from_bytes(AF_INET6, bytes, 16, &address), 0);
	expected = address_of("a00:10a:500::");
	assert_memory_equal(&address, &expected, sizeof(address));
}

static void test_address_order(void **state)
{
	/* Each before the next. */
	static const char *const ordered[] = {
		"0.0.0.0", "10.0.0.1", "10.0.0.2", "192.168.0.0", "::", "::1", "2001:db8::"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ordered); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(ordered); j++) {
			struct ip_address a = address_of(ordered[i]), b = address_of(ordered[j]);
			int order = ip_address_compare(&a, &b);

			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
}

static void test_prefix_text(void **state)
{
	static const struct {
		const char *text;
		const char *formatted; /* NULL: refused */
		const char *network;
		bool host_bits;
		const char *first_host; /* NULL: -ERANGE */
	} cases[] = {
		{"10.0.1.0/24", "10.0.1.0/24", "10.0.1.0/24", false, "10.0.1.1"},
		{"10.0.1.10/24", "10.0.1.10/24", "10.0.1.0/24", true, "10.0.1.1"},
		{"10.0.1.10", "10.0.1.10/32", "10.0.1.10/32", false, NULL},
		{"10.0.1.10/32", "10.0.1.10/32", "10.0.1.10/32", false, NULL},
		{"10.0.1.11/31", "10.0.1.11/31", "10.0.1.10/31", true, "10.0.1.11"},
		{"10.0.1.255/20", "10.0.1.255/20", "10.0.0.0/20", true, "10.0.0.1"},
		{"10.255.129.0/17", "10.255.129.0/17", "10.255.128.0/17", true, "10.255.128.1"},
		{"0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0", false, "0.0.0.1"},
		{"10.0.0.0/0", "10.0.0.0/0", "0.0.0.0/0", true, "0.0.0.1"},
		{"::/0", "::/0", "::/0", false, "::1"},
		{"2001:db8::/64", "2001:db8::/64", "2001:db8::/64", false, "2001:db8::1"},
		{"2001:db8::a/64", "2001:db8::a/64", "2001:db8::/64", true, "2001:db8::1"},
		{"2001:db8::a/127", "2001:db8::a/127", "2001:db8::a/127", false, "2001:db8::b"},
		{"2001:db8::b/127", "2001:db8::b/127", "2001:db8::a/127", true, "2001:db8::b"},
		{"2001:db8::a/128", "2001:db8::a/128", "2001:db8::a/128", false, NULL},
		{"2001:db8::a", "2001:db8::a/128", "2001:db8::a/128", false, NULL},
		{"2001:db8:ffff::/33", "2001:db8:ffff::/33", "2001:db8:8000::/33", true,
			"2001:db8:8000::1"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128",
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", false, NULL},
		{.text = ""},
		{.text = "/"},
		{.text = "/24"},
		{.text = "10.0.1.0/"},
		{.text = "10.0.1.0/33"},
		{.text = "10.0.1.0/024"},
		{.text = "10.0.1.0/-1"},
		{.text = "10.0.1.0/+1"},
		{.text = "10.0.1.0/ 1"},
		{.text = "10.0.1.0/24 "},
		{.text = "10.0.1.0/24/24"},
		{.text = "10.0.1.0/255.255.255.0"},
		{.text = "10.0.1.0/4294967320"},
		{.text = "10.0.1/24"},
		{.text = "010.0.1.0/24"},
		{.text = "2001:db8::/129"},
		{.text = "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/1"},
		{.text = "default"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_prefix prefix = {.length = 99};
		struct ip_address first = {.family = 99};
		char text[IP_PREFIX_TEXT_SIZE];
		int err = ip_prefix_parse(cases[i].text, &prefix);

		if (!cases[i].formatted) {
			assert_int_equal(err, -EINVAL);
			assert_int_equal(prefix.length, 99);
			continue;
		}
		assert_int_equal(err, 0);
		assert_string_equal(ip_prefix_format(&prefix, text), cases[i].formatted);
		struct ip_prefix network = ip_prefix_network(&prefix);
		assert_string_equal(ip_prefix_format(&network, text), cases[i].network);
		assert_int_equal(ip_prefix_has_host_bits(&prefix), cases[i].host_bits);
		assert_int_equal(ip_prefix_is_default(&prefix), prefix.length == 0);
		err = ip_prefix_first_host(&prefix, &first);
		assert_int_equal(err, cases[i].first_host ? 0 : -ERANGE);
		if (cases[i].first_host)
			assert_string_equal(ip_address_format(&first, text), cases[i].first_host);
		else
			assert_int_equal(first.family, 99);
	}
}

static void test_prefix_contains(void **state)
{
	static const struct {
		const char *prefix;
		const char *address;
		bool contains;
	} cases[] = {
		{"10.0.1.0/24", "10.0.1.0", true},
		{"10.0.1.0/24", "10.0.1.255", true},
		{"10.0.1.0/24", "10.0.2.0", false},
		{"10.0.1.99/24", "10.0.1.1", true},
		{"10.0.1.10/32", "10.0.1.10", true},
		{"10.0.1.10/32", "10.0.1.11", false},
		{"10.0.1.10/31", "10.0.1.11", true},
		{"10.0.1.10/31", "10.0.1.12", false},
		{"0.0.0.0/0", "203.0.113.1", true},
		{"0.0.0.0/0", "::", false},
		{"0.0.0.0/0", "::ffff:10.0.0.1", false},
		{"::/0", "2001:db8::1", true},
		{"::/0", "10.0.0.1", false},
		{"2001:db8::/63", "2001:db8:0:1::", true},
		{"2001:db8::/64", "2001:db8:0:1::", false},
		{"2001:db8::2/127", "2001:db8::3", true},
		{"2001:db8::2/127", "2001:db8::4", false},
		{"a00::/8", "10.0.0.1", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_prefix prefix = prefix_of(cases[i].prefix);
		struct ip_address address = address_of(cases[i].address);

		assert_int_equal(ip_prefix_contains(&prefix, &address), cases[i].contains);
	}
}

static void test_prefix_overlaps(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} cases[] = {
		{"10.0.0.0/16", "10.0.1.0/24", true},
		{"10.0.0.0/16", "10.0.0.0/16", true},
		{"10.0.0.0/16", "10.1.0.0/16", false},
		{"10.0.0.0/15", "10.1.0.0/16", true},
		{"10.0.1.10/32", "10.0.1.10/32", true},
		{"10.0.1.10/32", "10.0.1.11/32", false},
		{"0.0.0.0/0", "10.0.1.11/32", true},
		{"0.0.0.0/0", "::/0", false},
		{"::/0", "2001:db8::/32", true},
		{"2001:db8::/32", "2001:db9::/32", false},
		{"a00::/8", "10.0.0.0/8", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_prefix a = prefix_of(cases[i].a), b = prefix_of(cases[i].b);

		assert_int_equal(ip_prefix_overlaps(&a, &b), cases[i].overlap);
		assert_int_equal(ip_prefix_overlaps(&b, &a), cases[i].overlap);
	}
}

static void test_prefix_order_and_host(void **state)
{
	static const char *const ordered[] = {
		"10.0.0.0/8", "10.0.0.0/24", "10.0.1.0/16", "::/0", "::/128", "::1/0"};
	char text[IP_PREFIX_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ordered); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(ordered); j++) {
			struct ip_prefix a = prefix_of(ordered[i]), b = prefix_of(ordered[j]);
			int order = ip_prefix_compare(&a, &b);

			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
	struct ip_address address = address_of("10.0.1.10");
	struct ip_prefix host = ip_prefix_of_host(&address);
	assert_string_equal(ip_prefix_format(&host, text), "10.0.1.10/32");
	address = address_of("2001:db8::1");
	host = ip_prefix_of_host(&address);
	assert_string_equal(ip_prefix_format(&host, text), "2001:db8::1/128");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_text),
		cmocka_unit_test(test_address_kind),
		cmocka_unit_test(test_family_and_bytes),
		cmocka_unit_test(test_address_order),
		cmocka_unit_test(test_prefix_text),
		cmocka_unit_test(test_prefix_contains),
		cmocka_unit_test(test_prefix_overlaps),
		cmocka_unit_test(test_prefix_order_and_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
