/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_keys.h"

#include "base/cleanup.h"
#include "policy/policy.h"

#define TABLE_MAX UINT32_MAX
#define DEVICE_NUMBER_MAX 255 /* more than any instance type supports; catches typing errors */

#define OFFSET(type, member) offsetof(struct type, member)
#define SECTION(section_keys)                                                                      \
	(&(const struct policy_section){.keys = (section_keys), .count = ARRAY_SIZE(section_keys)})

static const char *const source_words[] = {"subnet", "addresses", NULL};
static const char *const addresses_words[] = {"imds", "none", NULL};
static const char *const at_boot_words[] = {"if-routed-here", "always", "never", NULL};
static const char *const check_words[] = {"fix", "warn", "ignore", NULL};
static const char *const gateway_words[] = {"subnet", NULL};
static const char *const route_tables_words[] = {"vpc", NULL};

static const struct policy_key match_keys[] = {
	{
		.name = "name",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_match, name),
		.form = &policy_form_name_glob,
		.summary = "the kernel's name of the interface, or a pattern",
	},
	{
		.name = "mac",
		.type = POLICY_TYPE_MAC,
		.summary = "the MAC address of the interface",
	},
	{
		.name = "eni",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_match, eni),
		.form = &policy_form_eni,
		.summary = "the id of the interface's ENI",
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
		.summary = "the name of the interface's driver, or a pattern",
	},
};

static const struct policy_key interface_keys[] = {
	{
		.name = "match",
		.type = POLICY_TYPE_MATCH,
		.offset = OFFSET(policy_interface, match),
		.section = SECTION(match_keys),
		.summary = "selects the interface: all given conditions must match",
	},
	{
		.name = "table",
		.type = POLICY_TYPE_TABLE,
		.offset = OFFSET(policy_interface, table),
		.min = 1,
		.max = TABLE_MAX,
		.fallback = POLICY_TABLE_NAME,
		.summary = "the interface's routing table: a name from rt_tables, or a number",
	},
	{
		.name = "priority",
		.type = POLICY_TYPE_NUMBER,
		.offset = OFFSET(policy_interface, priority),
		.min = 1,
		.max = POLICY_PRIORITY_MAX,
		.fallback = "100",
		.summary = "the priority of the interface's source rules",
	},
	{
		.name = "source",
		.type = POLICY_TYPE_SOURCE,
		.words = source_words,
		.fallback = "subnet",
		.summary = "the source addresses whose traffic uses the table",
	},
	{
		.name = "gateway",
		.type = POLICY_TYPE_GATEWAY,
		.offset = OFFSET(policy_interface, gateway),
		.words = gateway_words,
		.fallback = "subnet",
		.summary = "the gateway of the table's default route",
	},
	{
		.name = "addresses",
		.type = POLICY_TYPE_WORD,
		.offset = OFFSET(policy_interface, addresses),
		.words = addresses_words,
		.fallback = "imds",
		.summary =
			"whether myha (imds) or another program (none) configures link, MTU and addresses",
	},
	{
		.name = "except",
		.type = POLICY_TYPE_EXCEPT,
		.fallback = "[]",
		.summary = "destinations whose traffic uses the main table instead",
	},
};

static const struct policy_key overlay_keys[] = {
	{
		.name = "address",
		.type = POLICY_TYPE_HOST,
		.offset = OFFSET(policy_overlay, address),
		.missing = "an overlay requires an address",
		.summary = "one IPv4 or IPv6 address outside every CIDR of the VPC",
	},
	{
		.name = "interface",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_overlay, interface),
		.form = &policy_form_interface,
		.fallback = "primary",
		.summary =
			"the interface that holds the address on this host: primary, lo or a name",
	},
	{
		.name = "route-tables",
		.type = POLICY_TYPE_ROUTE_TABLES,
		.words = route_tables_words,
		.form = &policy_form_route_table,
		.fallback = "vpc",
		.summary = "the route tables that contain the route to the address",
	},
	{
		.name = "role-arn",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_overlay, role_arn),
		.form = &policy_form_role,
		.nullable = true,
		.fallback = "null",
		.summary = "the role to assume if the route tables belong to another account",
	},
	{
		.name = "at-boot",
		.type = POLICY_TYPE_WORD,
		.offset = OFFSET(policy_overlay, at_boot),
		.words = at_boot_words,
		.fallback = "if-routed-here",
		.summary = "whether a boot places the address on this host",
	},
	{
		.name = "managed-by",
		.type = POLICY_TYPE_WORD,
		.offset = OFFSET(policy_overlay, managed_by),
		.words = policy_manager_words,
		.fallback = "self",
		.summary =
			"whether a cluster manager decides which node holds the address; a boot then leaves the address as it is",
	},
};

static const struct policy_key aws_keys[] = {
	{
		.name = "region",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_aws, region),
		.form = &policy_form_region,
		.summary = "the region to use instead of the instance's region",
	},
	{
		.name = "endpoint",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_aws, endpoint),
		.form = &policy_form_endpoint,
		.summary = "the EC2 API endpoint to use instead of the region's endpoint",
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
		.summary = "use the dual-stack endpoint, which has IPv4 and IPv6 addresses",
	},
	{
		.name = "ca-bundle",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_aws, ca_bundle),
		.form = &policy_form_path,
		.summary = "a file with CA certificates to trust instead of the system's",
	},
};

static const struct policy_key imds_keys[] = {
	{
		.name = "endpoint",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_imds, endpoint),
		.form = &policy_form_imds_endpoint,
		.summary =
			"the metadata service's endpoint to use instead of its well-known addresses",
	},
	{
		.name = "interface",
		.type = POLICY_TYPE_TEXT,
		.offset = OFFSET(policy_imds, interface),
		.form = &policy_form_interface,
		.summary = "the interface through which requests must leave",
	},
};

static const struct policy_key top_keys[] = {
	{
		.name = "version",
		.type = POLICY_TYPE_VERSION,
		.min = 1,
		.max = 1,
		.missing = "add the line \"version: 1\"",
		.summary = "the version of the policy format",
	},
	{
		.name = "interfaces",
		.type = POLICY_TYPE_INTERFACES,
		.section = SECTION(interface_keys),
		.fallback = "{}",
		.summary =
			"the interfaces that myha manages, by name; other interfaces are never changed",
	},
	{
		.name = "overlays",
		.type = POLICY_TYPE_OVERLAYS,
		.section = SECTION(overlay_keys),
		.fallback = "{}",
		.summary = "the overlay addresses, each with a name of your choice",
	},
	{
		.name = "source-dest-check",
		.type = POLICY_TYPE_WORD,
		.offset = OFFSET(policy, source_dest_check),
		.words = check_words,
		.fallback = "fix",
		.summary =
			"what to do about the source/destination check of ENIs that overlays are routed to",
	},
	{
		.name = "aws",
		.type = POLICY_TYPE_SECTION,
		.offset = OFFSET(policy, aws),
		.section = SECTION(aws_keys),
		.fallback = "{}",
		.summary = "overrides the environment variables and files of the AWS tools",
	},
	{
		.name = "imds",
		.type = POLICY_TYPE_SECTION,
		.offset = OFFSET(policy, imds),
		.section = SECTION(imds_keys),
		.fallback = "{}",
		.summary = "how to reach the instance metadata service",
	},
};

const struct policy_key policy_root = {
	.name = "the policy",
	.type = POLICY_TYPE_SECTION,
	.section = SECTION(top_keys),
	.summary = "the interfaces and overlay addresses that myha manages",
};
