/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_journal.h"

#include "base/parse.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>

/* systemd sets $JOURNAL_STREAM to "DEVICE:INODE" of the stream that it connected to stderr. */
bool log_journal_matches_fd(int fd, const char *journal_stream)
{
	const char *colon = journal_stream ? strchr(journal_stream, ':') : NULL;
	char device_text[24];
	uint64_t device, inode;
	struct stat stat;

	if (!colon || (size_t)(colon - journal_stream) >= sizeof(device_text))
		return false;
	snprintf(device_text, sizeof(device_text), "%.*s", (int)(colon - journal_stream),
		journal_stream);
	if (parse_u64(device_text, 0, UINT64_MAX, &device) < 0 ||
		parse_u64(colon + 1, 0, UINT64_MAX, &inode) < 0)
		return false;
	return fstat(fd, &stat) == 0 && stat.st_dev == device && stat.st_ino == inode;
}

/* Adds KEY=VALUE; for a value with a newline: KEY, newline, the length in 8 bytes, the value. */
static void add_field(struct strbuf *out, const char *key, const char *value)
{
	size_t length = strlen(value);
	unsigned char size[8];

	strbuf_add_string(out, key);
	if (!strchr(value, '\n')) {
		strbuf_add_string(out, "=");
	} else {
		for (size_t i = 0; i < sizeof(size); i++) /* little-endian */
			size[i] = (unsigned char)((uint64_t)length >> 8 * i);
		strbuf_add_string(out, "\n");
		strbuf_add(out, size, sizeof(size));
	}
	strbuf_add(out, value, length);
	strbuf_add_string(out, "\n");
}

int log_journal_encode(
	int level, const struct log_subject *subject, const char *text, struct strbuf *out)
{
	const char priority[] = {(char)('0' + LOG_PRI(level)), '\0'};

	add_field(out, "MESSAGE", text);
	add_field(out, "PRIORITY", priority);
	add_field(out, "SYSLOG_IDENTIFIER", "myha");
	if (subject->name)
		add_field(out, subject->field, subject->name);
	return out->failed ? -ENOMEM : 0;
}

int log_journal_send(const char *socket_path, const struct strbuf *datagram)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct sockaddr *destination = (const struct sockaddr *)&address;
	_cleanup_(cleanup_close) int fd = -1;

	if (strlen(socket_path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* A blocked journal must not delay a failover. */
	if (sendto(fd, datagram->data, datagram->length, MSG_DONTWAIT | MSG_NOSIGNAL, destination,
		    sizeof(address)) < 0)
		return -errno;
	return 0;
}
