/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/eni_link.h"

#include "base/log.h"
#include "core/record.h"
#include "eni/link_record.h"
#include "kernel/snapshot.h"
#include "model/carry.h"

#include <errno.h>
#include <string.h>

/* What a search reads. */
struct search {
	const struct deed *deed;
	const struct eni_name *name;
	struct netstate observed;
	struct cloud cloud;
	bool has_cloud; /* it is open */
};

static int read_host(const struct deed *deed, struct netstate *ret_observed, struct error *error)
{
	_cleanup_(rtnl_socket_close) struct rtnl_socket rtnl = {0};
	int err = rtnl_socket_open(&rtnl, error);

	return err ? err : snapshot_take(&rtnl, NULL, 0, &deed->deadline, ret_observed, error);
}

/* The link that the record is about, unless it is the primary ENI; NULL: none. */
static const struct net_link *find_attached(const struct search *search, const char *interface)
{
	const struct net_link *link = netstate_link_by_name(&search->observed, interface);
	_cleanup_(memory_done) struct memory memory;

	memory_init(&memory, interface);
	if (!link || memory_load(search->deed->run_directory, interface, &memory, NULL) ||
		!memory_is_about(&memory, link) || memory.device_number == 0)
		return NULL;
	return link;
}

static bool has_id(struct search *search, const struct net_link *link)
{
	struct error error = {0};
	char eni[EC2_ID_SIZE];
	int err = 0;

	if (!search->has_cloud) {
		err = cloud_open(search->deed, &search->cloud, &error);
		search->has_cloud = !err;
	}
	if (!err)
		err = cloud_eni(&search->cloud, &link->mac, eni, &error);
	if (err)
		log_line(LOG_DEBUG, link->name, "cannot find out its ENI: %s", error.text);
	return !err && strcmp(eni, search->name->id) == 0;
}

static bool is_it(struct search *search, const struct net_link *link)
{
	if (search->name->id)
		return has_id(search, link);
	return netstate_address_on(&search->observed, link->index, &search->name->address);
}

static int find_in_records(struct search *search, char ret_interface[IFNAMSIZ], struct error *error)
{
	_cleanup_(memory_names_free) char **names = NULL;
	int err = memory_list(search->deed->run_directory, &names, error);

	if (err || !*names)
		return err;
	err = read_host(search->deed, &search->observed, error);
	for (char **name = names; !err && *name; name++) {
		const struct net_link *link = find_attached(search, *name);
		if (!link || !is_it(search, link))
			continue;
		memcpy(ret_interface, link->name, IFNAMSIZ);
		break;
	}
	return err;
}

int eni_link_find(const struct deed *deed, const struct eni_name *name,
	char ret_interface[IFNAMSIZ], struct error *error)
{
	struct search search = {.deed = deed, .name = name};
	int err = eni_trace_follow(deed, name->text, ret_interface, error);

	if (err || *ret_interface)
		return err;
	err = find_in_records(&search, ret_interface, error);
	netstate_done(&search.observed);
	if (search.has_cloud)
		cloud_close(&search.cloud);
	return err;
}

static bool is_primary(const struct deed *deed, const struct net_link *link)
{
	_cleanup_(cloud_close) struct cloud cloud = {0};
	struct error error = {0};
	struct mac primary;
	int err = cloud_open(deed, &cloud, &error);

	if (!err)
		err = cloud_primary_mac(&cloud, &primary, &error);
	return !err && memcmp(&primary, &link->mac, sizeof(primary)) == 0;
}

int eni_link_check(const struct deed *deed, const struct eni_name *name, struct error *error)
{
	_cleanup_(netstate_done) struct netstate observed = {0};
	const struct net_link *link;
	int err = 0;

	if (name->id)
		return 0;
	err = read_host(deed, &observed, error);
	if (err)
		return err;
	link = carry_find(&observed, &name->address);
	if (!link || (!link->loopback && !is_primary(deed, link)))
		return 0;
	return error_set(error, OUTCOME_USAGE, EINVAL,
		"%s is an address of %s, which is not a service ENI: give the address of another "
		"ENI",
		name->text, link->name);
}
