/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions of the text forms for the JSON Schema, because editors do not have our
 * parsers.
 *
 * They use ECMA 262 syntax without look-around, which every validator supports. ECMA counts
 * characters and policy_forms.c counts bytes, so the patterns accept some names beyond ASCII that
 * are too long.
 */
#pragma once

/* `x`: bracket expression content, the characters not allowed in names. Excludes "." and "..". */
#define PATTERN_NAME(x, rest, rest1, rest2)                                                        \
	"^(?:[^." x "][^" x "]{0," rest "}|\\.[^." x "][^" x "]{0," rest1 "}|\\.\\.[^" x "][^" x   \
	"]{0," rest2 "})$"
#define PATTERN_LABEL PATTERN_NAME("/ \\t", "62", "61", "60")
#define PATTERN_NOT_IN_NAMES "/: \\t"
#define PATTERN_INTERFACE PATTERN_NAME(PATTERN_NOT_IN_NAMES "*?\\[\\]\\\\", "14", "13", "12")

/* Matches one character of a name: itself, any, a bracket expression, or an escape with "\". */
#define PATTERN_GLOB_ONE                                                                           \
	"(?:[^*\\[\\\\" PATTERN_NOT_IN_NAMES "]"                                                   \
	"|\\[(?:[!^][^\\\\" PATTERN_NOT_IN_NAMES "]|[^!^\\\\" PATTERN_NOT_IN_NAMES "])"            \
	"[^\\]\\\\" PATTERN_NOT_IN_NAMES "]*\\]"                                                   \
	"|\\\\[^" PATTERN_NOT_IN_NAMES "])"
#define PATTERN_GLOB_SOME(times) "(?:" PATTERN_GLOB_ONE "\\**){" times "}"
#define PATTERN_GLOB(max)                                                                          \
	"^(?:\\*+" PATTERN_GLOB_SOME("0," max) "|" PATTERN_GLOB_SOME("1," max) ")$"

#define PATTERN_EC2_ID(prefix) "^" prefix "-[0-9a-f]{8,17}$"
#define PATTERN_ROLE                                                                               \
	"^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/(?:[0-9A-Za-z+=,.@_-]+/)*[0-9A-Za-z+=,.@_-]+$"
#define PATTERN_REGION "^[a-z0-9-]{1,63}$"
#define PATTERN_PROFILE "^ *[^\\[\\] ][^\\[\\]]*$"
#define PATTERN_PATH "^/.+$"
#define PATTERN_MAC "^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$"

#define PATTERN_BYTE "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
#define PATTERN_IPV4 "(?:" PATTERN_BYTE "\\.){3}" PATTERN_BYTE

/* Groups before "::", each followed by ":", and groups after it. */
#define PATTERN_GROUP "[0-9A-Fa-f]{1,4}"
#define PATTERN_HEAD(max) "(?:" PATTERN_GROUP ":){1," max "}"
#define PATTERN_TAIL(max) "(?::" PATTERN_GROUP "){1," max "}"
#define PATTERN_BOTH(head, tail) "|" PATTERN_HEAD(head) PATTERN_TAIL(tail)
#define PATTERN_BOTH_AND(head, tail) PATTERN_BOTH(head, tail) ":"
#define PATTERN_IPV6_GROUPS                                                                        \
	"(?:" PATTERN_GROUP ":){7}" PATTERN_GROUP "|" PATTERN_HEAD("7") ":" PATTERN_BOTH("6", "1") \
		PATTERN_BOTH("5", "2") PATTERN_BOTH("4", "3") PATTERN_BOTH("3", "4")               \
			PATTERN_BOTH("2", "5") PATTERN_BOTH("1", "6") "|:" PATTERN_TAIL("7") "|::"
/* The last two groups may be written as an IPv4 address. */
#define PATTERN_IPV6_BEFORE_IPV4                                                                   \
	"(?:" PATTERN_GROUP ":){6}|" PATTERN_HEAD("5") ":" PATTERN_BOTH_AND("4", "1")              \
		PATTERN_BOTH_AND("3", "2") PATTERN_BOTH_AND("2", "3")                              \
			PATTERN_BOTH_AND("1", "4") "|:" PATTERN_TAIL("5") ":|::"
#define PATTERN_IPV6 "(?:" PATTERN_IPV6_GROUPS "|(?:" PATTERN_IPV6_BEFORE_IPV4 ")" PATTERN_IPV4 ")"

#define PATTERN_ADDRESS "^(?:" PATTERN_IPV4 "|" PATTERN_IPV6 ")$"
#define PATTERN_HOST "^(?:" PATTERN_IPV4 "(?:/32)?|" PATTERN_IPV6 "(?:/128)?)$"
#define PATTERN_PREFIX                                                                             \
	"^(?:" PATTERN_IPV4 "(?:/(?:[1-9]|[12][0-9]|3[0-2]))?"                                     \
	"|" PATTERN_IPV6 "(?:/(?:[1-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))?)$"

/* No top-level domain is a number. */
#define PATTERN_HOST_LABEL "[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
#define PATTERN_HOST_LAST                                                                          \
	"(?:[0-9]*[A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?|[0-9]+-[0-9A-Za-z-]*[0-9A-Za-z])"
#define PATTERN_PORT                                                                               \
	"(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
#define PATTERN_URL(scheme)                                                                        \
	"^" scheme "://(?:(?:" PATTERN_HOST_LABEL "\\.)*" PATTERN_HOST_LAST "|" PATTERN_IPV4       \
	"|\\[" PATTERN_IPV6 "\\])(?::" PATTERN_PORT ")?$"
