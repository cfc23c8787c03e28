/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hazard_cases.h"

#define FLUSH_AND_ATTACH                                                                           \
	"\tip route flush exact default proto dhcp dev eth1\n"                                     \
	"\tmyha attach eth1\n"

#define DHCLIENT(arguments)                                                                        \
	{"/proc/88/comm", "dhclient\n", NULL},                                                     \
	{                                                                                          \
		"/proc/88/cmdline", "dhclient " arguments "\n", NULL                               \
	}
#define DHCLIENT_FOUND                                                                             \
	"warning other-tools dhclient-manages-interface: dhclient (process 88) also "              \
	"configures eth1: the ENI's address gets the lifetime of the DHCP lease, and all "         \
	"addresses are removed when dhclient stops\n"                                              \
	"\tkill -KILL 88\n"

static const struct hazard_case dhclient[] = {
	{.files = {DHCLIENT("-4 -v -pf /run/dhclient.eth1.pid eth1")},
		.expected = DHCLIENT_FOUND FLUSH_AND_ATTACH},
	{.files = {DHCLIENT("eth1 eth0")}, .expected = DHCLIENT_FOUND FLUSH_AND_ATTACH},
	{.files = {DHCLIENT("eth1")},
		.interface = {.name = "eth1", .rp_filter = 2},
		.expected = DHCLIENT_FOUND},
	{.files = {DHCLIENT("eth1")},
		.interface = {.addresses = POLICY_ADDRESSES_NONE},
		.expected = ""},
	{.files = {DHCLIENT("-lf eth1.leases eth0")}, .expected = ""},
	{.files = {DHCLIENT("eth10")}, .expected = ""},
	/* NetworkManager's. */
	{.files = {DHCLIENT("-d -q -sf /usr/libexec/nm-dhcp-helper eth1")}, .expected = ""},
	{.files = {{"/proc/88/comm", "dhclient\n", NULL}}, .expected = ""},
};

static void test_dhclient(void **state)
{
	(void)state;
	hazard_cases_run(dhclient, ARRAY_SIZE(dhclient));
}

/* Started after or before all files of the tree were made. */
#define DHCPCD_STARTED(ticks)                                                                      \
	{"/proc/89/comm", "dhcpcd\n", NULL},                                                       \
	{                                                                                          \
		"/proc/89/stat",                                                                   \
			"89 (dhcpcd) S 1 89 89 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " ticks " 0\n",     \
			NULL                                                                       \
	}
#define DHCPCD_AFTER DHCPCD_STARTED("200000")
#define DHCPCD_BEFORE DHCPCD_STARTED("50000")
#define OF_ALL                                                                                     \
	{                                                                                          \
		"/run/dhcpcd/pid", "89\n", NULL                                                    \
	}
#define CONF(text)                                                                                 \
	{                                                                                          \
		"/etc/dhcpcd.conf", text, NULL                                                     \
	}
#define DHCPCD_FOUND                                                                               \
	"warning other-tools dhcpcd-manages-interface: dhcpcd also configures eth1: the ENI's "    \
	"address gets the lifetime of the DHCP lease, so the routes in its table are lost, and "   \
	"dhcpcd adds a default route\n"
#define DENY_FIRST                                                                                 \
	"\techo 'denyinterfaces eth1' >/etc/dhcpcd.conf.myha\n"                                    \
	"\tcat /etc/dhcpcd.conf >>/etc/dhcpcd.conf.myha\n" DENY_LAST
#define DENY_LAST                                                                                  \
	"\tcat /etc/dhcpcd.conf.myha >/etc/dhcpcd.conf\n"                                          \
	"\trm /etc/dhcpcd.conf.myha\n"
#define RESTART_DHCPCD "\tsystemctl restart dhcpcd.service\n"
#define ALL_FOUND DHCPCD_FOUND DENY_FIRST RESTART_DHCPCD FLUSH_AND_ATTACH

static const struct hazard_case dhcpcd[] = {
	{.files = {DHCPCD_AFTER, OF_ALL, CONF("duid\n")}, .expected = ALL_FOUND},
	{.files = {DHCPCD_AFTER, OF_ALL},
		.expected = DHCPCD_FOUND
		"\techo 'denyinterfaces eth1' >/etc/dhcpcd.conf.myha\n" DENY_LAST RESTART_DHCPCD
			FLUSH_AND_ATTACH},
	{.files = {DHCPCD_AFTER, {"/run/dhcpcd.pid", "89\n", NULL}, CONF("duid\n")},
		.expected = ALL_FOUND},
	{.files = {DHCPCD_AFTER, {"/run/dhcpcd/eth1-4.pid", "89\n", NULL}, CONF("duid\n")},
		.expected = DHCPCD_FOUND DENY_FIRST "\tdhcpcd -4 -x eth1\n" FLUSH_AND_ATTACH},
	{.files = {DHCPCD_AFTER, {"/run/dhcpcd-eth1.pid", "89\n", NULL}, CONF("duid\n")},
		.expected = DHCPCD_FOUND DENY_FIRST "\tdhcpcd -x eth1\n" FLUSH_AND_ATTACH},
	{.files = {DHCPCD_AFTER, OF_ALL, CONF("duid\n")},
		.interface = {.addresses = POLICY_ADDRESSES_NONE},
		.expected = ""},
	/* Of another interface; or killed, with its number taken since. */
	{.files = {DHCPCD_AFTER, {"/run/dhcpcd/eth0.pid", "89\n", NULL}}, .expected = ""},
	{.files = {OF_ALL, {"/proc/89/comm", "sshd\n", NULL}}, .expected = ""},
	{.files = {OF_ALL}, .expected = ""},
	/* Denied, and in what other ways. */
	{.files = {DHCPCD_AFTER, OF_ALL, CONF("denyinterfaces eth1\n")}, .expected = ""},
	{.files = {DHCPCD_AFTER, OF_ALL, CONF("duid\n  denyinterfaces eth0,veth* eth[1-9]\n")},
		.expected = ""},
	{.files = {DHCPCD_AFTER, OF_ALL, CONF("allowinterfaces eth0\n")}, .expected = ""},
	{.files = {DHCPCD_AFTER, OF_ALL, CONF("allowinterfaces eth*\n")}, .expected = ALL_FOUND},
	{.files = {DHCPCD_AFTER, OF_ALL, CONF("denyinterfaces eth0\n")}, .expected = ALL_FOUND},
	{.files = {DHCPCD_AFTER, OF_ALL, CONF("#denyinterfaces eth1\n")}, .expected = ALL_FOUND},
	{.files = {DHCPCD_AFTER, OF_ALL, CONF("interface eth0\ndenyinterfaces eth1\n")},
		.expected = ALL_FOUND},
	{.files = {DHCPCD_BEFORE, OF_ALL, CONF("denyinterfaces eth1\n")}, .expected = ALL_FOUND},
	{.files = {DHCPCD_AFTER, OF_ALL, {"/etc/dhcpcd.conf", NULL, "/dev/full"}},
		.expected = "unknown other-tools dhcpcd-manages-interface: cannot read "
			    "/etc/dhcpcd.conf: Invalid argument\n"},
};

static void test_dhcpcd(void **state)
{
	(void)state;
	hazard_cases_run(dhcpcd, ARRAY_SIZE(dhcpcd));
}

/* One that does not hot-plug. */
#define CLOUD_INIT_22                                                                              \
	{                                                                                          \
		"/usr/lib/python3/dist-packages/cloudinit/version.py",                             \
			"__VERSION__ = \"22.4.2\"\n", NULL                                         \
	}
#define LEASE                                                                                      \
	{                                                                                          \
		"/var/lib/dhcpcd/eth1.lease", "", NULL                                             \
	}
#define QUIET_22 "good other-tools: cloud-init 22.4 does not configure hot-plugged ENIs\n"
#define CLOUD_INIT_FOUND                                                                           \
	"warning other-tools cloud-init-dhcp: cloud-init runs dhcpcd on eth1 at boot or "          \
	"hot-plug and then kills dhcpcd (see /var/lib/dhcpcd/eth1.lease): the remaining address "  \
	"expires with its lease\n"

static const struct hazard_case cloud_init[] = {
	{.files = {CLOUD_INIT_22, LEASE, CONF("duid\n")},
		.expected = CLOUD_INIT_FOUND DENY_FIRST FLUSH_AND_ATTACH QUIET_22},
	/* It leaves the file with its number. */
	{.files = {CLOUD_INIT_22, LEASE, CONF("duid\n"), {"/run/dhcpcd/eth1-4.pid", "89\n", NULL}},
		.expected = CLOUD_INIT_FOUND DENY_FIRST FLUSH_AND_ATTACH QUIET_22},
	{.files = {CLOUD_INIT_22, LEASE, CONF("denyinterfaces eth1\n")}, .expected = QUIET_22},
	{.files = {CLOUD_INIT_22, CONF("duid\n")}, .expected = QUIET_22},
	{.files = {LEASE, CONF("duid\n")}, .expected = ""},
	{.files = {CLOUD_INIT_22, LEASE, {"/etc/cloud/cloud-init.disabled", "", NULL}},
		.expected = ""},
	{.files = {CLOUD_INIT_22, LEASE},
		.interface = {.addresses = POLICY_ADDRESSES_NONE},
		.expected = QUIET_22},
};

static void test_cloud_init(void **state)
{
	(void)state;
	hazard_cases_run(cloud_init, ARRAY_SIZE(cloud_init));
}

#define IFUP                                                                                       \
	{                                                                                          \
		"/usr/sbin/ifup", "", NULL                                                         \
	}
#define INTERFACES(text)                                                                           \
	{                                                                                          \
		"/etc/network/interfaces", text, NULL                                              \
	}
#define SOURCED(text)                                                                              \
	{                                                                                          \
		"/etc/network/interfaces.d/eth1", text, NULL                                       \
	}
#define IFSTATE                                                                                    \
	{                                                                                          \
		"/run/network/ifstate", "lo=lo\neth1=home\n", NULL                                 \
	}
#define EXCLUDED(names)                                                                            \
	{                                                                                          \
		"/etc/default/networking", "EXCLUDE_INTERFACES=\"" names "\"\n", NULL              \
	}
#define IFUPDOWN_FOUND(path)                                                                       \
	"warning other-tools ifupdown-manages-interface: ifupdown also configures eth1 "           \
	"(see " path "): ifdown and a restart of networking.service remove all addresses of the "  \
	"interface\n"
#define EXCLUDE(names) "\techo 'EXCLUDE_INTERFACES=\"" names "\"' >>/etc/default/networking\n"
#define MASK_UNIT "\tsystemctl mask ifup@eth1.service\n"
#define IFDOWN                                                                                     \
	"\tsed -i '/^eth1=/d' /run/network/ifstate\n"                                              \
	"\trm -f /run/network/ifstate.eth1\n"                                                      \
	"\tsystemctl stop ifup@eth1.service\n"
#define ATTACH_ONLY "\tmyha attach eth1\n"
#define MAIN_FILE "/etc/network/interfaces"
#define FOUND_AND_DOWN(path) IFUPDOWN_FOUND(path) EXCLUDE("eth1") MASK_UNIT ATTACH_ONLY

static const struct hazard_case ifupdown[] = {
	{.files = {IFUP, INTERFACES("auto lo eth1\niface eth1 inet dhcp\n")},
		.expected = FOUND_AND_DOWN(MAIN_FILE)},
	{.files = {IFUP, INTERFACES("allow-hotplug /eth*\n")},
		.expected = FOUND_AND_DOWN(MAIN_FILE)},
	{.files = {IFUP, INTERFACES("auto eth1\n"), IFSTATE},
		.expected = IFUPDOWN_FOUND(MAIN_FILE) EXCLUDE("eth1") MASK_UNIT IFDOWN ATTACH_ONLY},
	/* By hand. */
	{.files = {IFUP, INTERFACES("iface eth1 inet dhcp\n"), IFSTATE},
		.expected = IFUPDOWN_FOUND("/run/network/ifstate") EXCLUDE("eth1")
			MASK_UNIT IFDOWN ATTACH_ONLY},
	{.files = {IFUP, INTERFACES("source /etc/network/interfaces.d/*\n"),
		 SOURCED("allow-hotplug eth1\n")},
		.expected = FOUND_AND_DOWN("/etc/network/interfaces.d/eth1")},
	{.files = {IFUP, INTERFACES("source /etc/network/interfaces.d/eth1\n"),
		 SOURCED("auto eth1\n")},
		.expected = FOUND_AND_DOWN("/etc/network/interfaces.d/eth1")},
	{.files = {IFUP, INTERFACES("source-directory /etc/network/interfaces.d\n"),
		 SOURCED("auto eth1\n")},
		.expected = FOUND_AND_DOWN("/etc/network/interfaces.d/eth1")},
	{.files = {IFUP, INTERFACES("source /etc/network/interfaces.d/*.conf\n"),
		 SOURCED("auto eth1\n")},
		.expected = ""},
	{.files = {IFUP, INTERFACES("source /etc/network/interfaces\n")}, .expected = ""},
	{.files = {IFUP, INTERFACES("auto lo eth0\niface eth0 inet dhcp\n")}, .expected = ""},
	{.files = {IFUP, INTERFACES("iface eth1 inet dhcp\n#auto eth1\n")}, .expected = ""},
	{.files = {INTERFACES("auto eth1\n")}, .expected = ""},
	{.files = {IFUP, INTERFACES("auto eth1\n")},
		.interface = {.addresses = POLICY_ADDRESSES_NONE},
		.expected = ""},
	/* Half of the remedy is no remedy: one is for the boot, and one for the arrival. */
	{.files = {IFUP, INTERFACES("auto eth1\n"), EXCLUDED("eth0")},
		.expected = IFUPDOWN_FOUND(MAIN_FILE) EXCLUDE("eth0 eth1") MASK_UNIT ATTACH_ONLY},
	{.files = {IFUP, INTERFACES("auto eth1\n"), EXCLUDED("eth*")},
		.expected = IFUPDOWN_FOUND(MAIN_FILE) MASK_UNIT ATTACH_ONLY},
	{.files = {IFUP, INTERFACES("auto eth1\n"), EXCLUDED("eth1"), MASK("ifup@eth1.service")},
		.expected = ""},
	{.files = {IFUP, INTERFACES("auto eth1\n"), EXCLUDED("eth1"), MASK("ifup@eth1.service"),
		 IFSTATE},
		.expected = IFUPDOWN_FOUND(MAIN_FILE) MASK_UNIT IFDOWN ATTACH_ONLY},
	/* systemd's name for it. */
	{.files = {IFUP, INTERFACES("auto svc-0\n"), EXCLUDED("svc-0")},
		.interface = {.name = "svc-0", .rp_filter = 2},
		.expected = "warning other-tools ifupdown-manages-interface: ifupdown also "
			    "configures svc-0 (see " MAIN_FILE
			    "): ifdown and a restart of networking.service remove all addresses of "
			    "the interface\n"
			    "\tsystemctl mask 'ifup@svc\\x2d0.service'\n"},
};

static void test_ifupdown(void **state)
{
	(void)state;
	hazard_cases_run(ifupdown, ARRAY_SIZE(ifupdown));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dhclient),
		cmocka_unit_test(test_dhcpcd),
		cmocka_unit_test(test_cloud_init),
		cmocka_unit_test(test_ifupdown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
