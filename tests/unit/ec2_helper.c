/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs src/ec2 and aws/url for test_ec2_botocore and test_ec2_awscli, over stdin and stdout.
 *
 * "ec2_helper requests": prints a line "NAME BODY" for each call in ec2_request_cases.c.
 * "ec2_helper commands": prints the same with the aws command of previews.
 * "ec2_helper sign": reads one request per line, nine fields in hexadecimal, separated by blanks,
 * "-" if a field is missing: endpoint, region, service, content type, access key, secret key,
 * session token, time, body. Prints the value of the Host header and the lines of sigv4_sign(),
 * also in hexadecimal.
 */
#include "aws/url.h"
#include "base/parse.h"
#include "ec2/requests.h"
#include "ec2/sigv4.h"
#include "ec2_request_cases.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum field {
	ENDPOINT,
	REGION,
	SERVICE,
	CONTENT_TYPE,
	ACCESS_KEY,
	SECRET_KEY,
	SESSION_TOKEN,
	TIME,
	BODY,
	FIELD_COUNT_,
};

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "ec2_helper: %s\n", what);
	exit(1);
}

static int print_requests(bool commands)
{
	for (size_t i = 0; i < request_case_count; i++) {
		const struct request_case *given = &request_cases[i];
		_cleanup_(ec2_request_done) struct ec2_request request = {0};
		_cleanup_(strbuf_done) struct strbuf command = {0};
		int err = ec2_request_build(given->action, &given->parameters, &request);

		require(err == 0, given->name);
		require(ec2_request_print(given->action, &given->parameters, &command) == 0,
			given->name);
		printf("%s %s\n", given->name, strbuf_text(commands ? &command : &request.body));
	}
	return 0;
}

static void decode(const char *word, struct strbuf *out)
{
	if (strcmp(word, "-") == 0)
		return;
	strbuf_add(out, "", 0);
	for (; *word; word += 2) {
		const char digits[] = {word[0], word[1], '\0'};
		char byte = (char)strtoul(digits, NULL, 16);

		require(word[1] && strbuf_add(out, &byte, 1) == 0, "a field is not hexadecimal");
	}
}

static void print_encoded(const struct strbuf *text, char end)
{
	for (size_t i = 0; i < text->length; i++)
		printf("%02x", (unsigned char)text->data[i]);
	printf("%s%c", text->length ? "" : "-", end);
}

static void sign(const struct strbuf fields[FIELD_COUNT_])
{
	_cleanup_(strbuf_done) struct strbuf host = {0};
	char authority[URL_AUTHORITY_SIZE];
	struct url url;
	_cleanup_(sigv4_headers_done) struct sigv4_headers headers = {0};
	const struct sigv4_credentials credentials = {
		.access_key = strbuf_text(&fields[ACCESS_KEY]),
		.secret_key = strbuf_text(&fields[SECRET_KEY]),
		.session_token = fields[SESSION_TOKEN].data,
	};
	struct sigv4_request request = {
		.region = strbuf_text(&fields[REGION]),
		.service = strbuf_text(&fields[SERVICE]),
		.content_type = strbuf_text(&fields[CONTENT_TYPE]),
		.body = strbuf_text(&fields[BODY]),
		.length = fields[BODY].length,
	};

	require(url_parse(strbuf_text(&fields[ENDPOINT]), &url) == 0, "the endpoint is refused");
	require(strbuf_add_string(&host, url_format_authority(&url, authority)) == 0, "no memory");
	request.host = strbuf_text(&host);
	require(parse_u64(strbuf_text(&fields[TIME]), 0, UINT64_MAX, &request.time) == 0,
		"no time");
	require(sigv4_sign(&credentials, &request, &headers) == 0, "the request is refused");
	print_encoded(&host, ' ');
	print_encoded(&headers.authorization, ' ');
	print_encoded(&headers.date, ' ');
	print_encoded(&headers.token, '\n');
}

static int sign_all(void)
{
	_cleanup_(cleanup_free) char *line = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&line, &size, stdin)) > 0) {
		struct strbuf fields[FIELD_COUNT_] = {0};
		char *rest = line;

		line[length - 1] = '\0';
		for (size_t i = 0; i < FIELD_COUNT_; i++) {
			char *word = strsep(&rest, " ");

			require(word != NULL, "a field is missing");
			decode(word, &fields[i]);
		}
		sign(fields);
		for (size_t i = 0; i < FIELD_COUNT_; i++)
			strbuf_done(&fields[i]);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "requests") == 0)
		return print_requests(false);
	if (argc == 2 && strcmp(argv[1], "commands") == 0)
		return print_requests(true);
	if (argc == 2 && strcmp(argv[1], "sign") == 0)
		return sign_all();
	fprintf(stderr, "usage: ec2_helper requests|commands|sign\n");
	return 2;
}
