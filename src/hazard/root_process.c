/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parse.h"
#include "hazard/root_files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STARTTIME_FIELD 22 /* of /proc/PID/stat, see proc(5) */

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* Returns 1, 0 or -ENOMEM; 0 also if the process has ended meanwhile. */
static int has_comm(const char *root, const char *pid, const char *comm)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	err = root_read(root, path, &text, NULL);
	if (err || !text.length)
		return err == -ENOMEM ? err : 0;
	return strncmp(strbuf_text(&text), comm, text.length - 1) == 0 &&
	       strlen(comm) == text.length - 1;
}

static bool read_namespace(const char *root, const char *pid, char ret_text[64])
{
	char path[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "%s/proc/%.20s/ns/net", root, pid);
	length = readlink(path, ret_text, 63);
	if (length < 0)
		return false;
	ret_text[length] = '\0';
	return true;
}

/* A process of a container configures another network. If that cannot be read, it may be ours. */
static bool is_in_other_namespace(const char *root, const char *pid)
{
	char ours[64], theirs[64];

	return read_namespace(root, "self", ours) && read_namespace(root, pid, theirs) &&
	       strcmp(ours, theirs) != 0;
}

int root_is_process(const char *root, const char *pid, const char *comm)
{
	int is_match = is_number(pid) ? has_comm(root, pid, comm) : 0;

	return is_match > 0 ? !is_in_other_namespace(root, pid) : is_match;
}

static int find_pid(const char *root, const char *comm, char ret_pid[21])
{
	_cleanup_(root_names_done) struct root_names names = {0};
	int err = root_list(root, "/proc", "", &names);

	for (size_t i = 0; !err && i < names.count; i++) {
		int is_match = root_is_process(root, names.items[i], comm);

		if (is_match < 0)
			err = is_match;
		if (is_match <= 0)
			continue;
		snprintf(ret_pid, 21, "%s", names.items[i]);
		return 0;
	}
	return err ? err : -ESRCH;
}

/* In clock ticks since the system's start. The name, in parentheses, may contain blanks. */
static int read_start_time(const char *root, const char *pid, uint64_t *ret_ticks)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char path[64], *at, *rest;
	int err;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	err = root_read(root, path, &text, NULL);
	if (err)
		return err == -ENOENT ? -ESRCH : err;
	at = text.data ? strrchr(text.data, ')') : NULL;
	if (!at)
		return -EBADMSG;
	at = strtok_r(at + 1, " ", &rest);
	for (unsigned field = 3; at && field < STARTTIME_FIELD; field++)
		at = strtok_r(NULL, " ", &rest);
	return at && !parse_u64(at, 0, UINT64_MAX, ret_ticks) ? 0 : -EBADMSG;
}

static int read_uptime(const char *root, double *ret_seconds)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	uint64_t msec;
	int err = root_read(root, "/proc/uptime", &text, NULL);

	if (err)
		return err;
	if (!text.data)
		return -EBADMSG;
	text.data[strcspn(text.data, " \n")] = '\0';
	if (parse_seconds(text.data, &msec))
		return -EBADMSG;
	*ret_seconds = (double)msec / 1000;
	return 0;
}

int root_find_process(const char *root, const char *comm, double now, double *ret_started)
{
	uint64_t ticks;
	double uptime;
	char pid[21];
	int err = find_pid(root, comm, pid);

	if (!err)
		err = read_start_time(root, pid, &ticks);
	if (!err)
		err = read_uptime(root, &uptime);
	if (!err)
		*ret_started = now - uptime + (double)ticks / (double)sysconf(_SC_CLK_TCK);
	return err;
}

int root_has_process(const char *root, const char *comm)
{
	char pid[21];
	int err = find_pid(root, comm, pid);

	return err == -ENOMEM ? err : !err;
}

static int read_command(const char *root, const char *pid, struct strbuf *ret_command)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
	err = root_read(root, path, &text, NULL);
	if (err)
		return err;
	for (size_t i = 0; i < text.length; i++)
		if (!text.data[i] || text.data[i] == '\n')
			text.data[i] = ' ';
	return strbuf_printf(ret_command, "%s ", strbuf_text(&text));
}

static bool has_argument(const char *command, const char *argument)
{
	size_t length = strlen(argument);

	for (const char *at = command; (at = strstr(at, argument)); at++)
		if ((at == command || at[-1] == ' ') && at[length] == ' ')
			return true;
	return false;
}

int root_find_command(const char *root, const char *comm, const char *argument, char ret_pid[21],
	struct strbuf *ret_command)
{
	_cleanup_(root_names_done) struct root_names names = {0};
	int err = root_list(root, "/proc", "", &names);

	for (size_t i = 0; !err && i < names.count; i++) {
		int is_match = root_is_process(root, names.items[i], comm);

		strbuf_clear(ret_command);
		if (is_match > 0)
			err = read_command(root, names.items[i], ret_command);
		else
			err = is_match;
		if (err == -ENOMEM)
			return err;
		if (!err && is_match && has_argument(strbuf_text(ret_command), argument)) {
			snprintf(ret_pid, 21, "%s", names.items[i]);
			return 1;
		}
		err = 0; /* the process has ended meanwhile */
	}
	return err;
}
