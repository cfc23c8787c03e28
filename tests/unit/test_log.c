/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/clock.h"
#include "base/log_journal.h"
#include "base/log_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define NO_SOCKET "/nonexistent/journal"

/* An unnamed file that lines go to instead of stderr. */
struct sink {
	FILE *file;
	int fd;
	char stream[64]; /* as $JOURNAL_STREAM names it */
};

static void sink_open(struct sink *sink)
{
	struct stat stat;

	sink->file = tmpfile();
	assert_non_null(sink->file);
	sink->fd = fileno(sink->file);
	assert_int_equal(fstat(sink->fd, &stat), 0);
	snprintf(sink->stream, sizeof(sink->stream), "%llu:%llu", (unsigned long long)stat.st_dev,
		(unsigned long long)stat.st_ino);
}

/* All that it got. */
static void sink_close(struct sink *sink, const char *expected)
{
	char text[4096];
	ssize_t got = pread(sink->fd, text, sizeof(text) - 1, 0);

	assert_true(got >= 0);
	text[got] = '\0';
	assert_string_equal(text, expected);
	fclose(sink->file);
}

static void deliver(
	const char *socket_path, int fd, int level, const char *interface, const char *text)
{
	const struct log_subject subject = {"MYHA_INTERFACE", interface};
	char copy[256];

	snprintf(copy, sizeof(copy), "%s", text);
	log_write_line(socket_path, fd, level, &subject, copy);
}

static void test_stderr(void **state)
{
	struct sink sink;
	int saved = dup(STDERR_FILENO);

	(void)state;
	unsetenv("JOURNAL_STREAM");
	sink_open(&sink);
	assert_true(dup2(sink.fd, STDERR_FILENO) >= 0);
	log_line(LOG_INFO, "eth1", "%s is %d", "it", 1);
	log_line(LOG_ERR, NULL, "on its own");
	log_overlay(LOG_ERR, "sapascs", "of an overlay");
	log_line(LOG_DEBUG, "eth1", "not shown");
	log_set_level(LOG_DEBUG);
	log_line(LOG_DEBUG, "eth1", "shown");
	log_set_level(LOG_WARNING);
	log_line(LOG_INFO, "eth1", "not shown");
	log_line(LOG_WARNING, "eth1", "a\nb\033c");
	log_set_level(LOG_INFO);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	sink_close(&sink, "myha: eth1: it is 1\n"
			  "myha: on its own\n"
			  "myha: sapascs: of an overlay\n"
			  "myha: eth1: shown\n"
			  "myha: eth1: a?b?c\n");
}

static void test_stderr_long(void **state)
{
	char text[3000], expected[2048 + 32] = "myha: ";
	struct sink sink;
	int saved = dup(STDERR_FILENO);

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(expected + 6, 'x', 2044);
	memcpy(expected + 6 + 2044, "...\n", 5);
	unsetenv("JOURNAL_STREAM");
	sink_open(&sink);
	assert_true(dup2(sink.fd, STDERR_FILENO) >= 0);
	log_line(LOG_INFO, NULL, "%s", text);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	sink_close(&sink, expected);
}

static void test_is_journal(void **state)
{
	struct sink sink;
	char other[80];

	(void)state;
	sink_open(&sink);
	assert_true(log_journal_matches_fd(sink.fd, sink.stream));
	assert_false(log_journal_matches_fd(STDIN_FILENO, sink.stream));
	assert_false(log_journal_matches_fd(-1, sink.stream));
	snprintf(other, sizeof(other), "%s0", sink.stream);
	assert_false(log_journal_matches_fd(sink.fd, other));
	snprintf(other, sizeof(other), "%s ", sink.stream);
	assert_false(log_journal_matches_fd(sink.fd, other));
	snprintf(other, sizeof(other), "9%s", sink.stream);
	assert_false(log_journal_matches_fd(sink.fd, other));
	assert_false(log_journal_matches_fd(sink.fd, NULL));
	assert_false(log_journal_matches_fd(sink.fd, ""));
	assert_false(log_journal_matches_fd(sink.fd, ":"));
	assert_false(log_journal_matches_fd(sink.fd, "1"));
	assert_false(log_journal_matches_fd(sink.fd, "11111111111111111111111111111111:1"));
	sink_close(&sink, "");
}

static void test_encode(void **state)
{
#define BYTES(text) text, sizeof(text) - 1
	static const struct {
		int level;
		struct log_subject subject;
		const char *text;
		const char *datagram;
		size_t length;
	} cases[] = {
		{LOG_INFO, {"MYHA_INTERFACE", "eth1"}, "up",
			BYTES("MESSAGE=up\nPRIORITY=6\nSYSLOG_IDENTIFIER=myha\n"
			      "MYHA_INTERFACE=eth1\n")},
		{LOG_INFO, {"MYHA_OVERLAY", "sapascs"}, "up",
			BYTES("MESSAGE=up\nPRIORITY=6\nSYSLOG_IDENTIFIER=myha\n"
			      "MYHA_OVERLAY=sapascs\n")},
		{LOG_ERR, {"MYHA_INTERFACE", NULL}, "",
			BYTES("MESSAGE=\nPRIORITY=3\nSYSLOG_IDENTIFIER=myha\n")},
		{LOG_DEBUG, {"MYHA_OVERLAY", NULL}, "a=b\nPRIORITY=0",
			BYTES("MESSAGE\n\016\0\0\0\0\0\0\0a=b\nPRIORITY=0\n"
			      "PRIORITY=7\nSYSLOG_IDENTIFIER=myha\n")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf out = {0};

		assert_int_equal(
			log_journal_encode(cases[i].level, &cases[i].subject, cases[i].text, &out),
			0);
		assert_int_equal(out.length, cases[i].length);
		assert_memory_equal(out.data, cases[i].datagram, cases[i].length);
	}
}

static void test_journal(void **state)
{
	char directory[] = "/tmp/test_log.XXXXXX", path[64], got[256];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct sink sink;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/socket", directory);
	memcpy(address.sun_path, path, strlen(path) + 1);
	int journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(journal, (struct sockaddr *)&address, sizeof(address)), 0);
	sink_open(&sink);

	/* $JOURNAL_STREAM names another file: stderr was redirected. */
	setenv("JOURNAL_STREAM", "1:2", 1);
	deliver(path, sink.fd, LOG_INFO, "eth1", "redirected");
	setenv("JOURNAL_STREAM", sink.stream, 1);
	deliver(path, sink.fd, LOG_INFO, "eth1", "to the journal");
	ssize_t length = recv(journal, got, sizeof(got), MSG_DONTWAIT);
	static const char expected[] = "MESSAGE=to the journal\nPRIORITY=6\n"
				       "SYSLOG_IDENTIFIER=myha\nMYHA_INTERFACE=eth1\n";
	assert_int_equal(length, sizeof(expected) - 1);
	assert_memory_equal(got, expected, sizeof(expected) - 1);
	assert_int_equal(recv(journal, got, sizeof(got), MSG_DONTWAIT), -1);

	deliver(path, sink.fd, LOG_INFO, "eth1", "one line\nmyha: \342\200\256");
	length = recv(journal, got, sizeof(got), MSG_DONTWAIT);
	static const char masked[] = "MESSAGE=one line?myha: ???\nPRIORITY=6\n"
				     "SYSLOG_IDENTIFIER=myha\nMYHA_INTERFACE=eth1\n";
	assert_int_equal(length, sizeof(masked) - 1);
	assert_memory_equal(got, masked, sizeof(masked) - 1);

	/* Without a listener, the log goes to stderr, which the journal reads as well. */
	close(journal);
	deliver(path, sink.fd, LOG_INFO, "eth1", "refused");
	unlink(path);
	rmdir(directory);
	deliver(NO_SOCKET, sink.fd, LOG_INFO, "eth1", "missing");
	unsetenv("JOURNAL_STREAM");
	sink_close(&sink, "myha: redirected\nmyha: refused\nmyha: missing\n");
}

static void test_journal_stuck(void **state)
{
	char path[108] = {0};
	struct strbuf datagram = {.data = path, .length = sizeof(path)};
	int err;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	assert_int_equal(log_journal_send(NO_SOCKET, &datagram), -ENOENT);

	/* Without a reader the socket fills up, and the next line is refused at once. */
	char directory[] = "/tmp/test_log.XXXXXX";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	assert_non_null(mkdtemp(directory));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", directory);
	int journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(journal, (struct sockaddr *)&address, sizeof(address)), 0);
	do {
		err = log_journal_send(address.sun_path, &datagram);
	} while (!err);
	assert_int_equal(err, -EAGAIN);
	close(journal);
	unlink(address.sun_path);
	rmdir(directory);
}

/* A pipe without a reader, so full that no line fits. */
struct stuck {
	int reading, writing;
};

static void stuck_open(struct stuck *stuck)
{
	char page[4096] = {0};
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	while (write(fds[1], page, sizeof(page)) > 0)
		;
	assert_int_equal(errno, EAGAIN);
	*stuck = (struct stuck){fds[0], fds[1]};
	/* As stderr is: a writer waits. */
	assert_int_equal(fcntl(stuck->writing, F_SETFL, 0), 0);
}

/* All that was in it before the lines is zeros. */
static void stuck_drain(struct stuck *stuck, char *lines, size_t size)
{
	ssize_t got;
	size_t length = 0;
	char page[4096];

	while ((got = read(stuck->reading, page, sizeof(page))) > 0)
		for (ssize_t i = 0; i < got; i++)
			if (page[i] && length < size - 1)
				lines[length++] = page[i];
	lines[length] = '\0';
}

static void stuck_close(struct stuck *stuck)
{
	close(stuck->reading);
	close(stuck->writing);
}

static void test_stream_keeps_lines(void **state)
{
	static struct log_stream stream;
	const struct deadline passed = {0}, far = deadline_after(clock_now(), 60000);
	struct stuck stuck;
	char lines[64];

	(void)state;
	stuck_open(&stuck);
	log_stream_write(&stream, stuck.writing, "one\n");
	log_stream_write(&stream, stuck.writing, "two\n");
	assert_false(log_stream_try(&stream, stuck.writing, "status"));
	log_stream_flush(&stream, stuck.writing, &passed);
	assert_int_equal(stream.length, strlen("one\ntwo\n"));
	assert_int_equal(fcntl(stuck.writing, F_GETFL) & O_NONBLOCK, 0);

	stuck_drain(&stuck, lines, sizeof(lines));
	log_stream_write(&stream, stuck.writing, "three\n");
	stuck_drain(&stuck, lines, sizeof(lines));
	assert_string_equal(lines, "one\ntwo\nthree\n");
	assert_true(log_stream_try(&stream, stuck.writing, "status"));
	log_stream_flush(&stream, stuck.writing, &far);
	assert_int_equal(stream.length + stream.dropped, 0);
	stuck_close(&stuck);
}

static void test_stream_counts_what_is_dropped(void **state)
{
	static struct log_stream stream;
	const size_t fit = LOG_STREAM_BYTES / strlen("0123456\n");
	struct stuck stuck;

	(void)state;
	stuck_open(&stuck);
	for (size_t i = 0; i < fit + 3; i++)
		log_stream_write(&stream, stuck.writing, "0123456\n");
	assert_int_equal(stream.length, LOG_STREAM_BYTES);
	assert_int_equal(stream.dropped, 3);
	stuck_close(&stuck);
}

/* A line that is refused permanently is not tried again. */
static void test_stream_of_closed_pipe(void **state)
{
	static struct log_stream stream;
	struct stuck stuck;

	(void)state;
	stuck_open(&stuck);
	log_stream_write(&stream, stuck.writing, "kept\n");
	close(stuck.reading);
	signal(SIGPIPE, SIG_IGN);
	log_stream_write(&stream, stuck.writing, "lost\n");
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(stream.length + stream.dropped, 0);
	close(stuck.writing);
	log_stream_write(&stream, stuck.writing, "closed\n");
	assert_int_equal(stream.length + stream.dropped, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stderr),
		cmocka_unit_test(test_stderr_long),
		cmocka_unit_test(test_is_journal),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_journal_stuck),
		cmocka_unit_test(test_stream_keeps_lines),
		cmocka_unit_test(test_stream_counts_what_is_dropped),
		cmocka_unit_test(test_stream_of_closed_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
