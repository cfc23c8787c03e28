/* SPDX-License-Identifier: Apache-2.0 */
#include "app/eni_trace.h"

#include "base/file.h"
#include "kernel/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 256

/* Names are ids and addresses: no slash comes in. */
static void path_of(const struct deed *deed, const char *name, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/resource-%.64s.mac", deed->run_directory, name);
}

static int fail(const char *what, const char *path, int err, struct error *error)
{
	return error_set(
		error, OUTCOME_FAILED, -err, "cannot %s %s: %s", what, path, strerror(-err));
}

int eni_trace_leave(
	const struct deed *deed, const char *name, const struct mac *mac, struct error *error)
{
	char path[PATH_SIZE], text[MAC_TEXT_SIZE];
	int err;

	path_of(deed, name, path);
	mac_format(mac, text);
	err = file_replace(path, text, strlen(text), 0644);
	return err ? fail("write", path, err, error) : 0;
}

static int find_link(const struct deed *deed, const struct mac *mac, char ret_interface[IFNAMSIZ],
	struct error *error)
{
	_cleanup_(rtnl_socket_close) struct rtnl_socket rtnl = {0};
	_cleanup_(netstate_done) struct netstate observed = {0};
	int err = rtnl_socket_open(&rtnl, error);

	if (!err)
		err = snapshot_take(&rtnl, NULL, 0, &deed->deadline, &observed, error);
	for (size_t i = 0; !err && i < observed.n_links; i++)
		if (memcmp(&observed.links[i].mac, mac, sizeof(*mac)) == 0)
			memcpy(ret_interface, observed.links[i].name, IFNAMSIZ);
	return err;
}

int eni_trace_follow(const struct deed *deed, const char *name, char ret_interface[IFNAMSIZ],
	struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char path[PATH_SIZE];
	struct mac mac;
	int err;

	ret_interface[0] = '\0';
	path_of(deed, name, path);
	err = file_read(path, MAC_TEXT_SIZE, &text, NULL);
	if (err == -ENOENT)
		return 0;
	if (!err && parse_mac(strbuf_text(&text), &mac))
		err = -EBADMSG;
	return err ? fail("read", path, err, error) : find_link(deed, &mac, ret_interface, error);
}

int eni_trace_wipe(const struct deed *deed, const char *name, struct error *error)
{
	char path[PATH_SIZE];

	path_of(deed, name, path);
	if (unlink(path) < 0 && errno != ENOENT)
		return fail("remove", path, -errno, error);
	return 0;
}
