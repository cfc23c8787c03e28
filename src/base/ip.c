/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ip.h"

#include "base/parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

unsigned char ip_family_bits(unsigned char family)
{
	return (unsigned char)(ip_family_bytes(family) * 8);
}

unsigned char ip_family_bytes(unsigned char family)
{
	switch (family) {
	case AF_INET:
		return 4;
	case AF_INET6:
		return 16;
	default:
		return 0;
	}
}

int ip_address_parse(const char *text, struct ip_address *ret_address)
{
	struct ip_address address = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	if (inet_pton(address.family, text, address.bytes) != 1)
		return -EINVAL;
	*ret_address = address;
	return 0;
}

const char *ip_address_format(const struct ip_address *address, char buffer[IP_ADDRESS_TEXT_SIZE])
{
	/* Fails only if the family is neither AF_INET nor AF_INET6. */
	if (!inet_ntop(address->family, address->bytes, buffer, IP_ADDRESS_TEXT_SIZE))
		snprintf(buffer, IP_ADDRESS_TEXT_SIZE, "none");
	return buffer;
}

int ip_address_compare(const struct ip_address *a, const struct ip_address *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool ip_address_is_set(const struct ip_address *address)
{
	return address->family != AF_UNSPEC;
}

bool ip_address_is_link_local(const struct ip_address *address)
{
	static const struct ip_prefix link_local[] = {
		{{AF_INET, {169, 254}}, 16},
		{{AF_INET6, {0xfe, 0x80}}, 10},
	};

	return ip_prefix_contains(&link_local[0], address) ||
	       ip_prefix_contains(&link_local[1], address);
}

int ip_address_from_bytes(
	unsigned char family, const void *bytes, size_t length, struct ip_address *ret_address)
{
	struct ip_address address = {.family = family};

	if (length == 0 || length != ip_family_bytes(family)) /* 0 bytes: unknown family */
		return -EINVAL;
	memcpy(address.bytes, bytes, length);
	*ret_address = address;
	return 0;
}

int ip_prefix_parse(const char *text, struct ip_prefix *ret_prefix)
{
	char address_text[IP_ADDRESS_TEXT_SIZE];
	struct ip_prefix prefix;
	size_t slash = strcspn(text, "/");

	if (slash >= sizeof(address_text))
		return -EINVAL;
	memcpy(address_text, text, slash);
	address_text[slash] = '\0';
	if (ip_address_parse(address_text, &prefix.address) < 0)
		return -EINVAL;

	uint32_t bits = ip_family_bits(prefix.address.family);
	uint32_t length = bits; /* without a '/': a single host */
	if (text[slash] == '/' && parse_u32(text + slash + 1, 0, bits, &length) < 0)
		return -EINVAL;
	prefix.length = (unsigned char)length;
	*ret_prefix = prefix;
	return 0;
}

const char *ip_prefix_format(const struct ip_prefix *prefix, char buffer[IP_PREFIX_TEXT_SIZE])
{
	char address[IP_ADDRESS_TEXT_SIZE];

	snprintf(buffer, IP_PREFIX_TEXT_SIZE, "%s/%u", ip_address_format(&prefix->address, address),
		prefix->length);
	return buffer;
}

int ip_prefix_compare(const struct ip_prefix *a, const struct ip_prefix *b)
{
	int order = ip_address_compare(&a->address, &b->address);

	return order ? order : (int)a->length - (int)b->length;
}

struct ip_prefix ip_prefix_of_host(const struct ip_address *address)
{
	return (struct ip_prefix){*address, ip_family_bits(address->family)};
}

struct ip_prefix ip_prefix_network(const struct ip_prefix *prefix)
{
	struct ip_prefix network = *prefix;

	for (size_t i = 0; i < sizeof(network.address.bytes); i++) {
		size_t first_bit = i * 8;

		if (first_bit >= prefix->length)
			network.address.bytes[i] = 0;
		else if (first_bit + 8 > prefix->length) /* the prefix ends in this byte */
			network.address.bytes[i] &= (unsigned char)(0xff00 >> prefix->length % 8);
	}
	return network;
}

bool ip_prefix_has_host_bits(const struct ip_prefix *prefix)
{
	struct ip_prefix network = ip_prefix_network(prefix);

	return ip_prefix_compare(&network, prefix) != 0;
}

bool ip_prefix_is_default(const struct ip_prefix *prefix)
{
	return prefix->length == 0;
}

/* Callers check thousands of addresses, so this compares bytes and does not build networks. */
bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_address *address)
{
	const unsigned char *a = prefix->address.bytes, *b = address->bytes;
	unsigned full_bytes = prefix->length / 8, extra_bits = prefix->length % 8;

	if (address->family != prefix->address.family || memcmp(a, b, full_bytes) != 0)
		return false;
	return extra_bits == 0 || (a[full_bytes] ^ b[full_bytes]) >> (8 - extra_bits) == 0;
}

bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->length <= b->length ? ip_prefix_contains(a, &b->address)
				      : ip_prefix_contains(b, &a->address);
}

int ip_prefix_first_host(const struct ip_prefix *prefix, struct ip_address *ret_address)
{
	struct ip_prefix network = ip_prefix_network(prefix);
	unsigned char bytes = ip_family_bytes(prefix->address.family);

	if (prefix->length >= ip_family_bits(prefix->address.family)) /* a single host */
		return -ERANGE;
	/* The host bits are zero, so the last bit can be set without a carry. */
	network.address.bytes[bytes - 1] |= 1;
	*ret_address = network.address;
	return 0;
}
