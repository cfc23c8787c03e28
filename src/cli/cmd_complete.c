/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/complete.h"

#include "base/log.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/print.h"
#include "core/load.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>

/* Returns 0 or -ENOMEM. If the policy cannot be loaded, it is empty: no names are offered. */
static int load_policy_if_valid(const char *path, struct policy *policy)
{
	_cleanup_(table_names_done) struct table_names names = {0};
	int err;

	policy_init(policy);
	err = load_table_names(&names);
	if (!err)
		err = load_policy(path, &names, policy, NULL /* no error messages */);
	return err == -ENOMEM ? err : 0;
}

/* Returns the interfaces' names, borrowed, in an array that the caller frees. NULL: no memory. */
static const char **list_links(const struct if_nameindex *interfaces)
{
	const char **links;
	size_t count = 0;

	while (interfaces && interfaces[count].if_index)
		count++;
	links = calloc(count + 1, sizeof(*links));
	for (size_t i = 0; links && i < count; i++)
		links[i] = interfaces[i].if_name;
	return links;
}

enum outcome cmd_complete(const struct invocation *invocation)
{
	_cleanup_(policy_done) struct policy policy;
	_cleanup_(strbuf_done) struct strbuf out = {0};
	_cleanup_(cleanup_free) const char **links = NULL;
	struct if_nameindex *interfaces = if_nameindex();
	struct complete_context context;
	int err;

	complete_parse_words(invocation, &context);
	err = load_policy_if_valid(context.policy_path, &policy);
	links = list_links(interfaces);
	if (!err && (!links || !interfaces))
		err = -ENOMEM; /* assumed to be the cause if if_nameindex() failed */
	if (!err)
		err = complete_list_candidates(&context, &policy, links, &out);
	if (interfaces)
		if_freenameindex(interfaces);
	if (err)
		return output_no_memory();
	print_lines("%s", strbuf_text(&out));
	return OUTCOME_DONE;
}
