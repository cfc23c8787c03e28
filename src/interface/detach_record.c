/* SPDX-License-Identifier: Apache-2.0 */
#include "interface/detach_record.h"

#include "kernel/snapshot.h"
#include "model/match.h"

#include <errno.h>
#include <string.h>

#define ANY_LINK 0

/* Whether another interface's record lists a routing table. */
enum claim {
	CLAIM_NO,
	CLAIM_MAYBE, /* no readable record does, but a record cannot be read */
	CLAIM_YES,
};

/* Checks whether an interface other than `interface` claims the table. */
static int find_other_claim(const struct operation *operation, const char *interface,
	uint32_t table, enum claim *ret_claim, struct error *error)
{
	_cleanup_(record_names_free) char **interfaces = NULL;
	enum claim claim = CLAIM_NO;
	int err = record_list_interfaces(operation->run_directory, &interfaces, error);

	for (char **name = interfaces; !err && claim != CLAIM_YES && *name; name++) {
		_cleanup_(record_done) struct record other_record = {0};
		if (strcmp(*name, interface) == 0)
			continue;
		if (record_load(operation->run_directory, *name, &other_record, NULL))
			claim = CLAIM_MAYBE;
		else if (record_has_table(&other_record, table))
			claim = CLAIM_YES;
	}
	*ret_claim = claim;
	return err;
}

static int add_table(struct record *record, uint32_t table, struct error *error)
{
	return record_add_table(record, table) ? error_oom(error) : 0;
}

/*
 * Adds the tables of the policy entries that match the name alone, without a driver ("") and facts
 * (NULL). Omits tables that another interface's record lists or may list.
 */
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
		err = find_other_claim(operation, record->interface, entry->table, &claim, error);
		if (!err && claim == CLAIM_NO)
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

/* Whether a route of protocol 77 in the table leads to the link, or to any link (ANY_LINK). */
static bool has_myha_route(const struct netstate *observed, uint32_t table, unsigned link)
{
	for (size_t i = 0; i < observed->n_routes; i++)
		if (observed->routes[i].table == table &&
			observed->routes[i].protocol == NET_PROTOCOL_MYHA &&
			observed->routes[i].link &&
			(link == ANY_LINK || observed->routes[i].link == link))
			return true;
	return false;
}

/*
 * A table belongs to the link that its routes lead to, unless another interface's record lists it.
 * A table whose routes lead to no link remains from a device that is gone: it belongs to the
 * interface unless another interface's record may list it.
 */
static int check_table_owner(const struct operation *operation, const struct record *record,
	const struct netstate *observed, uint32_t table, bool *ret_is_owned, struct error *error)
{
	const struct net_link *link = netstate_link_by_name(observed, record->interface);
	bool has_route_to_link = link && has_myha_route(observed, table, link->index);
	enum claim claim = CLAIM_YES; /* if the routes lead only to other links */
	int err = 0;

	if (has_route_to_link || !has_myha_route(observed, table, ANY_LINK))
		err = find_other_claim(operation, record->interface, table, &claim, error);
	*ret_is_owned = claim == CLAIM_NO || (claim == CLAIM_MAYBE && has_route_to_link);
	return err;
}

/* Adds the tables of rules of protocol 77 that belong to the interface: check_table_owner(). */
static int add_kernel_tables(struct rtnl_socket *rtnl, const struct operation *operation,
	struct record *record, struct error *error)
{
	_cleanup_(netstate_done) struct netstate rules = {0}, observed = {0};
	_cleanup_(record_done) struct record candidates = {0};
	int err = snapshot_take(rtnl, NULL, 0 /* tables */, &operation->deadline, &rules, error);

	if (!err)
		err = add_tables_of_rules(&rules, &candidates, error);
	if (!err)
		err = snapshot_take(rtnl, candidates.tables, candidates.n_tables,
			&operation->deadline, &observed, error);
	for (size_t i = 0; !err && i < candidates.n_tables; i++) {
		uint32_t table = candidates.tables[i];
		bool is_owned = false;
		err = check_table_owner(operation, record, &observed, table, &is_owned, error);
		if (!err && is_owned)
			err = add_table(record, table, error);
	}
	return err;
}

/* Fails for an invalid interface name (OUTCOME_USAGE), which cannot have a record. */
int detach_record_load_or_rebuild(struct rtnl_socket *rtnl, const struct operation *operation,
	const char *interface, struct record *record, struct error *ret_read_error,
	struct error *error)
{
	int err = record_load(operation->run_directory, interface, record, error);

	*ret_read_error = (struct error){0};
	if (!err || err == -ENOMEM || error->outcome == OUTCOME_USAGE)
		return err;
	if (err != -ENOENT)
		*ret_read_error = *error;
	*error = (struct error){0};
	err = add_policy_tables(operation, record, error);
	if (!err && ret_read_error->outcome != OUTCOME_DONE)
		err = add_kernel_tables(rtnl, operation, record, error);
	return err;
}
