/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/url.h"

#include "base/cleanup.h"
#include "base/ip.h"
#include "base/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HOST_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_"
#define PORT_DIGITS_MAX 5

static const struct scheme {
	const char *prefix;
	bool tls;
	uint32_t port;
} schemes[] = {
	{"https://", true, 443},
	{"http://", false, 80},
};

static const struct scheme *find_scheme(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (!strncasecmp(text, schemes[i].prefix, strlen(schemes[i].prefix)))
			return &schemes[i];
	return NULL;
}

/* Parses `host` as an IP address; an IPv6 address must be in brackets. Returns false for a name. */
static bool parse_host_address(const char *host, struct ip_address *ret_address)
{
	char text[IP_ADDRESS_TEXT_SIZE];
	size_t length = strlen(host);
	bool has_brackets = host[0] == '[';

	if (has_brackets) {
		host++;
		length -= strlen("[]"); /* get_host_length() has found the ']' */
	}
	if (length >= sizeof(text))
		return false;
	memcpy(text, host, length);
	text[length] = '\0';
	return ip_address_parse(text, ret_address) == 0 &&
	       (ret_address->family == AF_INET6) == has_brackets;
}

/* The length of the host at the beginning of `text`; 0: there is none. */
static size_t get_host_length(const char *text)
{
	const char *end;

	if (*text != '[')
		return strspn(text, HOST_CHARACTERS);
	end = strchr(text, ']');
	return end ? (size_t)(end - text) + 1 : 0;
}

/* Copies the host in lower case, and moves `*rest` behind it. */
static int parse_host(const char **rest, char host[URL_HOST_SIZE])
{
	size_t length = get_host_length(*rest);
	struct ip_address address;

	if (length == 0 || length >= URL_HOST_SIZE)
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		host[i] = ascii_to_lower((*rest)[i]);
	host[length] = '\0';
	if (host[0] == '[' && !parse_host_address(host, &address))
		return -EINVAL;
	*rest += length;
	return 0;
}

/* Parses ":PORT", and moves `*rest` behind it. Without one, `*ret_port` keeps its value. */
static int parse_port(const char **rest, uint32_t *ret_port)
{
	char digits[PORT_DIGITS_MAX + 1];
	size_t length;

	if (**rest != ':')
		return 0;
	length = strspn(*rest + 1, "0123456789");
	if (length > PORT_DIGITS_MAX)
		return -EINVAL;
	memcpy(digits, *rest + 1, length);
	digits[length] = '\0';
	*rest += 1 + length;
	return parse_u32(digits, 1, 65535, ret_port) < 0 ? -EINVAL : 0;
}

bool url_is_valid_path(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || *text == '#')
			return false;
	return true;
}

/* Parses scheme and host; then a port may follow. The rest must be empty, a path or a query. */
int url_parse(const char *text, struct url *ret_url)
{
	const struct scheme *scheme = find_scheme(text);
	struct url url;

	if (!scheme)
		return -EINVAL;
	url = (struct url){
		.tls = scheme->tls, .port = scheme->port, .rest = text + strlen(scheme->prefix)};
	if (parse_host(&url.rest, url.host) < 0 || parse_port(&url.rest, &url.port) < 0)
		return -EINVAL;
	if (*url.rest && *url.rest != '/' && *url.rest != '?')
		return -EINVAL;
	if (!url_is_valid_path(url.rest))
		return -EINVAL;
	*ret_url = url;
	return 0;
}

const char *url_format_authority(const struct url *url, char buffer[URL_AUTHORITY_SIZE])
{
	if (url->port == (url->tls ? schemes[0].port : schemes[1].port)) /* [0] is https */
		snprintf(buffer, URL_AUTHORITY_SIZE, "%s", url->host);
	else
		snprintf(buffer, URL_AUTHORITY_SIZE, "%s:%u", url->host, url->port);
	return buffer;
}

bool url_is_loopback(const struct url *url)
{
	struct ip_prefix loopback;
	struct ip_address address;

	if (!parse_host_address(url->host, &address))
		return strcmp(url->host, "localhost") == 0;
	return ip_prefix_parse(address.family == AF_INET ? "127.0.0.0/8" : "::1", &loopback) == 0 &&
	       ip_prefix_contains(&loopback, &address);
}

bool url_is_address(const struct url *url, const char *address)
{
	struct ip_address expected, host;

	return ip_address_parse(address, &expected) == 0 && parse_host_address(url->host, &host) &&
	       ip_address_compare(&expected, &host) == 0;
}
