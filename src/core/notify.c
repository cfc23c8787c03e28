/* SPDX-License-Identifier: Apache-2.0 */
#include "core/notify.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

void notify_ready(void)
{
	static const char message[] = "READY=1";
	const char *path = secure_getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_(cleanup_close) int fd = -1;
	size_t path_length = path ? strlen(path) : 0;
	socklen_t address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_length);

	if (!path_length || path_length >= sizeof(address.sun_path) ||
		(path[0] != '/' && path[0] != '@'))
		return;
	memcpy(address.sun_path, path, path_length);
	if (path[0] == '@') /* an abstract socket */
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, message, sizeof(message) - 1, MSG_NOSIGNAL,
			      (struct sockaddr *)&address, address_size) < 0)
		log_line(LOG_WARNING, NULL, "cannot notify systemd that the unit is ready: %s",
			strerror(errno));
}
