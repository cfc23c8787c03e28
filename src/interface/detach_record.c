/* SPDX-License-Identifier: Apache-2.0 */
#include "interface/detach_record.h"

#include "kernel/snapshot.h"
#include "model/match.h"

#include <errno.h>
#include <string.h>

/* Whether the record of any other interface lists a routing table. */
enum claim {
	CLAIM_NONE,
	CLAIM_UNKNOWN, /* no readable record does, but a record cannot be read */
	CLAIM_OTHER,
};

static int find_claim(const struct operation *operation, const char *interface, uint32_t table,
	enum claim *ret_claim, struct error *error)
{
	_cleanup_(record_names_free) char **names = NULL;
	enum claim claim = CLAIM_NONE;
	int err = record_list(operation->run_directory, &names, error);

	for (char **name = names; !err && claim != CLAIM_OTHER && *name; name++) {
		_cleanup_(record_done) struct record other = {0};

		if (strcmp(*name, interface) == 0)
			continue;
		if (record_load(operation->run_directory, *name, &other, NULL))
			claim = CLAIM_UNKNOWN;
		else if (record_has_table(&other, table))
			claim = CLAIM_OTHER;
	}
	*ret_claim = claim;
	return err;
}

static int add_table(struct record *record, uint32_t table, struct error *error)
{
	if (record_add_table(record, table))
		return error_oom(error);
	return 0;
}

/* Adds the tables of policy entries for this name, unless another interface may have them. */
static int add_policy_tables(
	const struct operation *operation, struct record *record, struct error *error)
{
	struct net_link link = {0};
	int err = 0;

	memcpy(link.name, record->interface, sizeof(link.name));
	for (size_t i = 0; !err && operation->policy && i < operation->policy->n_interfaces; i++) {
		const struct policy_interface *entry = &operation->policy->interfaces[i];
		enum claim claim;

		if (match_interface(&entry->match, &link, "", NULL) != MATCH_YES)
			continue;
		err = find_claim(operation, record->interface, entry->table, &claim, error);
		if (!err && claim == CLAIM_NONE)
			err = add_table(record, entry->table, error);
	}
	return err;
}

/* Adds the tables that rules of protocol 77 look up. */
static int add_tables_of_rules(
	const struct netstate *observed, struct record *ret_tables, struct error *error)
{
	int err = 0;

	for (size_t i = 0; !err && i < observed->n_rules; i++)
		if (observed->rules[i].protocol == NET_PROTOCOL_MYHA)
			err = add_table(ret_tables, observed->rules[i].table, error);
	return err;
}

/* Whether the table has a route of protocol 77 through the link; 0: through any link. */
static bool has_route_to(const struct netstate *observed, uint32_t table, unsigned link)
{
	for (size_t i = 0; i < observed->n_routes; i++)
		if (observed->routes[i].table == table &&
			observed->routes[i].protocol == NET_PROTOCOL_MYHA &&
			observed->routes[i].link && (!link || observed->routes[i].link == link))
			return true;
	return false;
}

/*
 * A table belongs to the link that its routes lead to, unless another interface's record lists it.
 * A table whose routes lead to no link remains from a device that is gone: it belongs to the
 * interface unless another interface's record may list it.
 */
static int check_table_owner(const struct operation *operation, const struct record *record,
	const struct netstate *observed, uint32_t table, bool *ret_own, struct error *error)
{
	const struct net_link *link = netstate_link_by_name(observed, record->interface);
	bool own = link && has_route_to(observed, table, link->index);
	enum claim claim = CLAIM_OTHER;
	int err = 0;

	if (own || !has_route_to(observed, table, 0))
		err = find_claim(operation, record->interface, table, &claim, error);
	*ret_own = claim == CLAIM_NONE || (own && claim == CLAIM_UNKNOWN);
	return err;
}

static int add_kernel_tables(struct rtnl_socket *rtnl, const struct operation *operation,
	struct record *record, struct error *error)
{
	_cleanup_(netstate_done) struct netstate rules = {0}, observed = {0};
	_cleanup_(record_done) struct record found = {0};
	int err = snapshot_take(rtnl, NULL, 0, &operation->deadline, &rules, error);

	if (!err)
		err = add_tables_of_rules(&rules, &found, error);
	if (!err)
		err = snapshot_take(
			rtnl, found.tables, found.n_tables, &operation->deadline, &observed, error);
	for (size_t i = 0; !err && i < found.n_tables; i++) {
		bool own = false;

		err = check_table_owner(operation, record, &observed, found.tables[i], &own, error);
		if (!err && own)
			err = add_table(record, found.tables[i], error);
	}
	return err;
}

int detach_record_find(struct rtnl_socket *rtnl, const struct operation *operation,
	const char *interface, struct record *record, struct error *ret_unreadable,
	struct error *error)
{
	int err = record_load(operation->run_directory, interface, record, error);

	*ret_unreadable = (struct error){0};
	if (!err || err == -ENOMEM || error->outcome == OUTCOME_USAGE)
		return err;
	if (err != -ENOENT)
		*ret_unreadable = *error;
	*error = (struct error){0};
	err = add_policy_tables(operation, record, error);
	if (!err && ret_unreadable->outcome != OUTCOME_DONE)
		err = add_kernel_tables(rtnl, operation, record, error);
	return err;
}
