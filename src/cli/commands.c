/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#define ROUTE_TABLE_OPTION                                                                         \
	{                                                                                          \
		"route-table", "RTB", "instead of the policy's tables; may be repeated", true      \
	}
#define INTERFACE_OPTION                                                                           \
	{                                                                                          \
		"interface", "primary|lo|IFACE", "that carries the address: primary, lo or a name" \
	}
#define TO_OPTION                                                                                  \
	{                                                                                          \
		"to", "ENI|INSTANCE", "another node instead of this host"                          \
	}
#define FOR_OPTION                                                                                 \
	{                                                                                          \
		"for", "overlay|eni|address|boot|cluster|check",                                   \
			"what is to be allowed; may be repeated", true                             \
	}

const struct command commands[] = {
	{
		.name = "attach",
		.arguments = "IFACE",
		.min_arguments = 1,
		.max_arguments = 1,
		.of_interfaces = true,
		.summary =
			"give an interface the addresses, table and rule that policy and EC2 say",
		.description =
			"Reads what EC2 says of the interface's ENI, and brings its link, addresses, routing\ntable and source rules to what the policy wants. Running it again changes nothing.\nAn interface that the policy does not list is left alone.",
		.example = "myha attach eth1",
		.options = {{"unless-gone", NULL, "succeed if the interface does not exist"},
			{"if-missed", NULL,
				"only start its unit, if its device came while that was stopping"}},
		.run = cmd_attach,
	},
	{
		.name = "detach",
		.arguments = "IFACE",
		.min_arguments = 1,
		.max_arguments = 1,
		.of_interfaces = true,
		.summary = "take away what attach put there",
		.description =
			"Removes the rules, routes and addresses that myha added for the interface. Needs\nneither the device nor EC2 nor the policy. The link stays up.",
		.example = "myha detach eth1",
		.options = {{"keep-record", NULL,
				    "keep the state file if the device is gone, for --if-gone"},
			{"if-gone", NULL, "only if the device is gone"}},
		.run = cmd_detach,
	},
	{
		.name = "boot",
		.arguments = "[IFACE]",
		.max_arguments = 1,
		.of_interfaces = true,
		.summary = "after every boot: bring back interfaces and overlay addresses",
		.description =
			"Takes away what is left of interfaces that are gone, attaches every interface that\nthe policy lists and the host has, and puts overlay addresses on this host or takes\nthem off it, each by its at-boot. One that fails does not hold up the others.\nWith IFACE only the overlay addresses that IFACE is to carry are looked after.",
		.example = "myha boot",
		.options = {{"missed-by-udev", NULL,
			"only what udev missed while it was down: units of devices that came or went"}},
		.run = cmd_boot,
	},
	{
		.name = "plan",
		.arguments = "[IFACE]",
		.max_arguments = 1,
		.of_interfaces = true,
		.summary = "show what attach or boot would change now; exit 3 if anything would",
		.description =
			"Prints each change as the ip command that would do it, with its reason. Changes nothing.",
		.example = "myha plan eth1",
		.run = cmd_plan,
	},
	{
		.name = "status",
		.arguments = "",
		.summary = "show each listed interface: wanted, found, drift; exit 3 if any drifts",
		.description =
			"Looks at EC2 and at the kernel, and says for every entry of the policy how it stands.",
		.example = "myha status --json",
		.run = cmd_status,
	},
	{
		.name = "overlay show",
		.arguments = "[OVERLAY]",
		.max_arguments = 1,
		.summary =
			"show where overlay addresses are routed to, and whether this host has them",
		.description =
			"Asks EC2 for the routes in every table, and the kernel for the address. Changes nothing.",
		.example = "myha overlay show sapascs",
		.options = {ROUTE_TABLE_OPTION},
		.run = cmd_overlay_show,
	},
	{
		.name = "overlay create",
		.arguments = "OVERLAY",
		.min_arguments = 1,
		.max_arguments = 1,
		.summary = "make an overlay's routes, to this host, where there are none",
		.description =
			"Puts the address on this host and makes a route in each of its tables. A route\nthat leads elsewhere is left: \"overlay move\" takes it over.",
		.example = "myha overlay create sapascs",
		.options = {ROUTE_TABLE_OPTION, INTERFACE_OPTION, TO_OPTION},
		.run = cmd_overlay_create,
	},
	{
		.name = "overlay move",
		.arguments = "OVERLAY",
		.min_arguments = 1,
		.max_arguments = 1,
		.summary = "bring an overlay here: the address, and the routes in all its tables",
		.description =
			"Logs who had it, puts the address on this host, switches all tables at once and\nreads them back. Running it again finishes what was only partly done. With --to\nthe routes go to another node, and the address leaves this one.",
		.example = "myha overlay move sapascs",
		.options = {ROUTE_TABLE_OPTION, INTERFACE_OPTION, TO_OPTION},
		.run = cmd_overlay_move,
	},
	{
		.name = "overlay release",
		.arguments = "OVERLAY",
		.min_arguments = 1,
		.max_arguments = 1,
		.summary = "take an overlay's address off this host",
		.description =
			"Needs neither EC2 nor the network. The routes stay, unless --delete-route is given.",
		.example = "myha overlay release sapascs",
		.options = {{"delete-route", NULL, "then delete the routes that still lead here"},
			ROUTE_TABLE_OPTION},
		.run = cmd_overlay_release,
	},
	{
		.name = "overlay delete",
		.arguments = "OVERLAY",
		.min_arguments = 1,
		.max_arguments = 1,
		.summary = "delete an overlay's routes that lead here, and take its address off",
		.description = "A route that leads elsewhere is left, and is an error.",
		.example = "myha overlay delete sapascs",
		.options = {{"force", NULL, "delete the routes wherever they lead"},
			ROUTE_TABLE_OPTION},
		.run = cmd_overlay_delete,
	},
	{
		.name = "eni list",
		.arguments = "",
		.summary = "list the ENIs of this VPC, and which are here",
		.description = "Asks EC2 for all ENIs of this host's VPC that pass the filters.",
		.example = "myha eni list --status available",
		.options = {{"subnet", "SUBNET", "only of this subnet"},
			{"instance", "INSTANCE", "only those that it has"},
			{"status", "STATUS", "only these: available, in-use, …"},
			{"tag", "KEY=VALUE", "only with this tag; may be repeated", true},
			{"all-vpcs", NULL, "of every VPC of the region"}},
		.run = cmd_eni_list,
	},
	{
		.name = "eni show",
		.arguments = "ENI|ADDRESS",
		.min_arguments = 1,
		.max_arguments = 1,
		.summary = "show what EC2 says of an ENI, and who has it",
		.description = "By its id, or by any of its addresses within this host's VPC.",
		.example = "myha eni show 10.0.1.10",
		.run = cmd_eni_show,
	},
	{
		.name = "eni create",
		.arguments = "",
		.summary = "make an ENI, and print its id",
		.description =
			"Makes a service ENI, to be moved between nodes. Not attached to anything yet.\nThe same --client-token never makes a second one.",
		.example = "myha eni create --subnet subnet-0a1b2c3d --address 10.0.1.10",
		.options = {{"subnet", "SUBNET", "in which it is to be; needed"},
			{"address", "ADDRESS",
				"IPv4 (the first is the primary) or IPv6; may be repeated", true},
			{"security-group", "GROUP", "may be repeated", true},
			{"description", "TEXT", "for people; at most 255 characters"},
			{"tag", "KEY=VALUE", "may be repeated", true},
			{"client-token", "TOKEN",
				"1 to 64 ASCII characters, for scripts that may run twice"}},
		.run = cmd_eni_create,
	},
	{
		.name = "eni move",
		.arguments = "ENI|ADDRESS",
		.min_arguments = 1,
		.max_arguments = 1,
		.timeout = 120000,
		.summary = "bring an ENI here: detach it there, attach it here, set it up",
		.description =
			"Ends when the ENI is attached here, its link is up and what the policy says of it\nis in place. An ENI that is here already is only set up. What cannot work (another\nzone, a primary ENI, a service's) is refused before anything is detached.",
		.example = "myha eni move 10.0.1.10",
		.options = {{"force", NULL, "detach by force: when the other node is dead"},
			{"force-after", "SECONDS", "by force once it has taken that long"},
			{"no-wait", NULL, "end when EC2 says that it is attached"}},
		.run = cmd_eni_move,
	},
	{
		.name = "eni detach",
		.arguments = "ENI|ADDRESS",
		.min_arguments = 1,
		.max_arguments = 1,
		.timeout = 120000,
		.summary = "detach an ENI from this host",
		.description =
			"Ends when EC2 says that it is available. What another instance has is left to it.",
		.example = "myha eni detach 10.0.1.10",
		.options = {{"force", NULL, "by force"},
			{"force-after", "SECONDS", "by force once it has taken that long"},
			{"any", NULL, "also from another instance"}},
		.run = cmd_eni_detach,
	},
	{
		.name = "address move",
		.arguments = "ADDRESS",
		.min_arguments = 1,
		.max_arguments = 1,
		.summary = "bring a secondary private IPv4 address to an ENI of this host",
		.description =
			"Puts the address on the link, then has EC2 reassign it. Only within a subnet.",
		.example = "myha address move 10.0.0.50",
		.options = {{"interface", "primary|IFACE",
			"whose ENI is to have it: primary (the default) or a name"}},
		.run = cmd_address_move,
	},
	{
		.name = "address release",
		.arguments = "ADDRESS",
		.min_arguments = 1,
		.max_arguments = 1,
		.summary = "take a secondary private IPv4 address off this host",
		.description =
			"Removes the address from whichever link has it. Needs neither EC2 nor the metadata\nservice: what EC2 assigns stays as it is. It is no error if no link has it.",
		.example = "myha address release 10.0.0.50",
		.run = cmd_address_release,
	},
	{
		.name = "ocf",
		.arguments = "AGENT ACTION",
		.min_arguments = 2,
		.max_arguments = 2,
		.summary = "be a resource agent of Pacemaker's: overlay-ip or eni",
		.description =
			"What /usr/lib/ocf/resource.d/myha/ calls. Parameters come as OCF_RESKEY_NAME in the\nenvironment, and the exit status is that of the resource agent API.",
		.example = "myha ocf overlay-ip meta-data",
		.run = cmd_ocf,
	},
	{
		.name = "check",
		.arguments = "",
		.timeout = 60000,
		.summary = "the doctor: say what is wrong or will hurt, and what to do about it",
		.description =
			"Looks at the policy, the metadata service, the credentials, each permission that the\npolicy needs, the clock, the overlays' routes, this host, and what else configures it.\nEach finding comes with its remedy, as commands. Changes nothing. Exit status: 0 nothing\nfound, 3 errors or warnings, 1 something could not be looked at.",
		.example = "myha check",
		.options = {FOR_OPTION},
		.run = cmd_check,
	},
	{
		.name = "policy check",
		.arguments = "",
		.summary = "say whether the policy file is valid",
		.description =
			"Reads the whole file. What is wrong is shown with file, line and column.",
		.example = "myha policy check --policy ./policy.yaml",
		.run = cmd_policy_check,
	},
	{
		.name = "policy show",
		.arguments = "",
		.summary = "print the policy with every default filled in",
		.description =
			"Prints YAML that says the same as the policy file, with nothing left out.",
		.example = "myha policy show",
		.run = cmd_policy_show,
	},
	{
		.name = "policy schema",
		.arguments = "",
		.summary = "print the JSON Schema of the policy file, for editors",
		.description =
			"Prints a JSON Schema (draft-07) that editors complete and check the file by. What it\ncannot say, such as that two interfaces have the same table, policy check does.",
		.example = "myha policy schema > myha.schema.json",
		.run = cmd_policy_schema,
	},
	{
		.name = "iam-policy",
		.arguments = "",
		.summary = "print the least that IAM has to allow for this policy file",
		.description =
			"Prints the JSON document for the host's instance profile, or with --for-role for a\nrole that overlays name. Without --for: for the overlays and interfaces that the policy\nlists. On EC2 account, region and VPC are this instance's own.",
		.example = "myha iam-policy --account 123456789012 --region eu-central-1",
		.options = {FOR_OPTION,
			{"for-role", "ROLE", "the document of this role, by its ARN"},
			{"account", "ID", "the account, 12 digits"},
			{"region", "REGION", "the region"},
			{"partition", "PARTITION", "the partition, such as aws-cn"},
			{"vpc", "VPC", "limit it to this VPC"}},
		.run = cmd_iam_policy,
	},
	{
		.name = "complete",
		.arguments = "[WORD...]",
		.max_arguments = SIZE_MAX,
		.summary = "print what may stand in the place of the last word: for shells",
		.description = "The words are those behind \"myha\" up to the cursor.",
		.example = "myha complete -- overlay move sap",
		.run = cmd_complete,
		.hidden = true,
	},
};

const size_t n_commands = ARRAY_SIZE(commands);
