/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that the move of an overlay address can cost through libcurl: the same requests as
 * `myha overlay move`, signed and over TLS that is verified, as many at once and on as few
 * connections, and the one netlink message that adds the address; hard-wired, without policy,
 * thought or care. It does not read the responses of EC2.
 *
 *	floor_overlay move AUTHORITIES TABLES	AUTHORITIES: a file, or a directory by hash
 *	floor_overlay nothing			to be loaded, and to leave
 */
#include "floor.h"
#include "floor_ec2.h"
#include "floor_netlink.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACE "eth0"

static void ask_all(CURL *curl, struct floor_host *host, char ret_eni[FLOOR_WORD_SIZE])
{
	char token[FLOOR_HEADER_SIZE], path[256], mac[FLOOR_WORD_SIZE], vpc[FLOOR_WORD_SIZE];

	floor_take_token(floor_curl_exchange, curl, token);
	floor_ec2_ask(curl, token, BENCH_META_DATA "mac", mac, sizeof(mac));
	snprintf(path, sizeof(path), BENCH_MACS_PATH "%s/interface-id", mac);
	floor_ec2_ask(curl, token, path, ret_eni, FLOOR_WORD_SIZE);
	snprintf(path, sizeof(path), BENCH_MACS_PATH "%s/vpc-id", mac);
	floor_ec2_ask(curl, token, path, vpc, sizeof(vpc));
	floor_ec2_identify(curl, token, host);
}

static void write_read(struct floor_call *call, size_t tables)
{
	int length = snprintf(
		call->form, FLOOR_FORM_SIZE, "Action=DescribeRouteTables" FLOOR_VERSION);

	for (size_t i = 1; i <= tables; i++)
		length += snprintf(call->form + length, FLOOR_FORM_SIZE - (size_t)length,
			"&RouteTableId.%zu=" BENCH_TABLE, i, (unsigned)i);
}

static void move(struct floor_ec2 *ec2, const char *eni, size_t tables)
{
	write_read(&ec2->calls[0], tables);
	snprintf(ec2->calls[1].form, FLOOR_FORM_SIZE,
		"Action=DescribeNetworkInterfaces" FLOOR_VERSION "&NetworkInterfaceId.1=%s", eni);
	floor_ec2_run(ec2, 2);
	for (size_t i = 0; i < tables; i++)
		snprintf(ec2->calls[i].form, FLOOR_FORM_SIZE,
			"Action=ReplaceRoute" FLOOR_VERSION "&RouteTableId=" BENCH_TABLE
			"&DestinationCidrBlock=" BENCH_OVERLAY "%%2F32&NetworkInterfaceId=%s",
			(unsigned)i + 1, eni);
	floor_ec2_run(ec2, tables);
	write_read(&ec2->calls[0], tables);
	floor_ec2_run(ec2, 1);
}

static void add_address(void)
{
	static struct floor_batch batch;
	struct in_addr address;
	unsigned link = if_nametoindex(INTERFACE);

	if (!link || inet_pton(AF_INET, BENCH_OVERLAY, &address) != 1)
		floor_die(INTERFACE);
	floor_batch_put_address(&batch, link, address, 32, IFA_F_NOPREFIXROUTE);
	floor_netlink_change(floor_netlink_open(), &batch);
}

int main(int argc, char **argv)
{
	static struct floor_host host;
	static struct floor_ec2 ec2;
	CURL *curl = floor_curl_open(CURL_GLOBAL_SSL);

	if (argc == 2 && !strcmp(argv[1], "nothing"))
		return 0;
	if (argc == 4 && !strcmp(argv[1], "move")) {
		char eni[FLOOR_WORD_SIZE];
		size_t tables = strtoul(argv[3], NULL, 10);

		if (tables < 1 || tables > BENCH_MAX_TABLES)
			floor_die(argv[3]);
		ask_all(curl, &host, eni);
		/* The first read takes two at once, however many tables there are. */
		floor_ec2_open(&ec2, &host, argv[2], tables > 2 ? tables : 2);
		move(&ec2, eni, tables);
		add_address();
		return 0;
	}
	fprintf(stderr, "usage: %s move AUTHORITIES TABLES | nothing\n", argv[0]);
	return 2;
}
