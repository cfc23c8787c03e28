/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/global_options.h"

const struct global_option global_options[GLOBAL_OPTIONS] = {
	{{"policy", "FILE", "policy file (default /etc/myha/policy.yaml)"}, 'p'},
	{{"dry-run", NULL, "show what would be done, change nothing"}, 'n'},
	{{"json", NULL, "results as JSON on standard output"}, OPTION_JSON},
	{{"timeout", "SECONDS", "one deadline for the whole verb"}, OPTION_TIMEOUT},
	{{"verbose", NULL, "also log what was looked at"}, 'v'},
	{{"quiet", NULL, "log errors alone"}, 'q'},
	{{"help", NULL, "this text, or with a verb: its own"}, 'h'},
	{{"version", NULL, "print the version"}, OPTION_VERSION},
};
