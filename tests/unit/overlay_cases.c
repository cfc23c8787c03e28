/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct overlay_routes make_routes(const char *const *tables)
{
	struct overlay_routes routes = {.name = "sapascs", .tables = tables, .vpc = MEMORY_VPC};

	assert_int_equal(ip_prefix_parse(MEMORY_DESTINATION, &routes.destination), 0);
	return routes;
}

void print_tables(const struct overlay_read *read, enum outcome outcome, struct strbuf *ret_text)
{
	static const char *const words[] = {
		[OVERLAY_PENDING] = "open",
		[OVERLAY_IN_PLACE] = "in place",
		[OVERLAY_MOVED] = "moved",
		[OVERLAY_ABSENT] = "absent",
		[OVERLAY_DELETED] = "deleted",
		[OVERLAY_NOT_PERMITTED] = "left",
		[OVERLAY_FAILED] = "failed",
	};

	if (read->error.text[0])
		strbuf_printf(ret_text, "error: %s\n", read->error.text);
	for (size_t i = 0; !read->error.text[0] && i < read->n_tables; i++) {
		const struct overlay_table *table = &read->tables[i];
		strbuf_printf(ret_text, "%s: %s%s%s\n", table->id, words[table->verdict],
			table->error.text[0] ? ": " : "", table->error.text);
	}
	strbuf_printf(ret_text, "outcome %d\n", outcome);
}
