/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/global_options.h"

const struct global_option global_options[GLOBAL_OPTIONS] = {
	{{"policy", "FILE", "policy file (default /etc/myha/policy.yaml)"}, 'p'},
	{{"dry-run", NULL, "show what would be done, and change nothing"}, 'n'},
	{{"json", NULL, "print results as JSON on standard output"}, OPTION_JSON},
	{{"timeout", "SECONDS", "deadline for the whole command"}, OPTION_TIMEOUT},
	{{"verbose", NULL, "also log each request, response and wait"}, 'v'},
	{{"quiet", NULL, "log only errors"}, 'q'},
	{{"help", NULL, "print this help, or with a command the help for that command"}, 'h'},
	{{"version", NULL, "print the version"}, OPTION_VERSION},
};
