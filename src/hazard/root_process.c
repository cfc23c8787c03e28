/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parse.h"
#include "hazard/config_text.h"
#include "hazard/root_files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STARTTIME_FIELD 22 /* of /proc/PID/stat, see proc(5) */
/* Seconds: the clock and the uptime are read one after the other, and both advance in steps. */
#define START_TOLERANCE 2

static bool is_pid(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

static int read_proc(const char *root, const char *pid, const char *name, struct strbuf *ret_text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, name);
	return root_read(root, path, ret_text, NULL);
}

/* Returns 1 if the process has this comm; 0 if not, or if it has ended meanwhile; or -ENOMEM. */
static int has_comm(const char *root, const char *pid, const char *comm)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	int err = read_proc(root, pid, "comm", &text);

	if (err || !text.length)
		return err == -ENOMEM ? err : 0;
	text.data[text.length - 1] = '\0'; /* a newline ends the file */
	return strcmp(text.data, comm) == 0;
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

/* Returns true if another network namespace than myha's is known to have the process. */
static bool has_other_network(const char *root, const char *pid)
{
	char myha_net[64], process_net[64];

	return read_namespace(root, "self", myha_net) && read_namespace(root, pid, process_net) &&
	       strcmp(myha_net, process_net) != 0;
}

int root_is_process(const char *root, const char *pid, const char *comm)
{
	int match = is_pid(pid) ? has_comm(root, pid, comm) : 0; /* 1, 0 or -ENOMEM */

	return match > 0 ? !has_other_network(root, pid) : match;
}

/* Returns 1, 0 or -ENOMEM. ret_command gets the command line, with a blank after each argument. */
static int has_argument(
	const char *root, const char *pid, const char *argument, struct strbuf *ret_command)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	int err = read_proc(root, pid, "cmdline", &text);

	for (size_t i = 0; i < text.length; i++)
		if (!text.data[i] || text.data[i] == '\n')
			text.data[i] = ' ';
	strbuf_clear(ret_command);
	if (!err)
		err = strbuf_printf(ret_command, "%s ", strbuf_text(&text));
	if (err)
		return err == -ENOMEM ? err : 0;
	return config_has_word(strbuf_text(ret_command), argument);
}

/* Returns 1 for the first process that matches; 0: none; -ENOMEM. argument NULL: any arguments. */
int root_find_process(const char *root, const char *comm, const char *argument,
	char ret_pid[ROOT_PID_SIZE], struct strbuf *ret_command)
{
	_cleanup_(root_names_done) struct root_names names = {0};
	int err = root_list(root, "/proc", "", &names);

	for (size_t i = 0; !err && i < names.count; i++) {
		int match = root_is_process(root, names.items[i], comm);

		if (match > 0 && argument)
			match = has_argument(root, names.items[i], argument, ret_command);
		if (match > 0)
			snprintf(ret_pid, ROOT_PID_SIZE, "%s", names.items[i]);
		if (match)
			return match;
	}
	return err;
}

int root_has_process(const char *root, const char *comm)
{
	char pid[ROOT_PID_SIZE];

	return root_find_process(root, comm, NULL, pid, NULL);
}

/*
 * Reads when the process started, in clock ticks from the system's start. Field 2 is the program's
 * name in parentheses, which may contain blanks, so search for field 3 behind the last ')'.
 */
static int read_start_time(const char *root, const char *pid, uint64_t *ret_ticks)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	int err = read_proc(root, pid, "stat", &text);
	char *at, *rest;

	if (err)
		return err == -ENOENT ? -ESRCH : err; /* the process has ended meanwhile */
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

/* Returns 1 if the process may not have read the file; 0 if it has; or -errno. */
int root_is_newer_than_process(const char *root, const char *comm, uint64_t now, double changed)
{
	uint64_t ticks;
	double uptime, started;
	char pid[ROOT_PID_SIZE];
	int found = root_find_process(root, comm, NULL, pid, NULL), err;

	if (found <= 0)
		return found ? found : -ESRCH;
	err = read_start_time(root, pid, &ticks);
	if (!err)
		err = read_uptime(root, &uptime);
	if (err)
		return err;
	started = (double)now - uptime + (double)ticks / (double)sysconf(_SC_CLK_TCK);
	return changed > started + START_TOLERANCE;
}
