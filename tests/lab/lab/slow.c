/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into a program, slows it down where others can tell: it holds its breath after each message
 * on a bus, its replies among them, and before each one to the kernel's network.
 */
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
#include <time.h>

#define DELAY_NS 100000000L

static void hold(void)
{
	const struct timespec delay = {0, DELAY_NS};
	int err = errno;

	nanosleep(&delay, NULL);
	errno = err;
}

static int read_option(int fd, int option)
{
	int value = -1;
	socklen_t length = sizeof(value);
	int err = errno;

	if (getsockopt(fd, SOL_SOCKET, option, &value, &length) < 0)
		value = -1;
	errno = err;
	return value;
}

static void hold_before(int fd)
{
	if (read_option(fd, SO_DOMAIN) == AF_NETLINK)
		hold();
}

static void hold_after(int fd)
{
	if (read_option(fd, SO_DOMAIN) == AF_UNIX && read_option(fd, SO_TYPE) == SOCK_STREAM)
		hold();
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	static ssize_t (*next)(int fd, const struct msghdr *message, int flags);
	ssize_t length;

	if (!next)
		next = (ssize_t(*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg");
	hold_before(fd);
	length = next(fd, message, flags);
	hold_after(fd);
	return length;
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *address,
	socklen_t length)
{
	static ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);

	if (!next)
		next = (ssize_t(*)(int, const void *, size_t, int, const struct sockaddr *,
			socklen_t))dlsym(RTLD_NEXT, "sendto");
	hold_before(fd);
	return next(fd, data, size, flags, address, length);
}
