/* SPDX-License-Identifier: Apache-2.0 */
#include "core/service_manager.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/strbuf.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE "org.freedesktop.systemd1.Manager"
#define UNIT_INTERFACE "org.freedesktop.systemd1.Unit"
#define PROPERTIES_INTERFACE "org.freedesktop.DBus.Properties"

/* A job replaces a conflicting job, so systemd does not drop the start of a stopping unit. */
#define JOB_MODE "replace"

#define MESSAGE_MAX (1u << 20)
#define AUTH_LINE_MAX 256
#define POLL_MAX_MSEC 60000
#define HEADER_SIZE 16
#define HEADER_BODY_SIZE_AT 4
#define HEADER_FIELDS_SIZE_AT 12
#define METHOD_CALL 1 /* the message types, in byte 1 of the header */
#define METHOD_RETURN 2
#define METHOD_ERROR 3
#define PROTOCOL_VERSION 1
#define ENDIANNESS (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B')

/* The header fields of a call: path, interface, member, signature; each with its value's type. */
static const struct {
	unsigned char code;
	char type;
} header_fields[] = {{1, 'o'}, {2, 's'}, {3, 's'}, {8, 'g'}};

struct call {
	const char *path, *interface, *method;
	const char *arguments[2]; /* two strings; NULL: the method has no arguments */
};

/* D-Bus aligns each value to its size, counted from the first byte of the message. */
static void add_padding(struct strbuf *out, size_t alignment)
{
	static const char zeros[8];

	strbuf_add(out, zeros, (alignment - out->length % alignment) % alignment);
}

static void add_u32(struct strbuf *out, uint32_t value)
{
	add_padding(out, sizeof(value));
	strbuf_add(out, &value, sizeof(value));
}

static void add_text(struct strbuf *out, const char *text)
{
	add_u32(out, (uint32_t)strlen(text));
	strbuf_add(out, text, strlen(text) + 1);
}

/* Adds code, signature and value. Strings have a 4-byte length, but signatures ('g') 1 byte. */
static void add_header_field(struct strbuf *out, unsigned char code, char type, const char *text)
{
	const unsigned char length = (unsigned char)strlen(text);
	const char signature[] = {(char)code, 1, type, '\0'};

	add_padding(out, 8);
	strbuf_add(out, signature, sizeof(signature));
	if (type != 'g') {
		add_text(out, text);
		return;
	}
	strbuf_add(out, &length, sizeof(length));
	strbuf_add(out, text, length + 1u);
}

/* Serializes a method call. If memory runs out, sets out->failed, which the caller must check. */
static void add_method_call(struct strbuf *out, const struct call *call, uint32_t serial)
{
	const char fixed_fields[] = {ENDIANNESS, METHOD_CALL, 0 /* flags */, PROTOCOL_VERSION};
	const char *const field_values[] = {
		call->path, call->interface, call->method, call->arguments[0] ? "ss" : NULL};
	_cleanup_(strbuf_done) struct strbuf head, body;
	uint32_t fields_size;

	strbuf_init(&head, MESSAGE_MAX);
	strbuf_init(&body, MESSAGE_MAX);
	for (size_t i = 0; call->arguments[0] && i < ARRAY_SIZE(call->arguments); i++)
		add_text(&body, call->arguments[i]);
	strbuf_add(&head, fixed_fields, sizeof(fixed_fields));
	add_u32(&head, (uint32_t)body.length);
	add_u32(&head, serial);
	add_u32(&head, 0); /* replaced by fields_size, which is known after the loop */
	for (size_t i = 0; i < ARRAY_SIZE(header_fields) && field_values[i]; i++)
		add_header_field(
			&head, header_fields[i].code, header_fields[i].type, field_values[i]);
	if (head.failed || body.failed) {
		out->failed = true;
		return;
	}
	fields_size = (uint32_t)head.length - HEADER_SIZE;
	memcpy(head.data + HEADER_FIELDS_SIZE_AT, &fields_size, sizeof(fields_size));
	add_padding(&head, 8);
	strbuf_add(out, head.data, head.length);
	strbuf_add(out, body.data, body.length);
	out->failed |= head.failed;
}

/* Waits on the non-blocking socket. May return 0 too early: the callers try again. */
static int wait_for_events(const struct service_manager *manager, short events)
{
	struct pollfd file = {.fd = manager->fd, .events = events};
	uint64_t msec_left = deadline_left(&manager->deadline, clock_now());

	if (!msec_left)
		return -ETIME;
	if (poll(&file, 1, msec_left < POLL_MAX_MSEC ? (int)msec_left : POLL_MAX_MSEC) < 0 &&
		errno != EINTR)
		return -errno;
	return 0;
}

/* Each transfers exactly `size` bytes. Returns 0, -ETIME after the deadline, or -errno. */
static int write_all(const struct service_manager *manager, const char *bytes, size_t size)
{
	int err = 0;

	while (!err && size) {
		ssize_t sent = send(manager->fd, bytes, size, MSG_NOSIGNAL);
		if (sent < 0 && errno == EAGAIN)
			err = wait_for_events(manager, POLLOUT);
		else if (sent < 0 && errno != EINTR)
			err = -errno;
		if (sent <= 0) /* tries again unless err is set */
			continue;
		bytes += sent;
		size -= (size_t)sent;
	}
	return err;
}

static int read_all(const struct service_manager *manager, char *ret_bytes, size_t size)
{
	int err = 0;

	while (!err && size) {
		ssize_t got = recv(manager->fd, ret_bytes, size, 0);
		if (got < 0 && errno == EAGAIN)
			err = wait_for_events(manager, POLLIN);
		else if (got < 0 && errno != EINTR)
			err = -errno;
		else if (got == 0)
			err = -ECONNRESET; /* systemd closed the connection */
		if (got <= 0) /* tries again unless err is set */
			continue;
		ret_bytes += got;
		size -= (size_t)got;
	}
	return err;
}

/*
 * SASL EXTERNAL: a NUL byte, then the user id as a decimal number whose characters are hex-encoded.
 * Reads the response byte by byte, because the bytes after its newline belong to the first message.
 */
static int authenticate(const struct service_manager *manager)
{
	char uid[16], line[AUTH_LINE_MAX] = "";
	_cleanup_(strbuf_done) struct strbuf request;
	size_t length = 0;
	int err = 0;

	strbuf_init(&request, AUTH_LINE_MAX);
	snprintf(uid, sizeof(uid), "%u", (unsigned)geteuid());
	strbuf_add(&request, "", 1); /* the NUL byte */
	strbuf_add_string(&request, "AUTH EXTERNAL ");
	for (const char *digit = uid; *digit; digit++)
		strbuf_printf(&request, "%02x", (unsigned char)*digit);
	strbuf_add_string(&request, "\r\nBEGIN\r\n");
	if (request.failed)
		return -ENOMEM;
	err = write_all(manager, request.data, request.length);
	while (!err && (!length || line[length - 1] != '\n')) {
		if (length == sizeof(line) - 1)
			return -EBADMSG;
		err = read_all(manager, line + length, 1);
		length += !err; /* counts the byte if it was read */
	}
	if (!err && strncmp(line, "OK ", 3) != 0)
		err = -EACCES;
	return err;
}

/* Reads one whole message into the buffer. Its body begins at offset *ret_body. */
static int read_message(
	const struct service_manager *manager, struct strbuf *message, size_t *ret_body)
{
	char header[HEADER_SIZE];
	uint32_t body_size, fields_size;
	size_t bytes_left;
	int err = read_all(manager, header, sizeof(header));

	if (err)
		return err;
	memcpy(&body_size, header + HEADER_BODY_SIZE_AT, sizeof(body_size));
	memcpy(&fields_size, header + HEADER_FIELDS_SIZE_AT, sizeof(fields_size));
	if (header[0] != ENDIANNESS || body_size > MESSAGE_MAX || fields_size > MESSAGE_MAX)
		return -EBADMSG;
	fields_size = (fields_size + 7) & ~7u; /* the body begins at a multiple of 8 */
	strbuf_clear(message);
	strbuf_add(message, header, sizeof(header));
	for (bytes_left = (size_t)fields_size + body_size; !err && bytes_left;) {
		char bytes[512];
		size_t chunk = bytes_left < sizeof(bytes) ? bytes_left : sizeof(bytes);
		err = read_all(manager, bytes, chunk);
		if (!err)
			err = strbuf_add(message, bytes, chunk);
		bytes_left -= chunk;
	}
	*ret_body = HEADER_SIZE + fields_size;
	return err;
}

/* Returns the string whose 4-byte length is at offset `at`; NULL if there is no valid string. */
static const char *read_string(const struct strbuf *message, size_t at)
{
	uint32_t length;

	if (at > message->length || message->length - at < sizeof(length))
		return NULL;
	memcpy(&length, message->data + at, sizeof(length));
	at += sizeof(length);
	if (length >= message->length - at || message->data[at + length])
		return NULL;
	return message->data + at;
}

/* Calls a method. The first reply belongs to this call; skips signals, which systemd also sends. */
static int call_method(struct service_manager *manager, const struct call *call,
	struct strbuf *reply, size_t *ret_body, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf request;
	const char *reason;
	int err;

	strbuf_init(&request, MESSAGE_MAX);
	add_method_call(&request, call, ++manager->serial);
	err = request.failed ? -ENOMEM : write_all(manager, request.data, request.length);
	do {
		if (!err)
			err = read_message(manager, reply, ret_body);
	} while (!err && reply->data[1] != METHOD_RETURN && reply->data[1] != METHOD_ERROR);
	if (err)
		return error_set(error, err == -ETIME ? OUTCOME_TIMEOUT : OUTCOME_FAILED, -err,
			"systemd: D-Bus method %s failed: %s", call->method, strerror(-err));
	if (reply->data[1] == METHOD_RETURN)
		return 0;
	reason = read_string(reply, *ret_body);
	return error_set(error, OUTCOME_FAILED, EIO, "systemd: D-Bus method %s failed: %s",
		call->method, reason ? reason : "systemd gave no reason");
}

int service_manager_open(const char *socket_path, const struct deadline *deadline,
	struct service_manager *ret_manager, struct error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct service_manager manager = {.deadline = *deadline};
	int err = 0;

	*ret_manager = (struct service_manager){.fd = -1};
	if (strlen(socket_path) >= sizeof(address.sun_path))
		return error_set(error, OUTCOME_FAILED, ENAMETOOLONG, "%s: %s", socket_path,
			strerror(ENAMETOOLONG));
	memcpy(address.sun_path, socket_path, strlen(socket_path));
	manager.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (manager.fd < 0 || connect(manager.fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err = -errno;
	if (!err)
		err = authenticate(&manager);
	if (!err) {
		*ret_manager = manager;
		return 0;
	}
	service_manager_close(&manager);
	return error_set(error, err == -ETIME ? OUTCOME_TIMEOUT : OUTCOME_FAILED, -err,
		"systemd: cannot connect to %s: %s", socket_path, strerror(-err));
}

void service_manager_close(struct service_manager *manager)
{
	if (manager->fd >= 0)
		close(manager->fd);
	manager->fd = -1;
}

static int call_method_without_result(
	struct service_manager *manager, const struct call *call, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf reply;
	size_t body;

	strbuf_init(&reply, MESSAGE_MAX);
	return call_method(manager, call, &reply, &body, error);
}

int service_manager_queue_job(
	struct service_manager *manager, const char *method, const char *unit, struct error *error)
{
	const struct call call = {MANAGER_PATH, MANAGER_INTERFACE, method, {unit, JOB_MODE}};

	return call_method_without_result(manager, &call, error);
}

int service_manager_reload(struct service_manager *manager, struct error *error)
{
	const struct call call = {MANAGER_PATH, MANAGER_INTERFACE, "Reload", {NULL}};

	return call_method_without_result(manager, &call, error);
}

/*
 * Appends the path of the unit's object: its name, with each byte that is not a letter or a digit
 * (or is a leading digit) as '_' and two hexadecimal digits.
 */
static int add_unit_path(struct strbuf *out, const char *unit)
{
	static const char digits[] = "0123456789";
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	strbuf_add_string(out, MANAGER_PATH "/unit/");
	for (const char *c = unit; *c; c++)
		if (strchr(letters, *c) || (c != unit && strchr(digits, *c)))
			strbuf_add(out, c, 1);
		else
			strbuf_printf(out, "_%02x", (unsigned char)*c);
	return out->failed ? -ENOMEM : 0;
}

/*
 * The reply is a variant: length 1, the character `type` and NUL, then the value, aligned to its
 * size. So a string ('s') is at offset 4 of the body, and a 64-bit number ('t') at offset 8.
 */
static int read_property(struct service_manager *manager, const char *unit, const char *property,
	char type, struct strbuf *reply, size_t *ret_body, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf path;
	struct call call = {NULL, PROPERTIES_INTERFACE, "Get", {UNIT_INTERFACE, property}};
	int err;

	strbuf_init(&path, MESSAGE_MAX);
	if (add_unit_path(&path, unit))
		return error_oom(error);
	call.path = path.data;
	err = call_method(manager, &call, reply, ret_body, error);
	if (err)
		return err;
	if (reply->length < *ret_body + 8 || reply->data[*ret_body] != 1 ||
		reply->data[*ret_body + 1] != type)
		return error_set(error, OUTCOME_FAILED, EBADMSG,
			"systemd: %s of %s has an unexpected type", property, unit);
	return 0;
}

int service_manager_read_state(struct service_manager *manager, const char *unit,
	enum unit_state *ret_state, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf reply;
	const char *state;
	size_t body;
	int err;

	strbuf_init(&reply, MESSAGE_MAX);
	err = read_property(manager, unit, "ActiveState", 's', &reply, &body, error);
	if (err)
		return err;
	state = read_string(&reply, body + 4); /* see read_property() */
	if (!state)
		return error_set(error, OUTCOME_FAILED, EBADMSG,
			"systemd: the response does not contain the state of %s", unit);
	*ret_state = UNIT_CHANGING; /* any state that is not named below */
	if (strcmp(state, "active") == 0)
		*ret_state = UNIT_ACTIVE;
	else if (strcmp(state, "inactive") == 0 || strcmp(state, "failed") == 0)
		*ret_state = UNIT_DOWN;
	return 0;
}

int service_manager_read_time(struct service_manager *manager, const char *unit,
	const char *property, uint64_t *ret_time, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf reply;
	size_t body;
	int err;

	strbuf_init(&reply, MESSAGE_MAX);
	err = read_property(manager, unit, property, 't', &reply, &body, error);
	if (err)
		return err;
	if (reply.length != body + 8 + sizeof(*ret_time))
		return error_set(error, OUTCOME_FAILED, EBADMSG,
			"systemd: %s of %s has an unexpected size", property, unit);
	memcpy(ret_time, reply.data + body + 8, sizeof(*ret_time));
	return 0;
}
