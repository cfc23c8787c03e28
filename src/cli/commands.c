/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

/* clang-format off */
#define ARGUMENTS(usage, min, max) .arguments = usage, .min_arguments = min, .max_arguments = max
#define ROUTE_TABLE_OPTION \
	{"route-table", "RTB", "route table to use instead of the policy's; may be repeated", true}
#define INTERFACE_OPTION \
	{"interface", "primary|lo|IFACE", "interface for the address: primary, lo or a name"}
#define TO_OPTION \
	{"to", "ENI|INSTANCE", "node that gets the routes, instead of this host"}
#define FOR_OPTION \
	{"for", "overlay|eni|address|boot|cluster|check", \
		"only permissions for this use; may be repeated", true}
/* clang-format on */

const struct command commands[] = {
	{
		.name = "attach",
		ARGUMENTS("IFACE", 1, 1),
		.of_interfaces = true,
		.summary = "configure an interface as the policy and EC2 specify",
		.description =
			"Reads the metadata of the interface's ENI, and brings link, addresses, routing table\nand source rules to the state that the policy requires. A second run changes nothing.\nAn interface that the policy does not list is not changed.",
		.example = "myha attach eth1",
		.options = {{"unless-gone", NULL, "succeed if the interface does not exist"},
			{"if-missed", NULL,
				"only start the interface's unit, if the device appeared while the unit was stopping"}},
		.run = cmd_attach,
	},
	{
		.name = "detach",
		ARGUMENTS("IFACE", 1, 1),
		.of_interfaces = true,
		.summary = "remove the addresses, routes and rules that attach added",
		.description =
			"Removes the rules, routes and addresses that myha added for the interface. Requires\nneither the device nor EC2 nor the policy. The link stays up.",
		.example = "myha detach eth1",
		.options = {{"keep-record", NULL,
				    "if the device is gone, keep its record for a later --if-gone"},
			{"if-gone", NULL, "detach only if the device is gone"}},
		.run = cmd_detach,
	},
	{
		.name = "boot",
		ARGUMENTS("[IFACE]", 0, 1),
		.of_interfaces = true,
		.summary = "restore interfaces and overlay addresses after a boot",
		.description =
			"Removes what is left of interfaces that are gone, attaches every interface of this\nhost that the policy lists, and adds or removes overlay addresses, each as its at-boot\nsetting says. If one of these fails, the others are still done. With IFACE, handles\nonly the overlay addresses that belong on IFACE.",
		.example = "myha boot",
		.options = {{"missed-by-udev", NULL,
			"only handle devices that udev missed while it was not running"}},
		.run = cmd_boot,
	},
	{
		.name = "plan",
		ARGUMENTS("[IFACE]", 0, 1),
		.of_interfaces = true,
		.summary = "show what attach or boot would change; exit 3 if anything would change",
		.description = "Prints each change as a command, with the reason. Changes nothing.",
		.example = "myha plan eth1",
		.run = cmd_plan,
	},
	{
		.name = "status",
		.arguments = "",
		.summary = "compare interfaces and overlays with the policy; exit 3 on drift",
		.description =
			"Reads EC2 and the kernel, and reports the state of every entry of the policy.",
		.example = "myha status --json",
		.run = cmd_status,
	},
	{
		.name = "overlay show",
		ARGUMENTS("[OVERLAY]", 0, 1),
		.summary = "show the routes of overlay addresses, and the addresses on this host",
		.description =
			"Reads the routes in every table from EC2, and the address from the kernel. Changes nothing.",
		.example = "myha overlay show sapascs",
		.options = {ROUTE_TABLE_OPTION},
		.run = cmd_overlay_show,
	},
	{
		.name = "overlay create",
		ARGUMENTS("OVERLAY", 1, 1),
		.summary = "create an overlay's missing routes, to this host",
		.description =
			"Adds the address to this host and creates a route in each of the overlay's tables.\nA route to another target is not changed: \"overlay move\" replaces such a route.",
		.example = "myha overlay create sapascs",
		.options = {ROUTE_TABLE_OPTION, INTERFACE_OPTION, TO_OPTION},
		.run = cmd_overlay_create,
	},
	{
		.name = "overlay move",
		ARGUMENTS("OVERLAY", 1, 1),
		.summary =
			"move an overlay to this host: the address, and the routes in all tables",
		.description =
			"Logs which node had the address, adds it to this host, changes the routes in all\ntables at once and reads them back. Running the command again completes a partial\nmove. With --to the routes point to another node, and the address leaves this host.",
		.example = "myha overlay move sapascs",
		.options = {ROUTE_TABLE_OPTION, INTERFACE_OPTION, TO_OPTION},
		.run = cmd_overlay_move,
	},
	{
		.name = "overlay release",
		ARGUMENTS("OVERLAY", 1, 1),
		.summary = "remove an overlay's address from this host",
		.description =
			"Requires neither EC2 nor the network. The routes stay, unless --delete-route is given.",
		.example = "myha overlay release sapascs",
		.options = {{"delete-route", NULL,
				    "also delete the routes that still point to this host"},
			ROUTE_TABLE_OPTION},
		.run = cmd_overlay_release,
	},
	{
		.name = "overlay delete",
		ARGUMENTS("OVERLAY", 1, 1),
		.summary = "delete an overlay's routes to this host, and remove its address",
		.description = "A route to another target is not deleted, and is an error.",
		.example = "myha overlay delete sapascs",
		.options = {{"force", NULL, "delete the routes regardless of their target"},
			ROUTE_TABLE_OPTION},
		.run = cmd_overlay_delete,
	},
	{
		.name = "eni list",
		.arguments = "",
		.summary = "list the ENIs of this VPC, and mark those of this host",
		.description = "Lists all ENIs of this host's VPC that match the filters.",
		.example = "myha eni list --status available",
		.options = {{"subnet", "SUBNET", "only ENIs of this subnet"},
			{"instance", "INSTANCE", "only ENIs attached to this instance"},
			{"status", "STATUS", "only ENIs with this status: available, in-use, …"},
			{"tag", "KEY=VALUE", "only ENIs with this tag; may be repeated", true},
			{"all-vpcs", NULL, "ENIs of all VPCs of the region"}},
		.run = cmd_eni_list,
	},
	{
		.name = "eni show",
		ARGUMENTS("ENI|ADDRESS", 1, 1),
		.summary = "show an ENI, and the instance that the ENI is attached to",
		.description =
			"Finds the ENI by its id, or by any of its addresses within this host's VPC.",
		.example = "myha eni show 10.0.1.10",
		.run = cmd_eni_show,
	},
	{
		.name = "eni create",
		.arguments = "",
		.summary = "create an ENI, and print its id",
		.description =
			"Creates a service ENI, to be moved between nodes. The new ENI is not attached.\nRunning the command again with the same --client-token creates no second ENI.",
		.example = "myha eni create --subnet subnet-0a1b2c3d --address 10.0.1.10",
		.options = {{"subnet", "SUBNET", "subnet of the new ENI; required"},
			{"address", "ADDRESS",
				"IPv4 (the first is the primary) or IPv6; may be repeated", true},
			{"security-group", "GROUP", "security group; may be repeated", true},
			{"description", "TEXT", "description of the ENI; at most 255 characters"},
			{"tag", "KEY=VALUE", "tag of the ENI; may be repeated", true},
			{"client-token", "TOKEN",
				"1 to 64 ASCII characters; the same token never creates a second ENI"}},
		.run = cmd_eni_create,
	},
	{
		.name = "eni move",
		ARGUMENTS("ENI|ADDRESS", 1, 1),
		.timeout = 120000,
		.summary = "move an ENI to this host: detach, attach and configure the ENI",
		.description =
			"Ends when the ENI is attached to this host, its link is up and its configuration from\nthe policy is in place. An ENI that is already attached to this host is only configured.\nMoves that cannot succeed (an ENI of another zone, a primary ENI, an ENI of an AWS\nservice) are refused before anything is detached.",
		.example = "myha eni move 10.0.1.10",
		.options = {{"force", NULL, "detach by force, if the other node is dead"},
			{"force-after", "SECONDS",
				"detach by force if the detachment takes longer than this"},
			{"no-wait", NULL, "end as soon as EC2 reports the ENI attached"}},
		.run = cmd_eni_move,
	},
	{
		.name = "eni detach",
		ARGUMENTS("ENI|ADDRESS", 1, 1),
		.timeout = 120000,
		.summary = "detach an ENI from this host",
		.description =
			"Ends when EC2 reports the ENI available. An ENI of another instance is not detached.",
		.example = "myha eni detach 10.0.1.10",
		.options = {{"force", NULL, "detach by force"},
			{"force-after", "SECONDS",
				"detach by force if the detachment takes longer than this"},
			{"any", NULL, "detach the ENI even if another instance has it"}},
		.run = cmd_eni_detach,
	},
	{
		.name = "address move",
		ARGUMENTS("ADDRESS", 1, 1),
		.summary = "move a secondary private IPv4 address to an ENI of this host",
		.description =
			"Adds the address to the link, then reassigns the address in EC2. Only within a subnet.",
		.example = "myha address move 10.0.0.50",
		.options = {{"interface", "primary|IFACE",
			"interface of the ENI: primary (the default) or a name"}},
		.run = cmd_address_move,
	},
	{
		.name = "address release",
		ARGUMENTS("ADDRESS", 1, 1),
		.summary = "remove a secondary private IPv4 address from this host",
		.description =
			"Removes the address from the link that has the address. Requires neither EC2 nor the\nmetadata service: the assignment in EC2 stays. Succeeds if no link has the address.",
		.example = "myha address release 10.0.0.50",
		.run = cmd_address_release,
	},
	{
		.name = "ocf",
		ARGUMENTS("AGENT ACTION", 2, 2),
		.summary = "act as a Pacemaker resource agent",
		.description =
			"Called by the files in /usr/lib/ocf/resource.d/myha/. AGENT is overlay-ip or eni.\nParameters are OCF_RESKEY_NAME variables in the environment. The exit status is that of\nthe resource agent API.",
		.example = "myha ocf overlay-ip meta-data",
		.run = cmd_ocf,
	},
	{
		.name = "check",
		.arguments = "",
		.timeout = 60000,
		.summary = "report problems on this host and in EC2, with fixes",
		.description =
			"Checks the policy, the metadata service, the credentials, each permission that the\npolicy requires, the clock, the overlays' routes, this host, and other tools that\nconfigure this host. Each finding has a remedy, as commands. Changes nothing. Exit\nstatus: 0 no problems found, 3 errors or warnings, 1 something could not be checked.",
		.example = "myha check",
		.options = {FOR_OPTION},
		.run = cmd_check,
	},
	{
		.name = "policy check",
		.arguments = "",
		.summary = "check whether the policy file is valid",
		.description =
			"Reads the whole file. Reports each error with file, line and column.",
		.example = "myha policy check --policy ./policy.yaml",
		.run = cmd_policy_check,
	},
	{
		.name = "policy show",
		.arguments = "",
		.summary = "print the policy with every default filled in",
		.description =
			"Prints YAML that is equivalent to the policy file, with nothing omitted.",
		.example = "myha policy show",
		.run = cmd_policy_show,
	},
	{
		.name = "policy schema",
		.arguments = "",
		.summary = "print the JSON Schema of the policy file, for editors",
		.description =
			"Prints a JSON Schema (draft-07) that editors use to complete and check the file. Only\n\"policy check\" finds errors that a schema cannot express, such as two interfaces with\nthe same table.",
		.example = "myha policy schema > myha.schema.json",
		.run = cmd_policy_schema,
	},
	{
		.name = "iam-policy",
		.arguments = "",
		.summary = "print the minimal IAM policy for this policy file",
		.description =
			"Prints the JSON document for the host's instance profile, or with --for-role for a\nrole that overlays name. Without --for, the document covers the overlays and interfaces\nthat the policy lists. On EC2, account, region and VPC default to those of this instance.",
		.example = "myha iam-policy --account 123456789012 --region eu-central-1",
		.options = {FOR_OPTION,
			{"for-role", "ROLE", "print the document for this role, given by its ARN"},
			{"account", "ID", "AWS account, 12 digits"},
			{"region", "REGION", "AWS region"},
			{"partition", "PARTITION", "AWS partition, such as aws-cn"},
			{"vpc", "VPC", "limit the IAM policy to resources of this VPC"}},
		.run = cmd_iam_policy,
	},
	{
		.name = "complete",
		ARGUMENTS("[WORD...]", 0, SIZE_MAX),
		.summary = "print completions of the last word, for shells",
		.description = "The words are those after \"myha\", up to the cursor.",
		.example = "myha complete -- overlay move sap",
		.run = cmd_complete,
		.hidden = true,
	},
};

const size_t n_commands = ARRAY_SIZE(commands);
