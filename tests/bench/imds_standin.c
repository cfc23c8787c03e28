/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for the instance metadata service, version 2 only; what it says of an ENI is made from
 * the ENI's number.
 *
 *	imds_standin ENIS ADDRESSES
 */
#include "bench_net.h"
#include "standin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BENCH_TOKEN "bench-token-AQAEALy1ZmlvSzTxQ1k3dGhlLXRva2VuLW9mLWEtYmVuY2g="

struct instance {
	unsigned enis;
	unsigned addresses;
};

/* The status for a key that an ENI does not have. */
static const struct key {
	const char *path;
	const char *value;
} keys[] = {
	{BENCH_META_DATA "placement/region", BENCH_REGION},
	{BENCH_ZONE_PATH, BENCH_ZONE},
	{BENCH_ROLES_PATH, BENCH_ROLE},
	{BENCH_ROLES_PATH BENCH_ROLE, "{\n"
				      "  \"Code\" : \"Success\",\n"
				      "  \"LastUpdated\" : \"2026-01-01T00:00:00Z\",\n"
				      "  \"Type\" : \"AWS-HMAC\",\n"
				      "  \"AccessKeyId\" : \"" BENCH_ACCESS_KEY "\",\n"
				      "  \"SecretAccessKey\" : \"" BENCH_SECRET_KEY "\",\n"
				      "  \"Token\" : \"" BENCH_SESSION_TOKEN "\",\n"
				      "  \"Expiration\" : \"2099-01-01T00:00:00Z\"\n"
				      "}"},
};

static int tell_addresses(const struct instance *instance, unsigned eni, struct strbuf *body)
{
	for (unsigned i = 0; i < instance->addresses; i++)
		strbuf_printf(body, "%s" BENCH_ADDRESS, i ? "\n" : "", eni, BENCH_FIRST_HOST + i);
	return 200;
}

static int tell_eni(
	const struct instance *instance, unsigned eni, const char *key, struct strbuf *body)
{
	if (!strcmp(key, "local-ipv4s"))
		return tell_addresses(instance, eni, body);
	if (!strcmp(key, "device-number"))
		strbuf_printf(body, "%u", eni);
	else if (!strcmp(key, "interface-id"))
		strbuf_printf(body, BENCH_ENI, eni);
	else if (!strcmp(key, "subnet-id"))
		strbuf_printf(body, "subnet-%017x", eni);
	else if (!strcmp(key, "subnet-ipv4-cidr-block"))
		strbuf_printf(body, BENCH_SUBNET, eni);
	else if (!strcmp(key, "mac"))
		strbuf_printf(body, BENCH_MAC, eni);
	else if (!strcmp(key, "vpc-id"))
		strbuf_printf(body, BENCH_VPC);
	else
		return 404;
	return 200;
}

static int get(const struct instance *instance, const char *path, struct strbuf *body)
{
	size_t macs = strlen(BENCH_MACS_PATH BENCH_MAC_PREFIX);
	unsigned long eni;
	char *end;

	if (!strcmp(path, BENCH_INSTANCE_PATH)) {
		strbuf_printf(body, BENCH_INSTANCE, BENCH_THIS_HOST);
		return 200;
	}
	if (!strcmp(path, BENCH_META_DATA "mac"))
		return tell_eni(instance, 0, "mac", body);
	if (!strcmp(path, BENCH_MACS_PATH)) {
		for (unsigned i = 0; i <= instance->enis; i++)
			strbuf_printf(body, BENCH_MAC "/\n", i);
		return 200;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(path, keys[i].path)) {
			strbuf_add_string(body, keys[i].value);
			return 200;
		}
	if (strncmp(path, BENCH_MACS_PATH BENCH_MAC_PREFIX, macs) != 0)
		return 404;
	eni = strtoul(path + macs, &end, 16);
	if (end != path + macs + 2 || *end != '/' || eni > instance->enis)
		return 404;
	return tell_eni(instance, (unsigned)eni, end + 1, body);
}

static int respond(void *data, const struct standin_request *request, struct strbuf *body)
{
	if (!strcmp(request->method, "PUT") && !strcmp(request->path, BENCH_TOKEN_PATH)) {
		if (!*standin_header(request, "X-aws-ec2-metadata-token-ttl-seconds"))
			return 400;
		strbuf_add_string(body, BENCH_TOKEN);
		return 200;
	}
	if (strcmp(standin_header(request, "X-aws-ec2-metadata-token"), BENCH_TOKEN) != 0)
		return 401;
	return get(data, request->path, body);
}

int main(int argc, char **argv)
{
	struct instance instance;
	const struct standin_options options = {
		.address = BENCH_IMDS_ADDRESS,
		.port = BENCH_IMDS_PORT,
		.headers = "Content-Type: text/plain\r\nServer: EC2ws\r\n",
		.data = &instance,
		.respond = respond,
	};

	if (argc != 3) {
		fprintf(stderr, "usage: imds_standin ENIS ADDRESSES\n");
		return 2;
	}
	instance.enis = standin_number(argv[1], 0, BENCH_MAX_ENIS);
	instance.addresses = standin_number(argv[2], 1, BENCH_MAX_ADDRESSES);
	standin_run(&options);
}
