/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searches all writable memory of this process after a signature, and after a response with
 * credentials: no part of a secret may remain.
 */
#include "ec2/response.h"
#include "ec2/sigv4.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SECRET_LENGTH 40
#define PAGE_BYTES 4096
#define MAPPING_MAX (1ul << 30) /* larger mappings belong to a sanitizer */

/* Stored with changed bits, so that the search does not find this copy. */
static const unsigned char hidden[SECRET_LENGTH] = {0x22, 0x1f, 0x34, 0x39, 0x27, 0x0d, 0x00, 0x21,
	0x3b, 0x13, 0x10, 0x18, 0x1c, 0x7a, 0x1e, 0x62, 0x18, 0x11, 0x10, 0x1b, 0x12, 0x7e, 0x37,
	0x05, 0x2d, 0x07, 0x33, 0x3c, 0x16, 0x0c, 0x10, 0x0d, 0x14, 0x18, 0x05, 0x19, 0x10, 0x1e,
	0x10, 0x0c};

static void write_secret(char *out)
{
	for (size_t i = 0; i < SECRET_LENGTH; i++)
		out[i] = (char)(hidden[i] ^ 0x55);
	out[SECRET_LENGTH] = '\0';
}

static bool holds_secret(const unsigned char *bytes)
{
	for (size_t i = 0; i < SECRET_LENGTH; i++)
		if (bytes[i] != (hidden[i] ^ 0x55))
			return false;
	return true;
}

/* The search's own pages may show themselves: they never hold the secret in one piece. */
static size_t count_in(int memory, unsigned long start, unsigned long end)
{
	unsigned char bytes[PAGE_BYTES + SECRET_LENGTH];
	size_t found = 0;

	for (; start < end; start += PAGE_BYTES) {
		ssize_t got = pread(memory, bytes, sizeof(bytes), (off_t)start);

		for (ssize_t i = 0; i + SECRET_LENGTH <= got && i < PAGE_BYTES; i++) {
			unsigned long at = start + (unsigned long)i;
			bool own = at + SECRET_LENGTH > (unsigned long)bytes &&
				   at < (unsigned long)(bytes + sizeof(bytes));

			found += !own && holds_secret(bytes + i);
		}
		explicit_bzero(bytes, sizeof(bytes));
	}
	return found;
}

static size_t count_secrets(void)
{
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end;
	char line[512], access[5];
	size_t found = 0;

	assert_true(memory >= 0 && maps);
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %4s", &start, &end, access) == 3 && access[0] == 'r' &&
			access[1] == 'w' && end - start <= MAPPING_MAX)
			found += count_in(memory, start, end);
	fclose(maps);
	close(memory);
	return found;
}

static void test_search_finds(void **state)
{
	char *secret = malloc(SECRET_LENGTH + 1);

	(void)state;
	assert_non_null(secret);
	write_secret(secret);
	assert_int_equal(count_secrets(), 1);
	explicit_bzero(secret, SECRET_LENGTH);
	free(secret);
	assert_int_equal(count_secrets(), 0);
}

static void sign(uint64_t time, int expected)
{
	char secret[SECRET_LENGTH + 1], token[SECRET_LENGTH + 1];
	const struct sigv4_credentials credentials = {"AKIDEXAMPLE", secret, token};
	const struct sigv4_request request = {
		.region = "us-east-1",
		.service = "ec2",
		.host = "ec2.test",
		.content_type = "text/plain",
		.body = "",
		.time = time,
	};
	struct sigv4_headers headers = {0};

	write_secret(secret);
	write_secret(token);
	assert_int_equal(sigv4_sign(&credentials, &request, &headers), expected);
	sigv4_headers_done(&headers);
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(token, sizeof(token));
}

static void test_signature(void **state)
{
	(void)state;
	sign(1440938160, 0);
	assert_int_equal(count_secrets(), 0);
	sign(UINT64_MAX, -ERANGE);
	assert_int_equal(count_secrets(), 0);
}

static void feed(struct ec2_response_reader *reader, const char *text)
{
	ec2_response_reader_feed(reader, text, strlen(text));
}

/* The secret comes in one piece or in two, and the response is complete or cut off. */
static void read_credentials(bool whole, int expected)
{
	struct ec2_response_reader *reader = NULL;
	struct ec2_response response = {0};
	char secret[SECRET_LENGTH + 1];

	write_secret(secret);
	assert_int_equal(ec2_response_reader_new(STS_ASSUME_ROLE, NULL, &reader), 0);
	feed(reader, "<R><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId>");
	feed(reader, "<SecretAccessKey>");
	feed(reader, secret);
	feed(reader, "</SecretAccessKey><SessionToken>");
	ec2_response_reader_feed(reader, secret, SECRET_LENGTH / 2);
	feed(reader, secret + SECRET_LENGTH / 2);
	feed(reader, "</SessionToken><SessionToken>");
	feed(reader, secret);
	explicit_bzero(secret, sizeof(secret));
	if (whole)
		feed(reader, "</SessionToken><Expiration>2015-08-30T12:36:00Z</Expiration>"
			     "</Credentials></AssumeRoleResult></R>");
	assert_int_equal(ec2_response_reader_end(reader, 200, &response, NULL), expected);
	ec2_response_done(&response);
	ec2_response_reader_free(reader);
}

static void test_response(void **state)
{
	(void)state;
	read_credentials(true, 0);
	assert_int_equal(count_secrets(), 0);
	read_credentials(false, -EPIPE);
	assert_int_equal(count_secrets(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_search_finds),
		cmocka_unit_test(test_signature),
		cmocka_unit_test(test_response),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
