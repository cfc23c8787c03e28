/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the memory of this process after credentials were used and freed: no part of a secret may
 * remain in a library's buffer or on the stack.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/credentials_chain.h"
#include "base/clock.h"
#include "credentials_times.h"
#include "imds_server.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each has MARK in it, which is nowhere else in memory that can be written to. */
#define MARK "zqSECRETqz"
#define ENDS "\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"" MARK "/+\""
#define SECRET_JSON "{" ENDS ",\"Token\":\"t" MARK "\",\"Expiration\":\"2026-12-31T18:00:00Z\"}"

static const struct test_case {
	const char *name;
	const char *credentials; /* the file, or NULL */
	const char *output; /* of a credential_process, or NULL */
	bool container;
	struct reply script[SERVER_MAX_REPLIES];
} cases[] = {
	{"file", "[default]\naws_access_key_id=A\naws_secret_access_key=" MARK "\n", NULL, false,
		{OK("x")}},
	{"process", NULL, "{\"Version\":1," ENDS "}", false, {OK("x")}},
	{"container", NULL, NULL, true, {OK(SECRET_JSON)}},
	{"instance", NULL, NULL, false, {OK("T1"), OK("web"), OK(SECRET_JSON)}},
};

/* Neither in one piece anywhere, nor copied to where it would be found. */
static bool is_secret(const unsigned char *bytes)
{
	static const unsigned char hidden[] = {
		'z' ^ 1, 'q' ^ 1, 'S' ^ 1, 'E' ^ 1, 'C' ^ 1, 'R' ^ 1, 'E' ^ 1, 'T' ^ 1, 'q' ^ 1};

	for (size_t i = 0; i < sizeof(hidden); i++)
		if ((bytes[i] ^ 1) != hidden[i])
			return false;
	return true;
}

static unsigned count_in(int memory, unsigned long start, unsigned long end)
{
	static unsigned char block[65536];
	unsigned long own = (unsigned long)block;
	unsigned count = 0;

	for (unsigned long at = start; at < end; at += sizeof(block) - 16) {
		size_t most = end - at < sizeof(block) ? end - at : sizeof(block);
		ssize_t got = pread(memory, block, most, (off_t)at);

		for (ssize_t i = 0; i + 16 <= got; i++)
			if (is_secret(block + i) &&
				(at + (size_t)i < own || at + (size_t)i >= own + sizeof(block)))
				count++;
	}
	explicit_bzero(block, sizeof(block));
	return count;
}

/* In all that can be written to; what the server notes is shared memory and left out. */
static unsigned count_secrets(void)
{
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], mode[8];
	unsigned long start, end;
	unsigned count = 0;

	assert_true(memory >= 0);
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %7s", &start, &end, mode) == 3 && !strcmp(mode, "rw-p"))
			count += count_in(memory, start, end);
	fclose(maps);
	close(memory);
	return count;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Holds the credentials when it counts for the first time, so that it can be seen to count. */
static void find_and_give_back(const struct server *server, unsigned *ret_held)
{
	const struct policy_aws policy = {.fips = -1, .dualstack = -1};
	const struct imds_options options = {.endpoint = server->url};
	struct deadline deadline = deadline_after(clock_now(), 5000);
	struct credentials_plan plan = {0};
	struct aws_settings settings = {0};
	struct imds imds = {0};
	const struct credentials_search search = {
		.settings = &settings, .imds = &imds, .deadline = &deadline, .now = NOW};

	assert_int_equal(imds_open(&options, &imds, NULL), 0);
	assert_int_equal(aws_settings_load(&policy, &settings, NULL), 0);
	assert_int_equal(credentials_find(&search, &plan, NULL), 0);
	*ret_held = count_secrets();
	credentials_plan_done(&plan);
	aws_settings_done(&settings);
	imds_close(&imds);
}

static void run_case(void **state)
{
	const struct test_case *test = *state;
	char home[] = "/tmp/myha-test-XXXXXX", path[64], text[128], output[64];
	struct server server;
	unsigned held;

	assert_non_null(mkdtemp(home));
	setenv("HOME", "/nowhere", 1);
	snprintf(path, sizeof(path), "%s/credentials", home);
	snprintf(output, sizeof(output), "%s/output", home);
	snprintf(text, sizeof(text), "[default]\ncredential_process = cat %s\n", output);
	if (test->output)
		write_file(output, test->output);
	write_file(path, test->credentials ? test->credentials : test->output ? text : "");
	setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
	assert_int_equal(server_start(&server, test->script), 0);
	if (test->container)
		setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url, 1);
	find_and_give_back(&server, &held);
	unsetenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	unlink(output);
	unlink(path);
	rmdir(home);
	server_done(&server);
	assert_true(held > 0);
	assert_int_equal(count_secrets(), 0);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[ARRAY_SIZE(cases)];

	/* valgrind and the like keep what was freed. */
	if (getenv("LD_PRELOAD"))
		return 77;
	/*
	 * As myha itself is linked: a function that is only found when it is called leaves a copy of
	 * all registers on the stack.
	 */
	if (argc == 1 && !getenv("LD_BIND_NOW")) {
		setenv("LD_BIND_NOW", "1", 1);
		execv("/proc/self/exe", argv);
	}
#if defined(__SANITIZE_ADDRESS__)
	return 77; /* so does it */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	return 77;
#endif
#endif
	for (int i = 0; i < AWS_VARIABLE_COUNT_; i++)
		unsetenv(aws_variable_name((enum aws_variable)i));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[i] = (struct CMUnitTest){
			cases[i].name, run_case, NULL, NULL, (void *)&cases[i]};
	return _cmocka_run_group_tests("wiped", tests, ARRAY_SIZE(cases), NULL, NULL);
}
