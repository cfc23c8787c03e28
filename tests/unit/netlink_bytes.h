/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds netlink messages byte by byte for tables: netlink's numbers are in host byte order,
 * addresses in network byte order.
 */
#pragma once

#define BYTE(value, at) (unsigned char)((unsigned)(value) >> (8 * (at)) & 0xff)

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define U16(value) BYTE(value, 0), BYTE(value, 1)
#define U32(value) BYTE(value, 0), BYTE(value, 1), BYTE(value, 2), BYTE(value, 3)
#else
#define U16(value) BYTE(value, 1), BYTE(value, 0)
#define U32(value) BYTE(value, 3), BYTE(value, 2), BYTE(value, 1), BYTE(value, 0)
#endif

/* struct nlmsghdr with sequence and port 0, and struct nlattr. */
#define MESSAGE(length, type, flags) U32(length), U16(type), U16(flags), U32(0), U32(0)
#define ATTRIBUTE(length, type) U16(length), U16(type)

/* 2001:db8::LAST */
#define IPV6(last) 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last

/* clang-format off */
/* Initialisers of a struct ip_address: that, and 10.0.1.LAST; and of a struct ip_prefix. */
#define ADDRESS6(last) {.family = AF_INET6, .bytes = {IPV6(last)}}
#define ADDRESS4(last) {.family = AF_INET, .bytes = {10, 0, 1, last}}
#define PREFIX6(last, bits) {.address = ADDRESS6(last), .length = bits}
#define PREFIX4(last, bits) {.address = ADDRESS4(last), .length = bits}
#define ANY4 {.address = {.family = AF_INET}}
#define ANY6 {.address = {.family = AF_INET6}}
/* clang-format on */
