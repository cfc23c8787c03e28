/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that EC2's half of the move of an ENI can cost through libcurl: the same requests as
 * `myha eni move --no-wait`, signed and over TLS that is verified, as many at once and on as few
 * connections; hard-wired, without policy, thought or care. It does not read the responses of EC2.
 *
 *	floor_eni move AUTHORITIES	AUTHORITIES: a file, or a directory by hash
 *	floor_eni nothing		to be loaded, and to leave
 */
#include "floor.h"
#include "floor_ec2.h"
#include "floor_netlink.h"

#include <stdio.h>
#include <string.h>

static void ask_all(CURL *curl, struct floor_host *host, char ret_instance[FLOOR_WORD_SIZE])
{
	char token[FLOOR_HEADER_SIZE], path[256], mac[FLOOR_WORD_SIZE], other[FLOOR_WORD_SIZE];

	floor_take_token(floor_curl_exchange, curl, token);
	floor_ec2_ask(curl, token, BENCH_INSTANCE_PATH, ret_instance, FLOOR_WORD_SIZE);
	floor_ec2_ask(curl, token, BENCH_ZONE_PATH, other, sizeof(other));
	floor_ec2_ask(curl, token, BENCH_META_DATA "mac", mac, sizeof(mac));
	snprintf(path, sizeof(path), BENCH_MACS_PATH "%s/vpc-id", mac);
	floor_ec2_ask(curl, token, path, other, sizeof(other));
	floor_ec2_identify(curl, token, host);
}

static void write_read(struct floor_call *call)
{
	snprintf(call->form, FLOOR_FORM_SIZE,
		"Action=DescribeNetworkInterfaces" FLOOR_VERSION "&NetworkInterfaceId.1=" BENCH_ENI,
		BENCH_MOVED_ENI);
}

static void write_attach(struct floor_call *call, const char *instance, const char *more)
{
	snprintf(call->form, FLOOR_FORM_SIZE,
		"Action=AttachNetworkInterface" FLOOR_VERSION "&NetworkInterfaceId=" BENCH_ENI
		"&InstanceId=%s&DeviceIndex=1%s",
		BENCH_MOVED_ENI, instance, more);
}

static void move(struct floor_ec2 *ec2, const char *instance)
{
	char *form = ec2->calls[0].form;

	write_read(&ec2->calls[0]);
	snprintf(ec2->calls[1].form, FLOOR_FORM_SIZE,
		"Action=DescribeInstances" FLOOR_VERSION "&InstanceId.1=%s", instance);
	write_attach(&ec2->calls[2], instance, "&DryRun=true");
	floor_ec2_run(ec2, 3);
	snprintf(form, FLOOR_FORM_SIZE,
		"Action=DetachNetworkInterface" FLOOR_VERSION "&AttachmentId=" BENCH_ATTACHMENT,
		BENCH_MOVED_ENI, BENCH_OTHER_HOST);
	floor_ec2_run(ec2, 1);
	write_read(&ec2->calls[0]);
	floor_ec2_run(ec2, 1);
	write_attach(&ec2->calls[0], instance, "");
	floor_ec2_run(ec2, 1);
	write_read(&ec2->calls[0]);
	floor_ec2_run(ec2, 1);
}

int main(int argc, char **argv)
{
	static struct floor_host host;
	static struct floor_ec2 ec2;
	CURL *curl = floor_curl_open(CURL_GLOBAL_SSL);
	char instance[FLOOR_WORD_SIZE];

	if (argc == 2 && !strcmp(argv[1], "nothing"))
		return 0;
	if (argc == 3 && !strcmp(argv[1], "move")) {
		ask_all(curl, &host, instance);
		floor_ec2_open(&ec2, &host, argv[2], 3);
		move(&ec2, instance);
		return 0;
	}
	fprintf(stderr, "usage: %s move AUTHORITIES | nothing\n", argv[0]);
	return 2;
}
