/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a value of the instance metadata service: the first one chooses the key.
 */
#include "model/facts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* The properties of each list that the pure rooms assume. */
static void check_list(const struct prefix_list *list, unsigned char family, bool hosts)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct ip_prefix *prefix = &list->items[i];

		require(prefix->address.family == family);
		require(!ip_prefix_is_default(prefix) && !ip_prefix_has_host_bits(prefix));
		require(!hosts || prefix->length == ip_family_bits(family));
	}
}

static void check_all(const struct facts *facts, const struct error *error, enum fact fact, int err)
{
	check_list(&facts->ipv4s, AF_INET, true);
	check_list(&facts->ipv6s, AF_INET6, true);
	check_list(&facts->subnets6, AF_INET6, false);
	check_list(&facts->delegated4, AF_INET, false);
	check_list(&facts->delegated6, AF_INET6, false);
	require(facts->known == (err ? 0 : FACT_BIT(fact)));
	require(facts->absent == 0);
	require((err != 0) == (error->outcome != OUTCOME_DONE));
	require(!err || strlen(error->text) > 0);
	for (const char *at = error->text; *at; at++)
		require((unsigned char)*at >= ' ' && *at != '\177');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const struct mac mac = {{2, 0, 0, 0, 0, 1}};
	_cleanup_(facts_done) struct facts facts;
	struct error error = {0};

	facts_init(&facts, &mac);
	if (length == 0)
		return 0;
	enum fact fact = (enum fact)(bytes[0] % FACT_COUNT_);
	int err = facts_set(&facts, fact, (const char *)bytes + 1, length - 1, &error);
	check_all(&facts, &error, fact, err);
	require(facts_lag_needs_primary_mac(&facts) == (facts_find_lag(&facts) != NULL));
	facts_set_absent(&facts, fact);
	require(facts.known == 0 && facts.absent == FACT_BIT(fact));
	return 0;
}
