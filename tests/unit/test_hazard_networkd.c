/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hazard_cases.h"

#define WRITE(directory, name)                                                                     \
	"\tmkdir -p " directory "\n\trm -f " directory "/" name "\n\tprintf '%s\\n'"
#define RESTART                                                                                    \
	"\tsystemctl reset-failed systemd-networkd.service\n"                                      \
	"\tsystemctl restart systemd-networkd.service\n"
#define UNTIL_CONFIGURED(interface)                                                                \
	"\tuntil networkctl status --json=short " interface " | grep -Eq "                         \
	"'\"AdministrativeState\":\"(configured|unmanaged|failed)\"'; do sleep 0.2; done\n"
#define KEEPS_IN(path) "good other-tools: systemd-networkd keeps foreign rules (see " path ")\n"
#define KEEPS KEEPS_IN("/usr/lib/systemd/networkd.conf.d/90-myha.conf")
#define DROPS                                                                                      \
	"error other-tools networkd-drops-rules: systemd-networkd runs without "                   \
	"ManageForeignRoutingPolicyRules=no: myha's rules are deleted whenever "                   \
	"systemd-networkd configures a link\n"
#define TELLS(path)                                                                                \
	"error other-tools networkd-drops-rules: " path " makes systemd-networkd delete all "      \
	"foreign rules, including myha's, whenever systemd-networkd configures a link\n"
#define DROP_IN_REMEDY(name)                                                                       \
	WRITE("/etc/systemd/networkd.conf.d", name)                                                \
	" '[Network]' 'ManageForeignRoutingPolicyRules=no' >/etc/systemd/networkd.conf.d/" name    \
	"\n" RESTART

#define LINK_STATE(state, file)                                                                    \
	"# This is private data. Do not parse.\nADMIN_STATE=" state                                \
	"\nOPER_STATE=routable\nNETWORK_FILE=" file "\nDNS=\n"

static const struct hazard_case rules[] = {
	/* networkd does not run, so its files do not matter. */
	{.files = {{"/etc/systemd/networkd.conf", "[Network]\n", NULL}}, .expected = ""},
	{.files = {NETWORKD_STARTED_AFTER}, .expected = DROPS DROP_IN_REMEDY("90-myha.conf") BOOT},
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN}, .expected = KEEPS},
	/* A container's, and one of which it is certain that it is not. */
	{.files = {NETWORKD_STARTED_AFTER, {"/proc/self/ns/net", NULL, "net:[4026531840]"},
		 {"/proc/77/ns/net", NULL, "net:[4026532177]"}},
		.expected = ""},
	{.files = {NETWORKD_STARTED_AFTER, {"/proc/self/ns/net", NULL, "net:[4026531840]"},
		 {"/proc/77/ns/net", NULL, "net:[4026531840]"}},
		.expected = DROPS DROP_IN_REMEDY("90-myha.conf") BOOT},
	/* No rules are at risk, or some may be. */
	{.files = {NETWORKD_STARTED_AFTER}, .policy = LISTS_NOTHING, .expected = ""},
	{.files = {NETWORKD_STARTED_AFTER}, .policy = LISTS_OVERLAY, .expected = ""},
	{.files = {NETWORKD_STARTED_AFTER},
		.policy = IS_MISSING,
		.expected = DROPS DROP_IN_REMEDY("90-myha.conf")},
	/* A mask in /etc; an empty file is one too. */
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN,
		 {"/etc/systemd/networkd.conf.d/90-myha.conf", NULL, "/dev/null"}},
		.expected = DROPS DROP_IN_REMEDY("90-myha.conf") BOOT},
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN,
		 {"/run/systemd/networkd.conf.d/90-myha.conf", "", NULL}},
		.expected = DROPS DROP_IN_REMEDY("90-myha.conf") BOOT},
	/* /etc beats /usr/lib, drop-ins beat the file itself, and the last name beats all. */
	{.files = {NETWORKD_STARTED_AFTER,
		 {"/etc/systemd/networkd.conf", "[Network]\nManageForeignRoutingPolicyRules=no\n",
			 NULL}},
		.expected = KEEPS_IN("/etc/systemd/networkd.conf")},
	{.files = {NETWORKD_STARTED_AFTER,
		 {"/etc/systemd/networkd.conf", "[Network]\n#ManageForeignRoutingPolicyRules=no\n",
			 NULL}},
		.expected = DROPS DROP_IN_REMEDY("90-myha.conf") BOOT},
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN,
		 {"/etc/systemd/networkd.conf", "[Network]\nManageForeignRoutingPolicyRules=yes\n",
			 NULL}},
		.expected = KEEPS},
	{.files = {NETWORKD_STARTED_AFTER,
		 {"/etc/systemd/networkd.conf", "[Network]\nManageForeignRoutingPolicyRules=1\n",
			 NULL}},
		.expected = TELLS("/etc/systemd/networkd.conf") DROP_IN_REMEDY("90-myha.conf")
			BOOT},
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN,
		 {"/run/systemd/networkd.conf.d/10-a.conf",
			 "[Network]\nManageForeignRoutingPolicyRules=yes\n", NULL}},
		.expected = KEEPS},
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN,
		 {"/run/systemd/networkd.conf.d/99-a.conf",
			 "[Network]\nManageForeignRoutingPolicyRules=yes\n", NULL}},
		.expected = TELLS("/run/systemd/networkd.conf.d/99-a.conf")
			DROP_IN_REMEDY("zzz-myha.conf") BOOT},
	/* A value that networkd does not accept is ignored. */
	{.files = {NETWORKD_STARTED_AFTER,
		 {"/etc/systemd/networkd.conf.d/a.conf",
			 "[Network]\nManageForeignRoutingPolicyRules=never\n", NULL}},
		.expected = DROPS DROP_IN_REMEDY("90-myha.conf") BOOT},
	{.files = {NETWORKD_STARTED_AFTER,
		 {"/etc/systemd/networkd.conf.d/a.conf.bak",
			 "[Network]\nManageForeignRoutingPolicyRules=no\n", NULL}},
		.expected = DROPS DROP_IN_REMEDY("90-myha.conf") BOOT},
	{.files = {NETWORKD_STARTED_AFTER,
		 {"/etc/systemd/networkd.conf.d/a.conf",
			 "[DHCPv4]\nManageForeignRoutingPolicyRules=no\n", NULL}},
		.expected = DROPS DROP_IN_REMEDY("90-myha.conf") BOOT},
	/* A file that exists but cannot be read is not treated as missing. */
	{.files = {NETWORKD_STARTED_AFTER,
		 {"/etc/systemd/networkd.conf.d/a.conf", NULL, "/dev/full"}},
		.expected = "unknown other-tools networkd-drops-rules: cannot read networkd.conf "
			    "and its drop-ins: Invalid argument\n"},
	/* Not restarted since. */
	{.files = {NETWORKD_STARTED_BEFORE, DROP_IN},
		.expected = "error other-tools networkd-not-restarted: systemd-networkd has "
			    "not read /usr/lib/systemd/networkd.conf.d/90-myha.conf yet (the file "
			    "changed after the service started): myha's rules are still "
			    "deleted\n" RESTART BOOT KEEPS},
	{.files = {NETWORKD_STARTED_BEFORE, DROP_IN,
		 {"/proc/77/stat", "77 (systemd-network) S 1\n", NULL}},
		.expected = "unknown other-tools networkd-not-restarted: cannot read the start "
			    "time of systemd-networkd in /proc: Bad message\n" KEEPS},
};

static void test_rules(void **state)
{
	(void)state;
	hazard_cases_run(rules, ARRAY_SIZE(rules));
}

#define MANAGES(file)                                                                              \
	"warning other-tools networkd-manages-interface: systemd-networkd also manages eth1 "      \
	"(see " file ") and removes myha's addresses and routes\n"
#define UNMANAGE(name)                                                                             \
	WRITE("/etc/systemd/network", name)                                                        \
	" '[Match]' 'Name=eth1' '' '[Link]' 'Unmanaged=yes' >/etc/systemd/network/" name "\n"      \
	"\tuntil networkctl reload; do sleep 1; done\n"                                            \
	"\tuntil networkctl status --json=short eth1 | grep -q "                                   \
	"'\"AdministrativeState\":\"unmanaged\"'; do sleep 0.2; done\n"                            \
	"\tmyha attach eth1\n"

#define KEEP_IN(directory, value)                                                                  \
	WRITE(directory, "zzz-myha.conf")                                                          \
	" '[Network]' 'KeepConfiguration=" value "' >" directory "/zzz-myha.conf\n"
#define KEEP_ROUTES KEEP_IN("/etc/systemd/network/10-eth1.network.d", "yes")
#define ROUTES_GO                                                                                  \
	"error other-tools networkd-drops-routes: systemd-networkd manages eth1 (see "             \
	"/etc/systemd/network/10-eth1.network) without KeepConfiguration=yes: a restart of "       \
	"systemd-networkd deletes myha's routes; networkctl reconfigure, netplan apply and a "     \
	"link that goes down delete these routes even with KeepConfiguration=yes\n"
#define ROUTES_STILL_GO                                                                            \
	"note other-tools networkd-drops-routes: systemd-networkd manages eth1 (see "              \
	"/etc/systemd/network/10-eth1.network): a restart of systemd-networkd keeps myha's "       \
	"routes, but networkctl reconfigure, netplan apply and a link that goes down delete "      \
	"these routes\n"                                                                           \
	"\t# after each of these events: myha attach eth1\n"
#define DROPS_ROUTES ROUTES_GO KEEP_ROUTES RESTART UNTIL_CONFIGURED("eth1") BOOT
#define DROPS_ROUTES_OF_BOTH                                                                       \
	ROUTES_GO KEEP_ROUTES KEEP_ROUTES RESTART UNTIL_CONFIGURED("eth1") BOOT                    \
		"warning other-tools networkd-drops-overlay: systemd-networkd manages eth1 (see "  \
		"/etc/systemd/network/10-eth1.network): a restart of systemd-networkd removes "    \
		"the address of overlay sapascs\n" KEEP_ROUTES RESTART UNTIL_CONFIGURED("eth1")    \
			BOOT

static const struct hazard_case links[] = {
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN,
		 {"/run/systemd/netif/links/3",
			 LINK_STATE("configured", "/etc/systemd/network/10-all.network"), NULL}},
		.expected = MANAGES("/etc/systemd/network/10-all.network")
			UNMANAGE("05-myha-eth1.network") KEEPS},
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN,
		 {"/run/systemd/netif/links/3",
			 LINK_STATE("configuring", "/run/systemd/network/00-eth1.network"), NULL}},
		.expected = MANAGES("/run/systemd/network/00-eth1.network")
			UNMANAGE("00-0-myha-eth1.network") KEEPS},
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN,
		 {"/run/systemd/netif/links/3", LINK_STATE("unmanaged", ""), NULL}},
		.expected = KEEPS},
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN,
		 {"/run/systemd/netif/links/3",
			 LINK_STATE("unmanaged", "/etc/systemd/network/05-myha-eth1.network"),
			 NULL}},
		.expected = KEEPS},
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN,
		 {"/run/systemd/netif/links/3", LINK_STATE("pending", ""), NULL}},
		.expected = KEEPS},
	/* Another link, or what was left by one that does not run any more. */
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN,
		 {"/run/systemd/netif/links/2", LINK_STATE("configured", "/etc/a.network"), NULL}},
		.expected = KEEPS},
	{.files = {{"/run/systemd/netif/links/3", LINK_STATE("configured", "/etc/a.network"),
		 NULL}},
		.expected = ""},
	/* It is meant to, but has to leave the routes. */
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN,
		 {"/run/systemd/netif/links/3",
			 LINK_STATE("configured", "/etc/systemd/network/10-eth1.network"), NULL},
		 {"/etc/systemd/network/10-eth1.network", "[Network]\nDHCP=yes\n", NULL}},
		.interface = {.addresses = POLICY_ADDRESSES_NONE},
		.expected = DROPS_ROUTES KEEPS},
	/* The file for an overlay of the link does not undo the one for the routes. */
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN,
		 {"/run/systemd/netif/links/3",
			 LINK_STATE("configured", "/etc/systemd/network/10-eth1.network"), NULL}},
		.policy = LISTS_BOTH_ON_ETH1,
		.interface = {.addresses = POLICY_ADDRESSES_NONE},
		.expected = DROPS_ROUTES_OF_BOTH KEEPS},
	{.files = {NETWORKD_STARTED_AFTER, DROP_IN,
		 {"/run/systemd/netif/links/3",
			 LINK_STATE("configured", "/etc/systemd/network/10-eth1.network"), NULL},
		 {"/etc/systemd/network/10-eth1.network", "[Network]\nKeepConfiguration=true\n",
			 NULL}},
		.interface = {.addresses = POLICY_ADDRESSES_NONE},
		.expected = ROUTES_STILL_GO KEEPS},
};

static void test_links(void **state)
{
	(void)state;
	hazard_cases_run(links, ARRAY_SIZE(links));
}

#define ETH0_LINK                                                                                  \
	{                                                                                          \
		"/run/systemd/netif/links/2",                                                      \
			LINK_STATE("configured", "/run/systemd/network/10-netplan-eth0.network"),  \
			NULL                                                                       \
	}
#define KEEP_OVERLAY KEEP_IN("/etc/systemd/network/10-netplan-eth0.network.d", "static")
#define OVERLAY_GOES                                                                               \
	"warning other-tools networkd-drops-overlay: systemd-networkd manages eth0 (see "          \
	"/run/systemd/network/10-netplan-eth0.network): a restart of systemd-networkd removes "    \
	"the address of overlay sapascs\n" KEEP_OVERLAY RESTART UNTIL_CONFIGURED("eth0") BOOT

static const struct hazard_case overlays[] = {
	{.files = {NETWORKD_STARTED_AFTER, ETH0_LINK},
		.policy = LISTS_OVERLAY,
		.expected = OVERLAY_GOES},
	{.files = {NETWORKD_STARTED_AFTER, ETH0_LINK,
		 {"/run/systemd/network/10-netplan-eth0.network",
			 "[Network]\nKeepConfiguration=dhcp\n", NULL}},
		.policy = LISTS_OVERLAY,
		.expected = OVERLAY_GOES},
	{.files = {NETWORKD_STARTED_AFTER, ETH0_LINK,
		 {"/run/systemd/network/10-netplan-eth0.network",
			 "[Network]\nKeepConfiguration=true\n", NULL}},
		.policy = LISTS_OVERLAY,
		.expected = ""},
	{.files = {NETWORKD_STARTED_AFTER, ETH0_LINK,
		 {"/run/systemd/network/10-netplan-eth0.network",
			 "[Network]\nKeepConfiguration=no\n", NULL},
		 {"/etc/systemd/network/10-netplan-eth0.network.d/zzz-myha.conf",
			 "[Network]\nKeepConfiguration=static\n", NULL}},
		.policy = LISTS_OVERLAY,
		.expected = ""},
	{.files = {ETH0_LINK}, .policy = LISTS_OVERLAY, .expected = ""},
	/* The overlay stays, whatever the reason of networkd's restart. */
	{.files = {NETWORKD_STARTED_AFTER, ETH0_LINK},
		.policy = LISTS_BOTH,
		.expected = DROPS WRITE("/etc/systemd/networkd.conf.d",
			"90-myha.conf") " '[Network]' 'ManageForeignRoutingPolicyRules=no' "
					">/etc/systemd/networkd.conf.d/90-myha.conf\n" KEEP_OVERLAY
						RESTART UNTIL_CONFIGURED("eth0") BOOT OVERLAY_GOES},
};

static void test_overlays(void **state)
{
	(void)state;
	hazard_cases_run(overlays, ARRAY_SIZE(overlays));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_overlays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
