/* SPDX-License-Identifier: Apache-2.0 */
#include "interface/detach_record.h"

#include "kernel/snapshot.h"
#include "model/match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Whose a routing table is by the records of all other interfaces. */
enum claim {
	CLAIM_NONE,
	CLAIM_UNKNOWN, /* one of the records cannot be read */
	CLAIM_OTHER,
};

static int find_claim(const struct deed *deed, const char *interface, uint32_t table,
	enum claim *ret_claim, struct error *error)
{
	_cleanup_(memory_names_free) char **names = NULL;
	enum claim claim = CLAIM_NONE;
	int err = memory_list(deed->run_directory, &names, error);

	for (char **name = names; !err && claim != CLAIM_OTHER && *name; name++) {
		_cleanup_(memory_done) struct memory other;

		memory_init(&other, *name);
		if (strcmp(*name, interface) == 0)
			continue;
		if (memory_load(deed->run_directory, *name, &other, NULL))
			claim = CLAIM_UNKNOWN;
		else if (memory_has_table(&other, table))
			claim = CLAIM_OTHER;
	}
	*ret_claim = claim;
	return err;
}

static int add_table(struct memory *memory, uint32_t table, struct error *error)
{
	if (memory_add_table(memory, table))
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	return 0;
}

/* The tables of the policy's entries for this name, unless another interface has them now. */
static int tables_from_policy(const struct deed *deed, struct memory *memory, struct error *error)
{
	struct net_link link = {0};
	int err = 0;

	memcpy(link.name, memory->interface, sizeof(link.name));
	for (size_t i = 0; !err && deed->policy && i < deed->policy->n_interfaces; i++) {
		const struct policy_interface *entry = &deed->policy->interfaces[i];
		enum claim claim;

		if (match_interface(&entry->match, &link, "", NULL) != MATCH_YES)
			continue;
		err = find_claim(deed, memory->interface, entry->table, &claim, error);
		if (!err && claim == CLAIM_NONE)
			err = add_table(memory, entry->table, error);
	}
	return err;
}

/* The tables that rules of protocol 77 look up. */
static int tables_of_rules(
	const struct netstate *observed, struct memory *ret_tables, struct error *error)
{
	int err = 0;

	for (size_t i = 0; !err && i < observed->n_rules; i++)
		if (observed->rules[i].protocol == NET_PROTOCOL_MYHA)
			err = add_table(ret_tables, observed->rules[i].table, error);
	return err;
}

/* Whether the table's routes of protocol 77 leave by the link; 0 is no link. */
static bool leads_to(const struct netstate *observed, uint32_t table, unsigned link)
{
	for (size_t i = 0; i < observed->n_routes; i++)
		if (observed->routes[i].table == table &&
			observed->routes[i].protocol == NET_PROTOCOL_MYHA &&
			observed->routes[i].link && (!link || observed->routes[i].link == link))
			return true;
	return false;
}

/*
 * A table belongs to the link that its routes leave by. A table without such a route was left behind by
 * a device that has gone: it is taken unless another interface's record may list it.
 */
static int is_table_of(const struct deed *deed, const struct memory *memory,
	const struct netstate *observed, uint32_t table, bool *ret_own, struct error *error)
{
	const struct net_link *link = netstate_link_by_name(observed, memory->interface);
	bool own = link && leads_to(observed, table, link->index);
	enum claim claim = CLAIM_OTHER;
	int err = 0;

	if (own || !leads_to(observed, table, 0))
		err = find_claim(deed, memory->interface, table, &claim, error);
	*ret_own = claim == CLAIM_NONE || (own && claim == CLAIM_UNKNOWN);
	return err;
}

static int tables_from_kernel(struct rtnl_socket *rtnl, const struct deed *deed,
	struct memory *memory, struct error *error)
{
	_cleanup_(netstate_done) struct netstate rules = {0}, observed = {0};
	_cleanup_(memory_done) struct memory found;
	int err;

	memory_init(&found, memory->interface);
	err = snapshot_take(rtnl, NULL, 0, &deed->deadline, &rules, error);
	if (!err)
		err = tables_of_rules(&rules, &found, error);
	if (!err)
		err = snapshot_take(
			rtnl, found.tables, found.n_tables, &deed->deadline, &observed, error);
	for (size_t i = 0; !err && i < found.n_tables; i++) {
		bool own = false;

		err = is_table_of(deed, memory, &observed, found.tables[i], &own, error);
		if (!err && own)
			err = add_table(memory, found.tables[i], error);
	}
	return err;
}

int detach_record_find(struct rtnl_socket *rtnl, const struct deed *deed, struct memory *memory,
	struct error *ret_unreadable, struct error *error)
{
	int err = memory_load(deed->run_directory, memory->interface, memory, error);

	*ret_unreadable = (struct error){0};
	if (!err || err == -ENOMEM || error->outcome == OUTCOME_USAGE)
		return err;
	if (err != -ENOENT)
		*ret_unreadable = *error;
	*error = (struct error){0};
	err = tables_from_policy(deed, memory, error);
	if (!err && ret_unreadable->outcome != OUTCOME_DONE)
		err = tables_from_kernel(rtnl, deed, memory, error);
	return err;
}
