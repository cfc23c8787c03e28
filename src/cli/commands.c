/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

#include <stdio.h>

const struct command commands[] = {
	{
		.name = "attach",
		.arguments = "IFACE",
		.min_arguments = 1,
		.max_arguments = 1,
		.of_interfaces = true,
		.summary =
			"give an interface the addresses, table and rule that policy and EC2 say",
		.description = "Reads what EC2 says of the interface's ENI, and brings its link, "
			       "addresses, "
			       "routing\ntable and source rules to what the policy wants. Running "
			       "it again "
			       "changes nothing.\nAn interface that the policy does not list is "
			       "left alone.",
		.example = "myha attach eth1",
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
			"Removes the rules, routes and addresses that myha added for the "
			"interface. "
			"Needs\nneither the device nor EC2 nor the policy. The link stays up.",
		.example = "myha detach eth1",
		.options = {{"keep-record", NULL,
				    "keep the state file if the device is gone, for --if-gone"},
			{"if-gone", NULL,
				"only if the device is gone; exit 3 if another one has its name"}},
		.run = cmd_detach,
	},
	{
		.name = "boot",
		.arguments = "",
		.summary = "after every boot: attach each listed interface that is there",
		.description =
			"Takes away what is left of interfaces that are gone, and attaches every "
			"interface\nthat the policy lists and the host has. One that fails does "
			"not "
			"hold up the others.",
		.example = "myha boot",
		.run = cmd_boot,
	},
	{
		.name = "plan",
		.arguments = "[IFACE]",
		.max_arguments = 1,
		.of_interfaces = true,
		.summary = "show what attach or boot would change now; exit 3 if anything would",
		.description = "Prints each change as the ip command that would do it, with its "
			       "reason. Changes nothing.",
		.example = "myha plan eth1",
		.run = cmd_plan,
	},
	{
		.name = "status",
		.arguments = "",
		.summary = "show each listed interface: wanted, found, drift; exit 3 if any drifts",
		.description = "Looks at EC2 and at the kernel, and says for every entry of the "
			       "policy how it stands.",
		.example = "myha status --json",
		.run = cmd_status,
	},
	{
		.name = "policy check",
		.arguments = "",
		.summary = "say whether the policy file is valid",
		.description = "Reads the whole file. What is wrong is shown with file, line and "
			       "column.",
		.example = "myha policy check --policy ./policy.yaml",
		.run = cmd_policy_check,
	},
	{
		.name = "policy show",
		.arguments = "",
		.summary = "print the policy with every default filled in",
		.description = "Prints YAML that says the same as the policy file, with nothing "
			       "left out.",
		.example = "myha policy show",
		.run = cmd_policy_show,
	},
};

const size_t n_commands = ARRAY_SIZE(commands);

static const char global_options[] =
	"  -p, --policy FILE      policy file (default /etc/myha/policy.yaml)\n"
	"  -n, --dry-run          show what would be done, change nothing\n"
	"      --json             results as JSON on standard output\n"
	"      --timeout SECONDS  one deadline for the whole verb (default 30)\n"
	"  -v, --verbose          also log what was looked at\n"
	"  -q, --quiet            log errors alone\n"
	"  -h, --help             this text, or with a verb: its own\n"
	"      --version\n";

static const char exit_statuses[] =
	"Exit status: 0 done, or nothing to do; 1 failed; 2 usage or policy file wrong;\n"
	"3 wanted and found differ, or only partly done; 4 not permitted by IAM; 5 out of time.\n";

void help_print_overview(void)
{
	printf("usage: myha [OPTION…] VERB [ARGUMENT…]\n\n"
	       "IP failover for Linux on EC2.\n\nVerbs:\n");
	for (size_t i = 0; i < n_commands; i++)
		printf("  %-14s %-8s %s\n", commands[i].name, commands[i].arguments,
			commands[i].summary);
	printf("\nOptions:\n%s\n%s", global_options, exit_statuses);
	printf("\n\"myha VERB --help\" tells more of a verb. See also myha(8), myha.policy(5).\n");
}

void help_print_command(const struct command *command)
{
	printf("usage: myha %s%s%s [OPTION…]\n\n%s\n", command->name,
		*command->arguments ? " " : "", command->arguments, command->description);
	printf("\nExample:\n  %s\n\nOptions:\n", command->example);
	for (const struct command_option *option = command->options; option->name; option++)
		printf("      --%s%s%s  %s\n", option->name, option->value ? " " : "",
			option->value ? option->value : "", option->summary);
	printf("%s\n%s", global_options, exit_statuses);
}
