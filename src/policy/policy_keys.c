/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_keys.h"

#include <string.h>

#define OFFSET(type, member) offsetof(struct type, member)
#define KEYS(rows) .keys = (rows), .count = ARRAY_SIZE(rows)

static const char *const source_words[] = {"subnet", "addresses", NULL};
static const char *const addresses_words[] = {"imds", "none", NULL};
static const char *const mtu_words[] = {"imds", NULL};
static const char *const at_boot_words[] = {"if-routed-here", "always", "never", NULL};
static const char *const check_words[] = {"fix", "warn", "ignore", NULL};
static const char *const gateway_words[] = {"subnet", NULL};
static const char *const route_tables_words[] = {"vpc", NULL};

static const struct policy_key match_keys[] = {
	{"name", &policy_type_text, OFFSET(policy_match, name),
		"the kernel's name of the interface, or a pattern", .form = &policy_form_name_glob},
	{"mac", &policy_type_mac, 0, "the MAC address of the interface"},
	{"eni", &policy_type_text, OFFSET(policy_match, eni), "the id of the interface's ENI",
		.form = &policy_form_eni},
	/* The limit is more than any instance type supports, and catches typing errors. */
	{"device-number", &policy_type_number, OFFSET(policy_match, device_number),
		"the device index of the ENI's attachment", .max = 255},
	{"subnet", &policy_type_text, OFFSET(policy_match, subnet), "the id of the ENI's subnet",
		.form = &policy_form_subnet},
	{"driver", &policy_type_text, OFFSET(policy_match, driver),
		"the name of the interface's driver, or a pattern",
		.form = &policy_form_driver_glob},
};

static const struct policy_section match_section = {KEYS(match_keys), .is_match = true};

static const struct policy_key interface_keys[] = {
	{"match", NULL, OFFSET(policy_interface, match),
		"selects the interface: all given conditions must match",
		.section = &match_section},
	{"table", &policy_type_table, OFFSET(policy_interface, table),
		"the interface's routing table: a name from rt_tables, or a number", .min = 1,
		.max = UINT32_MAX},
	/* Other tools use priorities from 10000. */
	{"priority", &policy_type_number, OFFSET(policy_interface, priority),
		"the priority of the interface's source rules", .min = 1, .max = 9999},
	{"source", &policy_type_source, 0, "the source addresses whose traffic uses the table",
		.words = source_words},
	{"gateway", &policy_type_gateway, OFFSET(policy_interface, gateway),
		"the gateway of the table's default route", .words = gateway_words},
	{"addresses", &policy_type_word, OFFSET(policy_interface, addresses),
		"whether myha (imds) or another program (none) configures link, MTU and addresses",
		.words = addresses_words},
	/* IPv6 requires 1280 bytes (RFC 8200); the link of an ENA adapter accepts at most 9216. */
	{"mtu", &policy_type_number, OFFSET(policy_interface, mtu),
		"the MTU of the link in bytes; imds: the MTU of the link with the main table's default route",
		.words = mtu_words, .min = 1280, .max = 9216},
	{"except", &policy_type_except, 0,
		"destinations whose traffic uses the main table instead"},
};

static int init_interface(void *entry, const char *name)
{
	return policy_interface_init(entry, name);
}

static const struct policy_section interfaces_section = {
	KEYS(interface_keys),
	.entry_size = sizeof(struct policy_interface),
	.n_entries_offset = OFFSET(policy, n_interfaces),
	.init_entry = init_interface,
	.list_advice = "\"eth1: {}\" instead of \"- eth1\"",
	.has_match = true,
};

static const struct policy_key overlay_keys[] = {
	{"address", &policy_type_host, OFFSET(policy_overlay, address),
		"one IPv4 or IPv6 address outside every CIDR of the VPC",
		.missing_advice = "add the line \"address: ADDRESS\""},
	{"interface", &policy_type_text, OFFSET(policy_overlay, interface),
		"the interface that holds the address on this host: primary, lo or a name",
		.form = &policy_form_interface},
	{"route-tables", &policy_type_route_tables, 0,
		"the route tables that contain the route to the address",
		.words = route_tables_words, .form = &policy_form_route_table},
	{"role-arn", &policy_type_text, OFFSET(policy_overlay, role_arn),
		"the role to assume if the route tables belong to another account",
		.form = &policy_form_role, .nullable = true},
	{"at-boot", &policy_type_word, OFFSET(policy_overlay, at_boot),
		"whether this host adds the address to its interface at boot",
		.words = at_boot_words},
	{"managed-by", &policy_type_word, OFFSET(policy_overlay, managed_by),
		"whether a cluster manager decides which node holds the address; a boot then leaves the address as it is",
		.words = policy_manager_words},
};

static int init_overlay(void *entry, const char *name)
{
	return policy_overlay_init(entry, name);
}

static const struct policy_section overlays_section = {
	KEYS(overlay_keys),
	.entry_size = sizeof(struct policy_overlay),
	.n_entries_offset = OFFSET(policy, n_overlays),
	.init_entry = init_overlay,
	.list_advice = "\"NAME: {address: ADDRESS}\" instead of \"- NAME\"",
};

static const struct policy_key aws_keys[] = {
	{"region", &policy_type_text, OFFSET(policy_aws, region),
		"the region to use instead of the instance's region", .form = &policy_form_region},
	{"endpoint", &policy_type_text, OFFSET(policy_aws, endpoint),
		"the EC2 API endpoint to use instead of the region's endpoint",
		.form = &policy_form_endpoint},
	{"profile", &policy_type_text, OFFSET(policy_aws, profile),
		"the profile to use from the AWS configuration and credentials files",
		.form = &policy_form_profile},
	{"fips", &policy_type_flag, OFFSET(policy_aws, fips), "use the FIPS endpoint"},
	{"dualstack", &policy_type_flag, OFFSET(policy_aws, dualstack),
		"use the dual-stack endpoint, which has IPv4 and IPv6 addresses"},
	{"ca-bundle", &policy_type_text, OFFSET(policy_aws, ca_bundle),
		"a file with CA certificates to trust instead of the system's",
		.form = &policy_form_path},
};

static const struct policy_section aws_section = {KEYS(aws_keys)};

static const struct policy_key imds_keys[] = {
	{"endpoint", &policy_type_text, OFFSET(policy_imds, endpoint),
		"the metadata service's endpoint to use instead of its well-known addresses",
		.form = &policy_form_imds_endpoint},
	{"interface", &policy_type_text, OFFSET(policy_imds, interface),
		"the interface through which requests to the metadata service must leave",
		.form = &policy_form_interface},
};

static const struct policy_section imds_section = {KEYS(imds_keys)};

static const struct policy_key top_keys[] = {
	{"version", &policy_type_version, 0, "the version of the policy format", .min = 1, .max = 1,
		.missing_advice = "add the line \"version: 1\""},
	{"interfaces", NULL, OFFSET(policy, interfaces),
		"the interfaces that myha manages, by name; other interfaces are never changed",
		.section = &interfaces_section},
	{"overlays", NULL, OFFSET(policy, overlays),
		"the overlay addresses, each with a name of your choice",
		.section = &overlays_section},
	{"source-dest-check", &policy_type_word, OFFSET(policy, source_dest_check),
		"what to do if the source/destination check is on for an ENI that overlays are routed to",
		.words = check_words},
	{"aws", NULL, OFFSET(policy, aws),
		"overrides the environment variables and files of the AWS tools",
		.section = &aws_section},
	{"imds", NULL, OFFSET(policy, imds), "how to reach the instance metadata service",
		.section = &imds_section},
};

const struct policy_section policy_root = {KEYS(top_keys)};

/* The policy has a pointer to the entries and their number; the key and its section locate both. */
const void *policy_get_entry(
	const struct policy_key *key, const struct policy *policy, size_t index)
{
	const struct policy_section *section = key->section;
	const size_t *count = (const void *)((const char *)policy + section->n_entries_offset);
	const char *entries;

	/* memcpy(), because the pointers of the sections have different types. */
	memcpy(&entries, policy_get_member(key, policy), sizeof(entries));
	return index < *count ? entries + index * section->entry_size : NULL;
}
