/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_keys.h"

#include "base/cleanup.h"
#include "policy/policy.h"

#define TABLE_MAX UINT32_MAX
#define DEVICE_NUMBER_MAX 255 /* more than any instance type supports; catches typing errors */

#define OFFSET(type, member) offsetof(struct type, member)
#define SECTION(section_keys)                                                                      \
	(&(const struct policy_section){.keys = (section_keys), .count = ARRAY_SIZE(section_keys)})

const char *const policy_source_words[] = {"subnet", "addresses", NULL};
const char *const policy_addresses_words[] = {"imds", "none", NULL};
const char *const policy_at_boot_words[] = {"if-routed-here", "always", "never", NULL};
const char *const policy_manager_words[] = {"self", "cluster", NULL};
const char *const policy_check_words[] = {"fix", "warn", "ignore", NULL};
static const char *const gateway_words[] = {"subnet", NULL};
static const char *const route_tables_words[] = {"vpc", NULL};

static const struct policy_key match_keys[] = {
	{
		.name = "name",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_match, name),
		.form = &policy_form_name_glob,
		.summary = "the kernel's name of the interface, or a pattern of it",
	},
	{
		.name = "mac",
		.type = POLICY_TYPE_MAC,
		.summary = "its Ethernet address",
	},
	{
		.name = "eni",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_match, eni),
		.form = &policy_form_eni,
		.summary = "the id of the ENI behind it",
	},
	{
		.name = "device-number",
		.type = POLICY_TYPE_NUMBER,
		.offset = OFFSET(policy_match, device_number),
		.max = DEVICE_NUMBER_MAX,
		.summary = "the device index of the ENI's attachment",
	},
	{
		.name = "subnet",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_match, subnet),
		.form = &policy_form_subnet,
		.summary = "the id of the ENI's subnet",
	},
	{
		.name = "driver",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_match, driver),
		.form = &policy_form_driver_glob,
		.summary = "the name of its driver, or a pattern of it",
	},
};

static const struct policy_key interface_keys[] = {
	{
		.name = "match",
		.type = POLICY_TYPE_MATCH,
		.offset = OFFSET(policy_interface, match),
		.section = SECTION(match_keys),
		.summary = "which interface it is: all that is given must hold",
	},
	{
		.name = "table",
		.type = POLICY_TYPE_TABLE,
		.offset = OFFSET(policy_interface, table),
		.min = 1,
		.max = TABLE_MAX,
		.fallback = POLICY_TABLE_NAME,
		.summary = "its routing table: a name from rt_tables, or a number",
	},
	{
		.name = "priority",
		.type = POLICY_TYPE_NUMBER,
		.offset = OFFSET(policy_interface, priority),
		.min = 1,
		.max = POLICY_PRIORITY_MAX,
		.fallback = "100",
		.summary = "the priority of the source rule",
	},
	{
		.name = "source",
		.type = POLICY_TYPE_SOURCE,
		.words = policy_source_words,
		.fallback = "subnet",
		.summary = "whose traffic takes the table",
	},
	{
		.name = "gateway",
		.type = POLICY_TYPE_GATEWAY,
		.offset = OFFSET(policy_interface, gateway),
		.words = gateway_words,
		.fallback = "subnet",
		.summary = "the table's default router",
	},
	{
		.name = "addresses",
		.type = POLICY_TYPE_WORD,
		.offset = OFFSET(policy_interface, addresses),
		.words = policy_addresses_words,
		.fallback = "imds",
		.summary = "who configures link, MTU and addresses",
	},
	{
		.name = "except",
		.type = POLICY_TYPE_EXCEPT,
		.fallback = "[]",
		.summary = "destinations that keep the main table",
	},
};

static const struct policy_key overlay_keys[] = {
	{
		.name = "address",
		.type = POLICY_TYPE_HOST,
		.offset = OFFSET(policy_overlay, address),
		.missing = "an overlay needs one",
		.summary = "one IPv4 or IPv6 address outside every CIDR of the VPC",
	},
	{
		.name = "interface",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_overlay, interface),
		.form = &policy_form_interface,
		.fallback = POLICY_OVERLAY_INTERFACE,
		.summary = "where the address is put: primary, lo or a name",
	},
	{
		.name = "route-tables",
		.type = POLICY_TYPE_ROUTE_TABLES,
		.words = route_tables_words,
		.form = &policy_form_route_table,
		.fallback = "vpc",
		.summary = "the route tables that hold its route",
	},
	{
		.name = "role-arn",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_overlay, role_arn),
		.form = &policy_form_role,
		.nullable = true,
		.fallback = "null",
		.summary = "the role to assume where the tables belong to another account",
	},
	{
		.name = "at-boot",
		.type = POLICY_TYPE_WORD,
		.offset = OFFSET(policy_overlay, at_boot),
		.words = policy_at_boot_words,
		.fallback = "if-routed-here",
		.summary = "whether the address is put back after a boot",
	},
	{
		.name = "managed-by",
		.type = POLICY_TYPE_WORD,
		.offset = OFFSET(policy_overlay, managed_by),
		.words = policy_manager_words,
		.fallback = "self",
		.summary = "who decides which node has it; a boot leaves a cluster's alone",
	},
};

static const struct policy_key aws_keys[] = {
	{
		.name = "region",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_aws, region),
		.form = &policy_form_region,
		.summary = "the region, instead of the instance's own",
	},
	{
		.name = "endpoint",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_aws, endpoint),
		.form = &policy_form_endpoint,
		.summary = "where EC2 is, instead of the region's endpoint",
	},
	{
		.name = "profile",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_aws, profile),
		.form = &policy_form_profile,
		.summary = "the profile in the AWS configuration and credentials files",
	},
	{
		.name = "fips",
		.type = POLICY_TYPE_FLAG,
		.offset = OFFSET(policy_aws, fips),
		.summary = "use the FIPS endpoint",
	},
	{
		.name = "dualstack",
		.type = POLICY_TYPE_FLAG,
		.offset = OFFSET(policy_aws, dualstack),
		.summary = "use the endpoint that has IPv6 addresses too",
	},
	{
		.name = "ca-bundle",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_aws, ca_bundle),
		.form = &policy_form_path,
		.summary = "a file of certificates to trust instead of the system's",
	},
};

static const struct policy_key imds_keys[] = {
	{
		.name = "endpoint",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_imds, endpoint),
		.form = &policy_form_imds_endpoint,
		.summary = "where the service is, instead of its well-known addresses",
	},
	{
		.name = "interface",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_imds, interface),
		.form = &policy_form_interface,
		.summary = "the interface that requests must leave by",
	},
};

static const struct policy_key top_keys[] = {
	{
		.name = "version",
		.type = POLICY_TYPE_VERSION,
		.min = 1,
		.max = 1,
		.missing = "add the line \"version: 1\"",
		.summary = "the version of this format",
	},
	{
		.name = "interfaces",
		.type = POLICY_TYPE_INTERFACES,
		.section = SECTION(interface_keys),
		.fallback = "{}",
		.summary = "the interfaces to look after, by name; no other is ever touched",
	},
	{
		.name = "overlays",
		.type = POLICY_TYPE_OVERLAYS,
		.section = SECTION(overlay_keys),
		.fallback = "{}",
		.summary = "the overlay addresses, by a name of your own",
	},
	{
		.name = "source-dest-check",
		.type = POLICY_TYPE_WORD,
		.offset = OFFSET(policy, source_dest_check),
		.words = policy_check_words,
		.fallback = "fix",
		.summary = "what to do about the check on ENIs that overlays are routed to",
	},
	{
		.name = "aws",
		.type = POLICY_TYPE_SECTION,
		.offset = OFFSET(policy, aws),
		.section = SECTION(aws_keys),
		.fallback = "{}",
		.summary = "overrides what the AWS tools' environment and files say",
	},
	{
		.name = "imds",
		.type = POLICY_TYPE_SECTION,
		.offset = OFFSET(policy, imds),
		.section = SECTION(imds_keys),
		.fallback = "{}",
		.summary = "how the instance metadata service is reached",
	},
};

const struct policy_key policy_root = {
	.name = "the policy",
	.type = POLICY_TYPE_SECTION,
	.section = SECTION(top_keys),
	.summary = "what myha looks after",
};
