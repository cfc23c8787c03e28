/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses, formats and compares IP addresses and prefixes of both families. All are plain values
 * without allocated memory.
 *
 * A prefix keeps its host bits: 10.0.1.10/24 is an interface's address with its prefix length;
 * ip_prefix_network() returns 10.0.1.0/24 for it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct ip_address {
	unsigned char family; /* AF_INET or AF_INET6; AF_UNSPEC: no address */
	/* network byte order; AF_INET uses the first 4, the others are zero */
	unsigned char bytes[16];
};

struct ip_prefix {
	struct ip_address address;
	unsigned char length; /* in bits: 0 to 32 or 0 to 128 */
};

#define IP_ADDRESS_TEXT_SIZE 46
#define IP_PREFIX_TEXT_SIZE (IP_ADDRESS_TEXT_SIZE + 4)

/* The number of bits (32, 128) or bytes (4, 16) of an address; 0 for any other family. */
unsigned char ip_family_bits(unsigned char family);
unsigned char ip_family_bytes(unsigned char family);

/* Parses a numeric address of either family. Rejects IPv6 zones. Returns 0 or -EINVAL. */
int ip_address_parse(const char *text, struct ip_address *ret_address);
const char *ip_address_format(const struct ip_address *address, char buffer[IP_ADDRESS_TEXT_SIZE]);
/* Orders by family, then by bytes. */
int ip_address_compare(const struct ip_address *a, const struct ip_address *b);
bool ip_address_is_set(const struct ip_address *address);
bool ip_address_is_link_local(const struct ip_address *address); /* fe80::/10, 169.254.0.0/16 */
/* Returns 0, or -EINVAL if `length` does not match the family. */
int ip_address_from_bytes(
	unsigned char family, const void *bytes, size_t length, struct ip_address *ret_address);

/* Parses "ADDRESS/LENGTH", or "ADDRESS" as one host. Keeps host bits. Returns 0 or -EINVAL. */
int ip_prefix_parse(const char *text, struct ip_prefix *ret_prefix);
const char *ip_prefix_format(const struct ip_prefix *prefix, char buffer[IP_PREFIX_TEXT_SIZE]);
int ip_prefix_compare(const struct ip_prefix *a, const struct ip_prefix *b);
struct ip_prefix ip_prefix_of_host(const struct ip_address *address); /* /32 or /128 */
struct ip_prefix ip_prefix_network(const struct ip_prefix *prefix); /* host bits cleared */
bool ip_prefix_has_host_bits(const struct ip_prefix *prefix);
bool ip_prefix_is_default(const struct ip_prefix *prefix); /* length 0 */
bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_address *address);
bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b);
/* The first address after the network's: EC2's router in a subnet. -ERANGE for a single host. */
int ip_prefix_first_host(const struct ip_prefix *prefix, struct ip_address *ret_address);
