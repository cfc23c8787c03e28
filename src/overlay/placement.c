/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/placement.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The count of releases is the size of the file. */
static int read_release_count(const struct placement *placement, uint64_t *ret_count)
{
	struct stat status;

	if (fstat(placement->lock.fd, &status) < 0)
		return -errno;
	*ret_count = (uint64_t)status.st_size;
	return 0;
}

static int set_error(
	const struct placement *placement, const char *action, int err, struct error *error)
{
	return error_set(error, OUTCOME_FAILED, -err, "cannot %s %s/%s.lock: %s", action,
		placement->directory, placement->name, strerror(-err));
}

int placement_open(const char *directory, const struct ip_address *address,
	struct placement *ret_placement, struct error *error)
{
	struct placement placement = {.lock = {.fd = -1}, .directory = directory};
	char text[IP_ADDRESS_TEXT_SIZE];
	int err;

	snprintf(placement.name, sizeof(placement.name), "address-%s-placement",
		ip_address_format(address, text));
	err = lock_open(directory, placement.name, &placement.lock, error);
	if (err)
		return err;
	err = read_release_count(&placement, &placement.releases);
	if (err) {
		set_error(&placement, "read", err, error);
		placement_close(&placement);
		return err;
	}
	*ret_placement = placement;
	return 0;
}

void placement_close(struct placement *placement)
{
	lock_release(&placement->lock);
}

int placement_begin(
	struct placement *placement, const struct deadline *deadline, struct error *error)
{
	if (placement->lock.fd < 0) /* the file is not open */
		return 0;
	return lock_wait(&placement->lock, placement->directory, placement->name, deadline, error);
}

void placement_end(struct placement *placement)
{
	lock_unlock(&placement->lock);
}

/* Two releases at once may count as one: a move only checks whether the count has changed. */
int placement_count_release(struct placement *placement, struct error *error)
{
	uint64_t count;
	int err = read_release_count(placement, &count);

	if (!err && ftruncate(placement->lock.fd, (off_t)(count + 1)) < 0)
		err = -errno;
	return err ? set_error(placement, "write", err, error) : 0;
}

/* A count that cannot be read may have changed. */
bool placement_is_released(const struct placement *placement)
{
	uint64_t count;

	if (placement->lock.fd < 0)
		return false;
	return read_release_count(placement, &count) < 0 || count != placement->releases;
}
