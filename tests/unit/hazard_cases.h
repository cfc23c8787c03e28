/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the probes of other tools on hosts, each a tree of files, and compares all findings.
 */
#pragma once

#include "file_tree.h"
#include "hazard/hazard.h"

/* networkd at work, from after or before all files of the tree were made. */
#define NETWORKD_STARTED_AFTER                                                                     \
	{"/proc/77/comm", "systemd-network\n", NULL},                                              \
	{                                                                                          \
		"/proc/77/stat",                                                                   \
			"77 (systemd-network) S 1 77 77 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 "            \
			"0 200000 0\n",                                                            \
			NULL                                                                       \
	}
#define NETWORKD_STARTED_BEFORE                                                                    \
	{"/proc/77/comm", "systemd-network\n", NULL},                                              \
	{                                                                                          \
		"/proc/77/stat",                                                                   \
			"77 (a ) b) S 1 77 77 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 50000 "              \
			"0\n",                                                                     \
			NULL                                                                       \
	}

#define DROP_IN                                                                                    \
	{                                                                                          \
		"/usr/lib/systemd/networkd.conf.d/90-myha.conf",                                   \
			"[Network]\nManageForeignRoutingPolicyRules=no\n", NULL                    \
	}

#define MASK(unit)                                                                                 \
	{                                                                                          \
		"/etc/systemd/system/" unit, NULL, "/dev/null"                                     \
	}

#define BOOT "\tmyha boot\n" /* the last line of remedies */

enum hazard_case_policy {
	LISTS_ETH1, /* which has index 3, unless the case has another `interface` */
	LISTS_OVERLAY, /* on eth0, with the index 2, and no interface */
	LISTS_BOTH,
	LISTS_BOTH_ON_ETH1,
	LISTS_NOTHING,
	IS_MISSING,
};

#define OTHERS_CASE_FILES 9

struct hazard_case {
	struct tree_file files[OTHERS_CASE_FILES]; /* over those that a sound host has */
	enum hazard_case_policy policy;
	struct hazard_interface interface; /* unusual properties of eth1; zero: as usual */
	/*
	 * "SEVERITY AREA ID: WHAT", its remedy's lines behind a tab each, then "good AREA: …" of other
	 * tools.
	 */
	const char *expected;
};

/* Fails the test with all findings of the case. */
void hazard_cases_run(const struct hazard_case *cases, size_t count);
