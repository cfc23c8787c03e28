/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ip.h"
#include "base/parse.h"
#include "ec2/sigv4.h"

#include <errno.h>
#include <string.h>

#define HOST_MAX 255
#define PORT_MAX 65535

#define HOST_CHARACTERS                                                                            \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"                                                               \
	"abcdefghijklmnopqrstuvwxyz"                                                               \
	"0123456789.-_"

static const struct {
	const char *prefix;
	uint32_t port;
} schemes[] = {
	{"https://", 443},
	{"http://", 80},
};

/* Returns the bytes of the host, brackets included; 0 if it is not a host. */
static size_t get_host_length(const char *host)
{
	char address[IP_ADDRESS_TEXT_SIZE];
	struct ip_address parsed;
	size_t length;

	if (*host != '[')
		return strspn(host, HOST_CHARACTERS);
	length = strcspn(++host, "]");
	if (host[length] != ']' || length >= sizeof(address))
		return 0;
	memcpy(address, host, length);
	address[length] = '\0';
	if (ip_address_parse(address, &parsed) || parsed.family != AF_INET6)
		return 0;
	return length + 2;
}

/* Parses the text after the host: an optional port, then an optional slash. */
static int parse_port(const char *text, uint32_t default_port, uint32_t *ret_port)
{
	size_t length = strcspn(text, "/");
	char port[sizeof("65535")];

	if (text[length] && text[length + 1])
		return -EINVAL;
	if (length == 0) {
		*ret_port = default_port;
		return 0;
	}
	if (*text != ':' || length > sizeof(port))
		return -EINVAL;
	memcpy(port, text + 1, length - 1);
	port[length - 1] = '\0';
	return parse_u32(port, 1, PORT_MAX, ret_port) ? -EINVAL : 0;
}

static int write_host(
	const char *host, size_t length, uint32_t port, uint32_t default_port, struct strbuf *out)
{
	int err = strbuf_add(out, host, length);

	if (err)
		return err;
	for (size_t i = 0; i < length; i++)
		if (out->data[i] >= 'A' && out->data[i] <= 'Z')
			out->data[i] = (char)(out->data[i] - 'A' + 'a');
	return port == default_port ? 0 : strbuf_printf(out, ":%u", port);
}

int sigv4_host(const char *endpoint, struct strbuf *ret_host)
{
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		_cleanup_(strbuf_done) struct strbuf out = {0};
		size_t prefix = strlen(schemes[i].prefix);
		const char *host = endpoint + prefix;
		uint32_t port;

		if (strncmp(endpoint, schemes[i].prefix, prefix) != 0)
			continue;
		size_t length = get_host_length(host);
		if (length == 0 || length > HOST_MAX ||
			parse_port(host + length, schemes[i].port, &port))
			return -EINVAL;
		int err = write_host(host, length, port, schemes[i].port, &out);
		if (err)
			return err;
		*ret_host = out;
		out = (struct strbuf){0};
		return 0;
	}
	return -EINVAL;
}
