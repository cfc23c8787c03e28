/* SPDX-License-Identifier: Apache-2.0 */
/* Tests calls of systemd's manager: the bytes of a call, and the result of each reply. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/unit_name.h"
#include "core/interface_unit.h"
#include "core/service_manager.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define GUID "OK 0123456789abcdef\r\n"
/* Messages without header fields: type, size of the body, the body. */
#define PACKET(type, size, body) "l" type "\0\1" size "\0\0\0\1\0\0\0\0\0\0\0" body
#define RETURN(size, body) PACKET("\2", size, body)
#define SIGNAL PACKET("\4", "\3", "abc")
#define TIME RETURN("\x10", "\1t\0\0\0\0\0\0\x39\x30\0\0\0\0\0\0")
#define STATE_ACTIVE RETURN("\xf", "\1s\0\0\6\0\0\0active\0")
#define STATE_FAILED RETURN("\xf", "\1s\0\0\6\0\0\0failed\0")

enum method { QUEUE, READ_STATE, READ_TIME };

static const struct {
	const char *name;
	enum method method;
	const char *sent; /* all bytes that the server sends */
	size_t size;
	const char *words; /* of the error; NULL: none */
	enum unit_state state; /* of READ_STATE */
} cases[] = {
#define SENT(text) text, sizeof(text) - 1
	{"a job", QUEUE, SENT(GUID RETURN("\4", "\0\0\0\0"))},
	{"signals before the reply", QUEUE, SENT(GUID SIGNAL SIGNAL RETURN("\4", "\0\0\0\0"))},
	{"a refusal", QUEUE, SENT(GUID PACKET("\3", "\7", "\2\0\0\0no\0")),
		"systemd: D-Bus method StartUnit failed: no"},
	{"a refusal without words", QUEUE, SENT(GUID PACKET("\3", "\0", "")),
		"systemd: D-Bus method StartUnit failed: systemd gave no reason"},
	{"a refusal whose text is longer than the message", QUEUE,
		SENT(GUID PACKET("\3", "\7", "\xff\xff\xff\xffno\0")),
		"systemd: D-Bus method StartUnit failed: systemd gave no reason"},
	{"an end in a message", QUEUE, SENT(GUID "l\2\0\1"),
		"systemd: D-Bus method StartUnit failed: Connection reset by peer"},
	{"another byte order", QUEUE, SENT(GUID "B\2\0\1\0\0\0\0\0\0\0\1\0\0\0\0"),
		"systemd: D-Bus method StartUnit failed: Bad message"},
	{"a huge body", QUEUE, SENT(GUID "l\2\0\1\xff\xff\xff\xff\1\0\0\0\0\0\0\0"),
		"systemd: D-Bus method StartUnit failed: Bad message"},
	{"active", READ_STATE, SENT(GUID STATE_ACTIVE), NULL, UNIT_ACTIVE},
	{"failed", READ_STATE, SENT(GUID STATE_FAILED), NULL, UNIT_DOWN},
	{"a state of another type", READ_STATE, SENT(GUID TIME),
		"systemd: ActiveState of myha@eth1.service has an unexpected type"},
	{"no property", READ_STATE, SENT(GUID RETURN("\0", "")),
		"systemd: ActiveState of myha@eth1.service has an unexpected type"},
	{"a time", READ_TIME, SENT(GUID TIME)},
	{"half a time", READ_TIME, SENT(GUID RETURN("\xc", "\1t\0\0\0\0\0\0\x39\x30\0\0")),
		"systemd: InactiveExitTimestampMonotonic of myha@eth1.service has an unexpected size"},
};

static struct deadline soon(void)
{
	return deadline_after(clock_now(), 60000);
}

/* A server that sends its bytes at once, and then stores what it receives. */
static pid_t serve(const char *path, const char *sent, size_t size, int *ret_heard)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), heard[2];
	pid_t child;

	memcpy(address.sun_path, path, strlen(path));
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(pipe(heard), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int client = accept(listener, NULL, NULL);
		char bytes[512];
		ssize_t got;

		if (client < 0 || write(client, sent, size) != (ssize_t)size ||
			shutdown(client, SHUT_WR))
			_exit(1);
		while ((got = read(client, bytes, sizeof(bytes))) > 0)
			if (write(heard[1], bytes, (size_t)got) != got)
				_exit(1);
		_exit(0);
	}
	close(listener);
	close(heard[1]);
	*ret_heard = heard[0];
	return child;
}

static void run_case(size_t i, struct service_manager *manager, struct error *error)
{
	enum unit_state state = UNIT_CHANGING;
	uint64_t time = 0;

	switch (cases[i].method) {
	case QUEUE:
		service_manager_queue_job(manager, "StartUnit", "myha@eth1.service", error);
		break;
	case READ_STATE:
		service_manager_read_state(manager, "myha@eth1.service", &state, error);
		break;
	case READ_TIME:
		service_manager_read_time(manager, "myha@eth1.service",
			"InactiveExitTimestampMonotonic", &time, error);
		assert_int_equal(time, cases[i].words ? 0 : 12345);
		break;
	}
	assert_int_equal(state, cases[i].state);
}

static void test_replies(void **state)
{
	(void)state;
	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char directory[] = "/tmp/myha-test-manager-XXXXXX", path[64];
		struct service_manager manager;
		struct deadline deadline = soon();
		struct error error = {0};
		int heard, status;
		pid_t server;

		print_message("%s\n", cases[i].name);
		assert_non_null(mkdtemp(directory));
		snprintf(path, sizeof(path), "%s/private", directory);
		server = serve(path, cases[i].sent, cases[i].size, &heard);
		assert_int_equal(service_manager_open(path, &deadline, &manager, &error), 0);
		run_case(i, &manager, &error);
		assert_string_equal(error.text, cases[i].words ? cases[i].words : "");
		service_manager_close(&manager);
		assert_int_equal(waitpid(server, &status, 0), server);
		assert_int_equal(status, 0);
		close(heard);
		unlink(path);
		assert_int_equal(rmdir(directory), 0);
	}
}

/* Checks the bytes that a server receives if it sends no reply. */
static void assert_call(
	int (*call)(struct service_manager *, struct error *), const char *expected, size_t size)
{
	char directory[] = "/tmp/myha-test-manager-XXXXXX", path[64], bytes[512];
	struct service_manager manager;
	struct deadline deadline = soon();
	struct error error = {0};
	int heard, status;
	pid_t server;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/private", directory);
	server = serve(path, GUID RETURN("\0", ""), sizeof(GUID RETURN("\0", "")) - 1, &heard);
	assert_int_equal(service_manager_open(path, &deadline, &manager, &error), 0);
	assert_int_equal(call(&manager, &error), 0);
	service_manager_close(&manager);
	assert_int_equal(waitpid(server, &status, 0), server);
	assert_int_equal(read(heard, bytes, sizeof(bytes)), size);
	assert_memory_equal(bytes, expected, size);
	close(heard);
	unlink(path);
	assert_int_equal(rmdir(directory), 0);
}

static int start_unit(struct service_manager *manager, struct error *error)
{
	return service_manager_queue_job(manager, "StartUnit", "a.service", error);
}

/* Calls as the D-Bus specification has them: with two strings, and with no arguments. */
static void test_calls(void **state)
{
#define BEGIN "\0AUTH EXTERNAL 30\r\nBEGIN\r\n"
#define TO_MANAGER                                                                                 \
	"\1\1o\0\x19\0\0\0/org/freedesktop/systemd1\0\0\0\0\0\0\0"                                 \
	"\2\1s\0\x20\0\0\0org.freedesktop.systemd1.Manager\0\0\0\0\0\0\0\0"
	static const char start[] = BEGIN "l\1\0\1\x1c\0\0\0\1\0\0\0\x78\0\0\0" TO_MANAGER
					  "\3\1s\0\x9\0\0\0StartUnit\0\0\0\0\0\0\0"
					  "\x8\1g\0\2ss\0"
					  "\x9\0\0\0a.service\0\0\0\7\0\0\0replace";
	static const char reload[] = BEGIN "l\1\0\1\0\0\0\0\1\0\0\0\x67\0\0\0" TO_MANAGER
					   "\3\1s\0\6\0\0\0Reload\0";

	(void)state;
	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ || geteuid() != 0)
		return;
	assert_call(start_unit, start, sizeof(start));
	assert_call(service_manager_reload, reload, sizeof(reload));
}

static void test_refused(void **state)
{
	struct deadline deadline = soon();
	struct service_manager manager;
	struct error error = {0};

	(void)state;
	assert_int_equal(
		service_manager_open("/nonexistent/private", &deadline, &manager, &error), -ENOENT);
	assert_int_equal(manager.fd, -1);
}

/* As systemd-escape(1) prints them. */
static void test_names(void **state)
{
	static const struct {
		const char *interface, *name;
	} names[] = {
		{"eth1", "myha@eth1.service"},
		{"svc-0", "myha@svc\\x2d0.service"},
		{"a.b_c:d", "myha@a.b_c:d.service"},
		{".a", "myha@\\x2ea.service"},
		{"e@x", "myha@e\\x40x.service"},
		{"\xc3\xa9", "myha@\\xc3\\xa9.service"},
		{"---------------", "myha@"
				    "\\x2d\\x2d\\x2d\\x2d\\x2d\\x2d\\x2d\\x2d\\x2d\\x2d\\x2d\\x2d\\"
				    "x2d\\x2d\\x2d"
				    ".service"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char name[UNIT_NAME_SIZE];

		unit_name_format("myha@", names[i].interface, ".service", name);
		assert_string_equal(name, names[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
