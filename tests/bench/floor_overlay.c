/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that the move of an overlay address can cost through libcurl: the same requests as
 * `myha overlay move`, signed and over TLS that is verified, as many at once and on as few
 * connections, and the one netlink message that adds the address; hard-wired, without policy,
 * thought or care. What EC2 answers is not read.
 *
 *	floor_overlay move AUTHORITIES TABLES	AUTHORITIES: a file, or a directory by hash
 *	floor_overlay nothing			to be loaded, and to leave
 */
#include "bench_net.h"
#include "ec2/query.h"
#include "ec2/sigv4.h"
#include "floor.h"
#include "floor_curl.h"
#include "floor_netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define BODY_SIZE (64 * 1024)
#define FORM_SIZE (4 * 1024)
#define WORD_SIZE 64
#define INTERFACE "eth0"
#define OF_VERSION "&Version=2016-11-15"

/* What IMDS says of this host. */
struct host {
	char mac[WORD_SIZE];
	char eni[WORD_SIZE];
	char vpc[WORD_SIZE];
	char region[WORD_SIZE];
	char role[WORD_SIZE];
	char keys[4 * 1024]; /* as JSON, cut at the ends of the values below */
	struct sigv4_credentials credentials;
};

/* One request that is in flight with others. */
struct call {
	CURL *curl;
	char form[FORM_SIZE];
	struct sigv4_headers signature;
	struct curl_slist *headers;
	char bytes[BODY_SIZE];
	struct floor_body body;
};

struct ec2 {
	const struct host *host;
	CURLM *multi;
	struct call calls[BENCH_MAX_TABLES + 1];
	size_t count; /* of the calls that have a handle */
};

static void ask(CURL *curl, const char *token, const char *path, char *ret_value, size_t size)
{
	if (floor_curl_exchange(curl, "GET", path, token, ret_value, size) != 200)
		floor_die(path);
}

static const char *cut_value(char *json, const char *key)
{
	char *value = strstr(json, key);

	value = value ? strstr(value, "\" : \"") : NULL;
	if (!value)
		floor_die(key);
	value += strlen("\" : \"");
	*strchr(value, '"') = '\0';
	return value;
}

static void ask_all(CURL *curl, struct host *host)
{
	char token[FLOOR_HEADER_SIZE], path[256];

	floor_take_token(floor_curl_exchange, curl, token);
	ask(curl, token, BENCH_META_DATA "mac", host->mac, sizeof(host->mac));
	snprintf(path, sizeof(path), BENCH_MACS_PATH "%s/interface-id", host->mac);
	ask(curl, token, path, host->eni, sizeof(host->eni));
	snprintf(path, sizeof(path), BENCH_MACS_PATH "%s/vpc-id", host->mac);
	ask(curl, token, path, host->vpc, sizeof(host->vpc));
	ask(curl, token, BENCH_META_DATA "placement/region", host->region, sizeof(host->region));
	ask(curl, token, BENCH_ROLES_PATH, host->role, sizeof(host->role));
	snprintf(path, sizeof(path), BENCH_ROLES_PATH "%s", host->role);
	ask(curl, token, path, host->keys, sizeof(host->keys));
	/* From the last to the first: each cut ends the text. */
	host->credentials.session_token = cut_value(host->keys, "\"Token");
	host->credentials.secret_key = cut_value(host->keys, "\"SecretAccessKey");
	host->credentials.access_key = cut_value(host->keys, "\"AccessKeyId");
}

/* Sessions are shared, so that only the first connections take a whole handshake. */
static CURL *open_handle(const struct host *host, const char *authorities, CURLSH *share)
{
	CURL *curl = floor_curl_handle();
	struct stat found;
	char url[128];

	snprintf(url, sizeof(url), "https://ec2.%s.amazonaws.com/", host->region);
	if (stat(authorities, &found) < 0)
		floor_die(authorities);
	curl_easy_setopt(curl, CURLOPT_CAINFO, S_ISDIR(found.st_mode) ? NULL : authorities);
	curl_easy_setopt(curl, CURLOPT_CAPATH, S_ISDIR(found.st_mode) ? authorities : NULL);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_SHARE, share);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	return curl;
}

static void open_all(
	struct ec2 *ec2, const struct host *host, const char *authorities, size_t tables)
{
	CURLSH *share = curl_share_init();

	ec2->host = host;
	ec2->multi = curl_multi_init();
	if (!share || !ec2->multi)
		floor_die("libcurl");
	curl_multi_setopt(ec2->multi, CURLMOPT_MAXCONNECTS, (long)BENCH_MAX_TABLES);
	curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	/* The first look takes two at once, however many tables there are. */
	ec2->count = tables > 2 ? tables : 2;
	for (size_t i = 0; i < ec2->count; i++)
		ec2->calls[i].curl = open_handle(host, authorities, share);
}

static void prepare(struct ec2 *ec2, struct call *call)
{
	char host[128];
	const struct sigv4_request request = {
		.region = ec2->host->region,
		.service = "ec2",
		.host = host,
		.content_type = QUERY_CONTENT_TYPE,
		.body = call->form,
		.length = strlen(call->form),
		.time = (uint64_t)time(NULL),
	};

	snprintf(host, sizeof(host), "ec2.%s.amazonaws.com", ec2->host->region);
	if (sigv4_sign(&ec2->host->credentials, &request, &call->signature))
		floor_die("a signature");
	call->headers = curl_slist_append(NULL, "Content-Type: " QUERY_CONTENT_TYPE);
	curl_slist_append(call->headers, "Expect:");
	curl_slist_append(call->headers, "Accept:");
	curl_slist_append(call->headers, strbuf_text(&call->signature.date));
	curl_slist_append(call->headers, strbuf_text(&call->signature.authorization));
	curl_slist_append(call->headers, strbuf_text(&call->signature.token));
	call->body = (struct floor_body){.bytes = call->bytes, .size = sizeof(call->bytes)};
	curl_easy_setopt(call->curl, CURLOPT_POSTFIELDS, call->form);
	curl_easy_setopt(call->curl, CURLOPT_POSTFIELDSIZE, (long)request.length);
	curl_easy_setopt(call->curl, CURLOPT_HTTPHEADER, call->headers);
	curl_easy_setopt(call->curl, CURLOPT_WRITEDATA, &call->body);
	if (curl_multi_add_handle(ec2->multi, call->curl) != CURLM_OK)
		floor_die("libcurl");
}

static void finish(struct ec2 *ec2, struct call *call)
{
	long status = 0;

	curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		floor_die(call->form);
	curl_multi_remove_handle(ec2->multi, call->curl);
	curl_slist_free_all(call->headers);
	sigv4_headers_done(&call->signature);
}

/* Sends the first `count` calls at once, and waits for all. */
static void run_calls(struct ec2 *ec2, size_t count)
{
	CURLMsg *message;
	int running = 1, left;

	errno = 0;
	for (size_t i = 0; i < count; i++)
		prepare(ec2, &ec2->calls[i]);
	while (running) {
		if (curl_multi_perform(ec2->multi, &running) != CURLM_OK)
			floor_die("libcurl");
		if (running)
			curl_multi_wait(ec2->multi, NULL, 0, 1000, NULL);
	}
	while ((message = curl_multi_info_read(ec2->multi, &left)))
		if (message->data.result != CURLE_OK)
			floor_die(curl_easy_strerror(message->data.result));
	for (size_t i = 0; i < count; i++)
		finish(ec2, &ec2->calls[i]);
}

static void write_look(struct call *call, size_t tables)
{
	int length = snprintf(call->form, FORM_SIZE, "Action=DescribeRouteTables" OF_VERSION);

	for (size_t i = 1; i <= tables; i++)
		length += snprintf(call->form + length, FORM_SIZE - (size_t)length,
			"&RouteTableId.%zu=" BENCH_TABLE, i, (unsigned)i);
}

static void move(struct ec2 *ec2, size_t tables)
{
	const char *eni = ec2->host->eni;

	write_look(&ec2->calls[0], tables);
	snprintf(ec2->calls[1].form, FORM_SIZE,
		"Action=DescribeNetworkInterfaces" OF_VERSION "&NetworkInterfaceId.1=%s", eni);
	run_calls(ec2, 2);
	for (size_t i = 0; i < tables; i++)
		snprintf(ec2->calls[i].form, FORM_SIZE,
			"Action=ReplaceRoute" OF_VERSION "&RouteTableId=" BENCH_TABLE
			"&DestinationCidrBlock=" BENCH_OVERLAY "%%2F32&NetworkInterfaceId=%s",
			(unsigned)i + 1, eni);
	run_calls(ec2, tables);
	write_look(&ec2->calls[0], tables);
	run_calls(ec2, 1);
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
	static struct host host;
	static struct ec2 ec2;
	CURL *curl = floor_curl_open(CURL_GLOBAL_SSL);

	if (argc == 2 && !strcmp(argv[1], "nothing"))
		return 0;
	if (argc == 4 && !strcmp(argv[1], "move")) {
		size_t tables = strtoul(argv[3], NULL, 10);

		if (tables < 1 || tables > BENCH_MAX_TABLES)
			floor_die(argv[3]);
		ask_all(curl, &host);
		open_all(&ec2, &host, argv[2], tables);
		move(&ec2, tables);
		add_address();
		return 0;
	}
	fprintf(stderr, "usage: %s move AUTHORITIES TABLES | nothing\n", argv[0]);
	return 2;
}
