/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/eni_link.h"

#include "base/log.h"
#include "core/record.h"
#include "eni/link_record.h"
#include "kernel/snapshot.h"
#include "model/address_place.h"

#include <errno.h>
#include <string.h>

/* The state of a search. */
struct search {
	const struct operation *operation;
	const struct eni_name *name;
	struct netstate observed;
	struct cloud cloud;
	bool has_cloud; /* `cloud` is open */
};

/* Returns the link of the interface's record. NULL: the link is gone, or is the primary ENI. */
static const struct net_link *find_recorded_link(const struct search *search, const char *interface)
{
	const struct net_link *link = netstate_link_by_name(&search->observed, interface);
	_cleanup_(record_done) struct record record = {0};

	if (!link || record_load(search->operation->run_directory, interface, &record, NULL) ||
		!record_matches_link(&record, link) ||
		record.device_number == 0 /* the primary ENI */)
		return NULL;
	return link;
}

/* Queries the metadata service for the link's ENI. False also if the service does not respond. */
static bool has_searched_id(struct search *search, const struct net_link *link)
{
	struct error error = {0};
	char eni[EC2_ID_SIZE];
	int err = 0;

	if (!search->has_cloud) {
		err = cloud_open(search->operation, &search->cloud, &error);
		search->has_cloud = !err;
	}
	if (!err)
		err = cloud_get_eni(&search->cloud, &link->mac, eni, &error);
	if (err)
		log_line(LOG_DEBUG, link->name, "cannot find out the ENI of this interface: %s",
			error.text);
	return !err && strcmp(eni, search->name->id) == 0;
}

static bool is_searched_link(struct search *search, const struct net_link *link)
{
	if (search->name->id)
		return has_searched_id(search, link);
	return netstate_find_address_on_link(
		&search->observed, link->index, &search->name->address);
}

static int find_in_records(struct search *search, char ret_interface[IFNAMSIZ], struct error *error)
{
	_cleanup_(record_names_free) char **names = NULL;
	int err = record_list_interfaces(search->operation->run_directory, &names, error);

	if (err || !*names)
		return err;
	err = snapshot_read(
		NULL, 0 /* no routes */, &search->operation->deadline, &search->observed, error);
	for (char **name = names; !err && *name; name++) {
		const struct net_link *link = find_recorded_link(search, *name);
		if (!link || !is_searched_link(search, link))
			continue;
		memcpy(ret_interface, link->name, IFNAMSIZ);
		break;
	}
	return err;
}

int eni_link_find(const struct operation *operation, const struct eni_name *name,
	char ret_interface[IFNAMSIZ], struct error *error)
{
	struct search search = {.operation = operation, .name = name};
	int err = link_record_find(operation, name->text, ret_interface, error);

	if (err || *ret_interface)
		return err;
	err = find_in_records(&search, ret_interface, error);
	netstate_done(&search.observed);
	if (search.has_cloud)
		cloud_close(&search.cloud);
	return err;
}

/* False also if the metadata service does not respond. */
static bool is_primary_eni(const struct operation *operation, const struct net_link *link)
{
	_cleanup_(cloud_close) struct cloud cloud = {0};
	struct error error = {0};
	struct mac primary;
	int err = cloud_open(operation, &cloud, &error);

	if (!err)
		err = cloud_get_primary_mac(&cloud, &primary, &error);
	return !err && memcmp(&primary, &link->mac, sizeof(primary)) == 0;
}

int eni_link_check(
	const struct operation *operation, const struct eni_name *name, struct error *error)
{
	_cleanup_(netstate_done) struct netstate observed = {0};
	const struct net_link *link;
	int err = 0;

	if (name->id) /* the move itself refuses the primary ENI */
		return 0;
	err = snapshot_read(NULL, 0 /* no routes */, &operation->deadline, &observed, error);
	if (err)
		return err;
	link = address_place_find(&observed, &name->address);
	if (!link || (!link->loopback && !is_primary_eni(operation, link)))
		return 0;
	return error_set(error, OUTCOME_USAGE, EINVAL,
		"%s is an address of %s, which is not a service ENI: give the address of another ENI",
		name->text, link->name);
}
