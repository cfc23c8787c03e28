/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_forms.h"

#include "base/ip.h"
#include "base/parse.h"
#include "policy/policy_patterns.h"

#include <net/if.h>
#include <stddef.h>
#include <string.h>

#define LABEL_MAX 63 /* bytes; labels are also file names */
#define DRIVER_MAX 63
#define HOST_MAX 253
#define HOST_LABEL_MAX 63

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define GLOB_SPECIAL "*?[]\\"
/* the kernel refuses these; the YAML reader refuses control characters */
#define NOT_IN_NAMES "/: \t"

static bool contains_only(const char *text, const char *characters)
{
	return text[strspn(text, characters)] == '\0';
}

/* Labels and interface names are used as file names. */
static bool is_file_name(const char *text)
{
	return *text && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static bool is_label(const char *text)
{
	return is_file_name(text) && strlen(text) <= LABEL_MAX && !strpbrk(text, "/ \t");
}

static bool is_interface(const char *text)
{
	return is_file_name(text) && strlen(text) < IFNAMSIZ &&
	       !strpbrk(text, NOT_IN_NAMES GLOB_SPECIAL);
}

/* Returns the end of the bracket expression that begins at `at`, or NULL if it is not closed. */
static const char *skip_brackets(const char *at)
{
	at++;
	if (*at == '!' || *at == '^')
		at++;
	if (*at == ']') /* a literal in the first position */
		at++;
	at += strcspn(at, "]\\");
	return *at == ']' ? at + 1 : NULL;
}

/* Returns whether `text` is an fnmatch() pattern that can match a name of at most `max` bytes. */
static bool is_glob(const char *text, size_t max)
{
	size_t min_length = 0; /* of a name that matches; "*" may match nothing */

	if (!*text || strpbrk(text, NOT_IN_NAMES))
		return false;
	while (*text) {
		if (*text == '*') {
			text++;
			continue;
		}
		min_length++;
		if (*text == '[') {
			text = skip_brackets(text);
			if (!text)
				return false;
			continue;
		}
		if (*text == '\\' && !*++text)
			return false;
		text++;
	}
	return min_length <= max;
}

static bool is_name_glob(const char *text)
{
	return is_glob(text, IFNAMSIZ - 1);
}

static bool is_driver_glob(const char *text)
{
	return is_glob(text, DRIVER_MAX);
}

static bool is_eni(const char *text)
{
	return parse_ec2_id(text, "eni") == 0;
}

static bool is_subnet(const char *text)
{
	return parse_ec2_id(text, "subnet") == 0;
}

static bool is_route_table(const char *text)
{
	return parse_ec2_id(text, "rtb") == 0;
}

/* arn:PARTITION:iam::ACCOUNT:role/PATH/NAME */
static bool is_role(const char *text)
{
	static const char arn[] = "arn:", iam[] = ":iam::", role[] = ":role/";

	if (strncmp(text, "arn:aws", strlen("arn:aws")) != 0)
		return false;
	text += strlen(arn);
	text += strspn(text, LOWER DIGITS "-"); /* the partition: aws, aws-cn, … */
	if (strncmp(text, iam, strlen(iam)) != 0)
		return false;
	text += strlen(iam);
	if (strspn(text, DIGITS) != 12 || strncmp(text + 12, role, strlen(role)) != 0)
		return false;
	text += 12 + strlen(role); /* an account number has 12 digits */
	return *text && *text != '/' && text[strlen(text) - 1] != '/' && !strstr(text, "//") &&
	       contains_only(text, DIGITS LOWER UPPER "+=,.@_-/");
}

static bool is_region(const char *text)
{
	return *text && strlen(text) <= LABEL_MAX && contains_only(text, LOWER DIGITS "-");
}

/* A profile is a section header in brackets in the files of the AWS tools. */
static bool is_profile(const char *text)
{
	return *text && !strpbrk(text, "[]") && text[strspn(text, " ")] != '\0';
}

static bool is_path(const char *text)
{
	return *text == '/' && text[1] != '\0';
}

static bool is_bracketed_ipv6(const char *text, size_t length)
{
	char inner[IP_ADDRESS_TEXT_SIZE];
	struct ip_address address;

	if (length < 2 || length - 2 >= sizeof(inner))
		return false;
	memcpy(inner, text + 1, length - 2);
	inner[length - 2] = '\0';
	return ip_address_parse(inner, &address) == 0 && address.family == AF_INET6;
}

/* Returns whether the bytes are an IPv4 address or a DNS name. */
static bool is_host(const char *text, size_t length)
{
	char copy[HOST_MAX + 1];
	const char *label = copy; /* the part up to the next "." */
	struct ip_address address;

	if (length > HOST_MAX)
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	for (;;) {
		size_t used = strcspn(label, ".");
		if (used == 0 || used > HOST_LABEL_MAX || label[0] == '-' ||
			label[used - 1] == '-' || strspn(label, DIGITS LOWER UPPER "-") != used)
			return false;
		if (!label[used])
			break;
		label += used + 1;
	}
	/* No top-level domain is a number: a text with a numeric last label must be an address. */
	return !contains_only(label, DIGITS) || ip_address_parse(copy, &address) == 0;
}

/* Returns whether the text is HOST[:PORT], the part of a URL after the scheme. */
static bool is_authority(const char *text)
{
	uint32_t port;
	size_t length;

	if (*text == '[') {
		const char *end = strchr(text, ']');
		length = end ? (size_t)(end - text) + 1 : 0;
		if (!is_bracketed_ipv6(text, length))
			return false;
	} else {
		length = strcspn(text, ":");
		if (!is_host(text, length))
			return false;
	}
	text += length;
	return !*text || (*text == ':' && parse_u32(text + 1, 1, 65535, &port) == 0);
}

static bool is_url(const char *text, const char *scheme)
{
	size_t length = strlen(scheme);

	return strncmp(text, scheme, length) == 0 && is_authority(text + length);
}

static bool is_endpoint(const char *text)
{
	return is_url(text, "https://") || is_url(text, "http://");
}

static bool is_imds_endpoint(const char *text)
{
	return is_url(text, "http://");
}

const struct policy_form policy_form_label = {
	"a name of at most 63 bytes without blanks or \"/\"", is_label, PATTERN_LABEL};
const struct policy_form policy_form_interface = {
	"an interface name of at most 15 bytes without blanks or any of / : * ? [ ] \\",
	is_interface, PATTERN_INTERFACE};
const struct policy_form policy_form_name_glob = {
	"an interface name of at most 15 bytes or a pattern for such a name (* ? [ab])",
	is_name_glob, PATTERN_GLOB("15")};
const struct policy_form policy_form_driver_glob = {
	"a driver name or a pattern for driver names (* ? [ab])", is_driver_glob,
	PATTERN_GLOB("63")};
const struct policy_form policy_form_eni = {
	"an id like eni-0123456789abcdef0", is_eni, PATTERN_EC2_ID("eni")};
const struct policy_form policy_form_subnet = {
	"an id like subnet-0123456789abcdef0", is_subnet, PATTERN_EC2_ID("subnet")};
const struct policy_form policy_form_route_table = {
	"an id like rtb-0123456789abcdef0", is_route_table, PATTERN_EC2_ID("rtb")};
const struct policy_form policy_form_role = {
	"null or arn:aws:iam::ACCOUNT:role/NAME", is_role, PATTERN_ROLE};
const struct policy_form policy_form_region = {
	"a region like eu-central-1", is_region, PATTERN_REGION};
const struct policy_form policy_form_profile = {
	"a profile name that is not blank and has no [ or ]", is_profile, PATTERN_PROFILE};
const struct policy_form policy_form_endpoint = {
	"https://HOST[:PORT] or http://HOST[:PORT]", is_endpoint, PATTERN_URL("https?")};
const struct policy_form policy_form_imds_endpoint = {
	"http://HOST[:PORT], with an IPv6 address in brackets", is_imds_endpoint,
	PATTERN_URL("http")};
const struct policy_form policy_form_path = {"an absolute path", is_path, PATTERN_PATH};
