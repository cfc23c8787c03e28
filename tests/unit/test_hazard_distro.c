/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hazard_cases.h"

#define MANAGER                                                                                    \
	{                                                                                          \
		"/proc/88/comm", "NetworkManager\n", NULL                                          \
	}
#define MANAGED                                                                                    \
	{                                                                                          \
		"/run/NetworkManager/devices/3", "[device]\nmanaged=true\nconnection-uuid=1-2\n",  \
			NULL                                                                       \
	}
#define UNMANAGED                                                                                  \
	{                                                                                          \
		"/run/NetworkManager/devices/3", "[device]\nmanaged=false\n", NULL                 \
	}
#define CLOUD_SETUP                                                                                \
	{                                                                                          \
		"/etc/systemd/system/timers.target.wants/nm-cloud-setup.timer", NULL,              \
			"/usr/lib/systemd/system/nm-cloud-setup.timer"                             \
	}
#define LET_GO(prefix)                                                                             \
	"\tmkdir -p /etc/NetworkManager/conf.d\n"                                                  \
	"\trm -f /etc/NetworkManager/conf.d/" prefix "-myha-eth1.conf\n"                           \
	"\tprintf '%s\\n' '[keyfile]' 'unmanaged-devices+=mac:0a:1b:2c:3d:4e:5f' "                 \
	">/etc/NetworkManager/conf.d/" prefix "-myha-eth1.conf\n"                                  \
	"\tsystemctl reload NetworkManager.service\n"                                              \
	"\tnmcli device set eth1 managed no\n"                                                     \
	"\tuntil nmcli -g GENERAL.STATE device show eth1 | grep -q '^10 '; do sleep 0.2; done\n"   \
	"\tip route flush exact default proto dhcp dev eth1\n"                                     \
	"\tmyha attach eth1\n"
#define NM_MANAGES                                                                                 \
	"warning other-tools network-manager-manages-interface: NetworkManager also manages "      \
	"eth1: a profile with DHCP adds its own lease and default route, and nmcli device "        \
	"reapply removes myha's addresses and routes\n"
#define MANAGER_FOUND NM_MANAGES LET_GO("90")
#define NM_CONF(name, text)                                                                        \
	{                                                                                          \
		"/etc/NetworkManager/conf.d/" name, text, NULL                                     \
	}
#define MANAGED_LINK(index)                                                                        \
	{                                                                                          \
		"/run/NetworkManager/devices/" index, "[device]\nmanaged=true\n", NULL             \
	}
#define LOOPBACK_LET_GO                                                                            \
	"\tmkdir -p /etc/NetworkManager/conf.d\n"                                                  \
	"\trm -f /etc/NetworkManager/conf.d/90-myha-lo.conf\n"                                     \
	"\tprintf '%s\\n' '[keyfile]' 'unmanaged-devices+=interface-name:lo' "                     \
	">/etc/NetworkManager/conf.d/90-myha-lo.conf\n"                                            \
	"\tsystemctl reload NetworkManager.service\n"                                              \
	"\tuntil nmcli -g GENERAL.STATE device show lo | grep -q '^10 '; do sleep 0.2; done\n"
#define NM_DROPS_OVERLAY                                                                           \
	"warning other-tools network-manager-drops-overlay: NetworkManager manages eth0: nmcli "   \
	"device reapply, nmcli connection up and nmcli networking off can remove the address of "  \
	"overlay sapascs\n" LOOPBACK_LET_GO                                                        \
	"\t# in the policy file, set \"interface: lo\" for overlay sapascs; then run myha boot\n"
#define NM_DROPS_ROUTES                                                                            \
	"note other-tools network-manager-drops-routes: NetworkManager manages eth1: nmcli "       \
	"device reapply and nmcli connection up delete myha's routes\n"                            \
	"\t# after each of these events: myha attach eth1\n"
#define UNTIL_ENDED(unit)                                                                          \
	"\tuntil systemctl is-active " unit " | grep -Eqx 'inactive|failed'; do sleep 0.2; done\n"
#define CLOUD_SETUP_FOUND                                                                          \
	"warning other-tools nm-cloud-setup-enabled: nm-cloud-setup is enabled: each "             \
	"interface that NetworkManager manages gets additional rules and tables from 30200 on\n"   \
	"\tsystemctl disable --now nm-cloud-setup.timer\n"                                         \
	"\tsystemctl disable nm-cloud-setup.service\n" UNTIL_ENDED("nm-cloud-setup.service")

static const struct hazard_case manager[] = {
	{.files = {MANAGER, MANAGED}, .expected = MANAGER_FOUND},
	{.files = {MANAGER, UNMANAGED}, .expected = ""},
	{.files = {MANAGED}, .expected = ""},
	{.files = {MANAGER, MANAGED},
		.interface = {.addresses = POLICY_ADDRESSES_NONE},
		.expected = NM_DROPS_ROUTES},
	/* A file that is read later sets the list anew, or adds to it. */
	{.files = {MANAGER, MANAGED,
		 NM_CONF("99-local.conf", "[keyfile]\nunmanaged-devices=mac:1\n")},
		.expected = NM_MANAGES LET_GO("zzz")},
	{.files = {MANAGER, MANAGED,
		 NM_CONF("99-local.conf", "[keyfile]\nunmanaged-devices+=mac:1\n")},
		.expected = MANAGER_FOUND},
	{.files = {MANAGER, MANAGED,
		 NM_CONF("10-local.conf", "[keyfile]\nunmanaged-devices=mac:1\n")},
		.expected = MANAGER_FOUND},
	{.files = {MANAGER, MANAGED, NM_CONF("99-local", "[keyfile]\nunmanaged-devices=mac:1\n")},
		.expected = MANAGER_FOUND},
	{.files = {MANAGER, MANAGED_LINK("2")},
		.policy = LISTS_OVERLAY,
		.expected = NM_DROPS_OVERLAY},
	{.files = {MANAGER, MANAGED_LINK("1")}, .policy = LISTS_OVERLAY, .expected = ""},
	{.files = {MANAGED_LINK("2")}, .policy = LISTS_OVERLAY, .expected = ""},
	{.files = {MANAGER, MANAGED}, .policy = LISTS_NOTHING, .expected = ""},
	{.files = {MANAGER, MANAGED}, .interface = {.name = "eth1"}, .expected = ""},
	{.files = {MANAGER}, .expected = ""},
	{.files = {MANAGER, {"/run/NetworkManager/devices/3", "[device]\nnm-owned=false\n", NULL}},
		.expected = ""},
	{.files = {MANAGER, {"/run/NetworkManager/devices/3", NULL, "/dev/full"}},
		.expected = "unknown other-tools network-manager-manages-interface: cannot read "
			    "/run/NetworkManager/devices/3: Invalid argument\n"},
	{.files = {MANAGER, MANAGED, CLOUD_SETUP},
		.expected = MANAGER_FOUND CLOUD_SETUP_FOUND BOOT},
	{.files = {MANAGER, UNMANAGED, CLOUD_SETUP}, .expected = ""},
	{.files = {MANAGER, CLOUD_SETUP},
		.interface = {.name = "eth1", .rp_filter = 2},
		.expected = CLOUD_SETUP_FOUND BOOT},
	{.files = {CLOUD_SETUP}, .policy = IS_MISSING, .expected = CLOUD_SETUP_FOUND},
	{.files = {CLOUD_SETUP}, .policy = LISTS_NOTHING, .expected = ""},
	/* Its unit exists, but is not enabled. */
	{.files = {MANAGER, UNMANAGED,
		 {"/usr/lib/systemd/system/nm-cloud-setup.timer", "[Timer]\n", NULL}},
		.expected = ""},
};

static void test_manager(void **state)
{
	(void)state;
	hazard_cases_run(manager, ARRAY_SIZE(manager));
}

#define CLOUD_INIT(version)                                                                        \
	{                                                                                          \
		"/usr/lib/python3/dist-packages/cloudinit/version.py",                             \
			"# This file\n__VERSION__ = \"" version                                    \
			"\"\n_PACKAGED_VERSION = \"" version "-1\"\n",                             \
			NULL                                                                       \
	}
/* The part of the datasource for EC2 that names events. */
#define DATASOURCE(defaults)                                                                       \
	{                                                                                          \
		"/usr/lib/python3/dist-packages/cloudinit/sources/DataSourceEc2.py",               \
			"    supported_update_events = {\n        EventScope.NETWORK: {\n"         \
			"            EventType.HOTPLUG,\n        }\n    }\n\n" defaults            \
			"    extra_hotplug_udev_rules = _EXTRA_HOTPLUG_UDEV_RULES\n",              \
			NULL                                                                       \
	}
#define BY_DEFAULT(event)                                                                          \
	"    default_update_events = {\n        EventScope.NETWORK: {\n"                           \
	"            EventType.BOOT_NEW_INSTANCE,\n" event "        }\n    }\n\n"
#define WHEN(path, words)                                                                          \
	{                                                                                          \
		path, "updates:\n  network:\n    when: [" words "]\n", NULL                        \
	}
#define HOTPLUGS(version, who)                                                                     \
	"warning other-tools cloud-init-hotplug: cloud-init " version " configures each "          \
	"hot-plugged ENI (enabled by " who ") with its own rules and tables from 101 on, and "     \
	"repeats this for half a minute\n"
#define SWITCH_OFF(name)                                                                           \
	"\tmkdir -p /etc/cloud/cloud.cfg.d\n\trm -f /etc/cloud/cloud.cfg.d/" name                  \
	"\n\tprintf '%s\\n' 'updates: {network: {when: [boot-new-instance]}}' "                    \
	">/etc/cloud/cloud.cfg.d/" name "\n" UNTIL_ENDED("cloud-init-hotplugd.service")
#define QUIET(version)                                                                             \
	"good other-tools: cloud-init " version " does not configure hot-plugged ENIs\n"

#define RECONFIGURED                                                                               \
	"\tuntil networkctl reload; do sleep 1; done\n"                                            \
	"\tuntil networkctl reconfigure eth1; do sleep 1; done\n"                                  \
	"\tuntil networkctl status --json=short eth1 | grep -Eq "                                  \
	"'\"AdministrativeState\":\"(configured|unmanaged|failed)\"'; do sleep 0.2; done\n"
#define KEEPS_RULES                                                                                \
	"good other-tools: systemd-networkd keeps foreign rules "                                  \
	"(see /usr/lib/systemd/networkd.conf.d/90-myha.conf)\n"

static const struct hazard_case cloud_init[] = {
	{.files = {CLOUD_INIT("22.4.2")}, .expected = QUIET("22.4")},
	{.files = {CLOUD_INIT("23.4")}, .expected = QUIET("23.4")},
	{.files = {CLOUD_INIT("24.1.3")},
		.expected = HOTPLUGS("24.1", "default") SWITCH_OFF("99-myha.cfg") BOOT},
	{.files = {CLOUD_INIT("25.1")},
		.policy = IS_MISSING,
		.expected = HOTPLUGS("25.1", "default") SWITCH_OFF("99-myha.cfg")},
	{.files = {CLOUD_INIT("25.1")}, .policy = LISTS_OVERLAY, .expected = ""},
	{.files = {CLOUD_INIT("25.1"), {"/etc/cloud/cloud-init.disabled", "", NULL}},
		.expected = ""},
	{.files = {{"/usr/lib/python3.9/site-packages/cloudinit/version.py",
		 "__VERSION__ = \"24.4\"\n", NULL}},
		.expected = HOTPLUGS("24.4", "default") SWITCH_OFF("99-myha.cfg") BOOT},
	/* As Ubuntu has it. */
	{.files = {{"/usr/lib/python3/dist-packages/cloudinit/version.py",
		 "__VERSION__ = \"@MISSING_MESON_BUILD_ARTIFACT@\"\n"
		 "_DOWNSTREAM_VERSION = \"26.2-0ubuntu1~24.04.2\"  # Optional for packagers\n",
		 NULL}},
		.expected = HOTPLUGS("26.2", "default") SWITCH_OFF("99-myha.cfg") BOOT},
	{.files = {{"/usr/lib/python3/dist-packages/cloudinit/version.py",
			   "__VERSION__ = meson_versions.UPSTREAM_VERSION\n", NULL},
		 {"/usr/lib/python3/dist-packages/cloudinit/meson_versions.py",
			 "UPSTREAM_VERSION = \"25.3\"\n", NULL}},
		.expected = HOTPLUGS("25.3", "default") SWITCH_OFF("99-myha.cfg") BOOT},
	/* The installed code decides, not the version: the second is 26.1 as in Ubuntu 22.04. */
	{.files = {CLOUD_INIT("26.1"), DATASOURCE(BY_DEFAULT("            EventType.HOTPLUG,\n"))},
		.expected = HOTPLUGS("26.1", "default") SWITCH_OFF("99-myha.cfg") BOOT},
	{.files = {CLOUD_INIT("26.1"), DATASOURCE("")}, .expected = QUIET("26.1")},
	{.files = {CLOUD_INIT("26.1"), DATASOURCE(BY_DEFAULT(""))}, .expected = QUIET("26.1")},
	{.files = {CLOUD_INIT("26.1"), DATASOURCE(""), WHEN("/etc/cloud/cloud.cfg", "hotplug")},
		.expected = HOTPLUGS("26.1", "/etc/cloud/cloud.cfg") SWITCH_OFF("99-myha.cfg")
			BOOT},
	/* Configuration that outlived its package. */
	{.files = {WHEN("/etc/cloud/cloud.cfg", "hotplug")}, .expected = ""},
	{.files = {CLOUD_INIT("22.4.2"), WHEN("/etc/cloud/cloud.cfg", "boot, hotplug")},
		.expected = HOTPLUGS("22.4", "/etc/cloud/cloud.cfg") SWITCH_OFF("99-myha.cfg")
			BOOT},
	{.files = {CLOUD_INIT("22.4.2"), WHEN("/etc/cloud/cloud.cfg.d/99-zz.cfg", "boot, hotplug"),
		 WHEN("/etc/cloud/cloud.cfg.d/50-a.cfg", "boot")},
		.expected = HOTPLUGS("22.4", "/etc/cloud/cloud.cfg.d/99-zz.cfg")
			SWITCH_OFF("zzz-myha.cfg") BOOT},
	{.files = {CLOUD_INIT("24.1"), WHEN("/etc/cloud/cloud.cfg", "hotplug"),
		 WHEN("/etc/cloud/cloud.cfg.d/99-myha.cfg", "boot-new-instance")},
		.expected = QUIET("24.1")},
	{.files = {CLOUD_INIT("24.1"),
		 {"/etc/cloud/cloud.cfg.d/99-myha.cfg", "updates: {network: [\n", NULL}},
		.expected = HOTPLUGS("24.1", "default") SWITCH_OFF("99-myha.cfg") BOOT},
	/* The user data beat what is in /etc. */
	{.files = {CLOUD_INIT("22.4.2"),
		 WHEN("/var/lib/cloud/instance/cloud-config.txt", "hotplug"),
		 WHEN("/etc/cloud/cloud.cfg.d/99-myha.cfg", "boot")},
		.expected = HOTPLUGS("22.4",
			"/var/lib/cloud/instance/cloud-config.txt") "\tsystemctl mask "
								    "cloud-init-hotplugd.socket "
								    "cloud-init-hotplugd."
								    "service\n" UNTIL_ENDED(
									    "cloud-init-hotplugd."
									    "service") "\tsystemctl"
										       " stop "
										       "cloud-init-"
										       "hotplugd."
										       "socket"
										       "\n" BOOT},
	/* networkd has applied cloud-init's configuration, too. */
	{.files = {CLOUD_INIT("24.1.3"), NETWORKD_STARTED_AFTER, DROP_IN},
		.expected = HOTPLUGS("24.1", "default") SWITCH_OFF("99-myha.cfg")
			RECONFIGURED BOOT KEEPS_RULES},
	{.files = {CLOUD_INIT("22.4.2"),
		 WHEN("/var/lib/cloud/instance/cloud-config.txt", "hotplug"),
		 {"/etc/systemd/system/cloud-init-hotplugd.socket", NULL, "/dev/null"}},
		.expected = ""},
};

static void test_cloud_init(void **state)
{
	(void)state;
	hazard_cases_run(cloud_init, ARRAY_SIZE(cloud_init));
}

#define NET_UTILS                                                                                  \
	{                                                                                          \
		"/usr/lib/systemd/system/policy-routes@.service", "[Unit]\n", NULL                 \
	}
#define NET_UTILS_FOUND                                                                            \
	"warning other-tools net-utils-manages-interface: amazon-ec2-net-utils also configures "   \
	"eth1, with its own rules and tables from 10000 on, and reloads systemd-networkd for "     \
	"this\n"                                                                                   \
	"\tsystemctl mask --now refresh-policy-routes@eth1.timer\n"                                \
	"\tsystemctl stop refresh-policy-routes@eth1.service\n"                                    \
	"\tsystemctl mask --now policy-routes@eth1.service\n"

#define MYHA_ATTACH "\tmyha attach eth1\n"
static const struct hazard_case net_utils[] = {
	{.files = {NET_UTILS}, .expected = NET_UTILS_FOUND MYHA_ATTACH},
	{.files = {NET_UTILS, NETWORKD_STARTED_AFTER, DROP_IN},
		.expected = NET_UTILS_FOUND RECONFIGURED MYHA_ATTACH KEEPS_RULES},
	{.files = {NET_UTILS},
		.interface = {.name = "eth1", .rp_filter = 2},
		.expected = NET_UTILS_FOUND},
	{.files = {NET_UTILS}, .policy = LISTS_NOTHING, .expected = ""},
	{.files = {NET_UTILS, MASK("policy-routes@eth1.service")},
		.expected = NET_UTILS_FOUND MYHA_ATTACH},
	{.files = {NET_UTILS, MASK("policy-routes@eth1.service"),
		 MASK("refresh-policy-routes@eth1.timer")},
		.expected = ""},
	{.files = {NET_UTILS, MASK("policy-routes@eth2.service"),
		 MASK("refresh-policy-routes@eth2.timer")},
		.expected = NET_UTILS_FOUND MYHA_ATTACH},
	{.files = {NET_UTILS, MASK("policy-routes@.service")}, .expected = ""},
};

static void test_net_utils(void **state)
{
	(void)state;
	hazard_cases_run(net_utils, ARRAY_SIZE(net_utils));
}

#define IFCFG "/etc/sysconfig/network/ifcfg-eth1"
#define NETCONFIG                                                                                  \
	{                                                                                          \
		"/usr/lib/systemd/system/cloud-netconfig.service", "[Unit]\n", NULL                \
	}
#define WICKED                                                                                     \
	{                                                                                          \
		"/usr/sbin/wicked", "", NULL                                                       \
	}
#define SYSCONFIG                                                                                  \
	{                                                                                          \
		"/etc/sysconfig/network/config", "", NULL                                          \
	}
#define SET(path, variable, value)                                                                 \
	"\ttouch " path "\n\tsed -i '/^" variable "=/d' " path "\n\techo \"" variable "='" value   \
	"'\" >>" path "\n"
#define NETCONFIG_FOUND                                                                            \
	"warning other-tools cloud-netconfig-manages-interface: cloud-netconfig also manages "     \
	"eth1, with its own rules and tables from 30000 on, and deletes each rule whose source "   \
	"is not an address of this host\n" SET(IFCFG, "STARTMODE", "off")                          \
		SET(IFCFG, "CLOUD_NETCONFIG_MANAGE", "no") UNTIL_ENDED("cloud-netconfig.service")  \
			MYHA_ATTACH
#define NETCONFIG_FOR_ALL                                                                          \
	"warning other-tools cloud-netconfig-manages-interface: cloud-netconfig manages all "      \
	"interfaces, with its own rules and tables from 30000 on, and deletes each rule whose "    \
	"source is not an address of this host\n" SET("/etc/default/cloud-netconfig",              \
		"CLOUD_NETCONFIG_MANAGE", "no") UNTIL_ENDED("cloud-netconfig.service")
#define NETCONFIG_DELETES                                                                          \
	"warning other-tools cloud-netconfig-deletes-rules: cloud-netconfig deletes the rule of "  \
	"eth1 whenever another interface leaves this host, even if cloud-netconfig does not "      \
	"manage eth1: the rule's source is a network, not an address\n"                            \
	"\t# in the policy file, set \"source: addresses\" for eth1; then:\n"                      \
	"\tmyha attach eth1\n"
#define WICKED_FOUND                                                                               \
	"warning other-tools wicked-manages-interface: wicked also configures eth1 (see " IFCFG    \
	"): the DHCP lease adds a default route, and the address is removed with the lease\n" SET( \
		IFCFG, "STARTMODE", "off") "\twicked ifdown eth1\n\tmyha attach eth1\n"

static const struct hazard_case suse[] = {
	{.files = {NETCONFIG, SYSCONFIG}, .expected = NETCONFIG_FOUND NETCONFIG_DELETES},
	{.files = {NETCONFIG, SYSCONFIG}, .policy = LISTS_OVERLAY, .expected = ""},
	{.files = {NETCONFIG, {IFCFG, "STARTMODE='off'\nCLOUD_NETCONFIG_MANAGE='no'\n", NULL}},
		.interface = {.has_host_sources = true},
		.expected = ""},
	{.files = {NETCONFIG, {IFCFG, "STARTMODE='off'\nCLOUD_NETCONFIG_MANAGE='no'\n", NULL}},
		.expected = NETCONFIG_DELETES},
	{.files = {NETCONFIG, {IFCFG, "CLOUD_NETCONFIG_MANAGE='yes'\n", NULL}},
		.expected = NETCONFIG_FOUND NETCONFIG_DELETES},
	/* The default is for interfaces without a file. */
	{.files = {NETCONFIG, SYSCONFIG,
		 {"/etc/default/cloud-netconfig", "CLOUD_NETCONFIG_MANAGE=no\n", NULL}},
		.expected = NETCONFIG_DELETES},
	{.files = {NETCONFIG, {IFCFG, "BOOTPROTO=dhcp\n", NULL},
		 {"/etc/default/cloud-netconfig", "CLOUD_NETCONFIG_MANAGE=no\n", NULL}},
		.expected = NETCONFIG_FOUND NETCONFIG_DELETES},
	/* Without wicked. */
	{.files = {NETCONFIG}, .expected = NETCONFIG_FOR_ALL "\tmyha boot\n" NETCONFIG_DELETES},
	{.files = {NETCONFIG}, .policy = IS_MISSING, .expected = NETCONFIG_FOR_ALL},
	{.files = {NETCONFIG,
		 {"/etc/default/cloud-netconfig", "CLOUD_NETCONFIG_MANAGE=\"no\"\n", NULL}},
		.expected = NETCONFIG_DELETES},
	/* wicked by itself. */
	{.files = {WICKED}, .expected = ""},
	{.files = {WICKED, {IFCFG, "STARTMODE='auto'\n", NULL}}, .expected = WICKED_FOUND},
	{.files = {WICKED, {IFCFG, "BOOTPROTO='dhcp'\n", NULL}}, .expected = WICKED_FOUND},
	{.files = {WICKED, {IFCFG, "STARTMODE=auto\nSTARTMODE='off'\n", NULL}}, .expected = ""},
	{.files = {WICKED, {IFCFG, "STARTMODE='auto'\n", NULL}},
		.interface = {.addresses = POLICY_ADDRESSES_NONE},
		.expected = ""},
	{.files = {{IFCFG, "STARTMODE='auto'\n", NULL}}, .expected = ""},
};

static void test_suse(void **state)
{
	(void)state;
	hazard_cases_run(suse, ARRAY_SIZE(suse));
}

#define MASKED(directory, unit)                                                                    \
	"error host unit-missing: " directory "/" unit " masks " unit                              \
	": systemd does not start the unit\n"
#define REMOVED(path) "\trm -f " path "\n"
#define REINSTALLED "\t# reinstall myha (make install), then:\n"
#define DAEMON_RELOAD "\tsystemctl daemon-reload\n"

static const struct hazard_case host[] = {
	{.files = {{NULL}}, .expected = ""},
	{.files = {{"/etc/udev/rules.d/90-myha.rules", NULL, "/dev/null"}},
		.expected = "error host udev-rule-missing: /etc/udev/rules.d/90-myha.rules masks "
			    "the udev rules that start myha@.service: a new ENI is not "
			    "configured\n\trm -f /etc/udev/rules.d/90-myha.rules\n"
			    "\tudevadm control --reload\n"},
	{.files = {{"/usr/lib/udev/rules.d/90-myha.rules", NULL, NULL}},
		.expected =
			"error host udev-rule-missing: /usr/lib/udev/rules.d/90-myha.rules masks "
			"the udev rules that start myha@.service: a new ENI is not "
			"configured\n\trm -f /usr/lib/udev/rules.d/90-myha.rules\n" REINSTALLED
			"\tudevadm control --reload\n"},
	{.files = {{"/etc/systemd/system/myha@.service", NULL, "/dev/null"}},
		.expected = MASKED("/etc/systemd/system", "myha@.service")
			REMOVED("/etc/systemd/system/myha@.service") DAEMON_RELOAD},
	/* By "systemctl mask --runtime". */
	{.files = {{"/run/systemd/system/myha-boot.service", NULL, "/dev/null"}},
		.expected = MASKED("/run/systemd/system", "myha-boot.service")
			REMOVED("/run/systemd/system/myha-boot.service") DAEMON_RELOAD},
	/* By an empty file, which "systemctl unmask" keeps. */
	{.files = {{"/etc/systemd/system/myha@.service", NULL, NULL}},
		.expected = MASKED("/etc/systemd/system", "myha@.service")
			REMOVED("/etc/systemd/system/myha@.service") DAEMON_RELOAD},
	/* Twice. */
	{.files = {{"/etc/systemd/system/myha@.service", NULL, "/dev/null"},
		 {"/run/systemd/system/myha@.service", NULL, NULL}},
		.expected = MASKED("/etc/systemd/system", "myha@.service")
			REMOVED("/etc/systemd/system/myha@.service")
				REMOVED("/run/systemd/system/myha@.service") DAEMON_RELOAD},
	/* The file of the installation itself is empty. */
	{.files = {{"/usr/lib/systemd/system/myha@.service", NULL, NULL}},
		.expected = MASKED("/usr/lib/systemd/system", "myha@.service")
			REMOVED("/usr/lib/systemd/system/myha@.service") REINSTALLED DAEMON_RELOAD},
	{.files = {{"/etc/systemd/system/multi-user.target.wants/myha-boot.service", NULL,
		 "/dev/null"}},
		.expected = "warning host boot-unit-disabled: myha-boot.service is not enabled: "
			    "after a reboot, \"myha boot\" does not apply the policy\n"
			    "\tsystemctl enable myha-boot.service\n"},
	/* The filter of sources: the larger of both, and 2 is loose. */
	{.files = {{"/proc/sys/net/ipv4/conf/all/rp_filter", "1\n", NULL}}, .expected = ""},
	{.files = {{"/proc/sys/net/ipv4/conf/all/rp_filter", "1\n", NULL}},
		.interface = {.name = "eth1", .index = 3, .rp_filter = 0},
		.expected = "warning host rp-filter-strict: rp_filter is strict on eth1 "
			    "(net.ipv4.conf.all.rp_filter is 1, net.ipv4.conf.eth1.rp_filter is "
			    "0): the kernel drops packets from other subnets\n"
			    "\techo 2 >/proc/sys/net/ipv4/conf/eth1/rp_filter\n"},
	{.files = {{NULL}},
		.interface = {.name = "eth1", .index = 3, .rp_filter = 1},
		.expected = "warning host rp-filter-strict: rp_filter is strict on eth1 "
			    "(net.ipv4.conf.all.rp_filter is 0, net.ipv4.conf.eth1.rp_filter is "
			    "1): the kernel drops packets from other subnets\n"
			    "\techo 2 >/proc/sys/net/ipv4/conf/eth1/rp_filter\n"},
	{.files = {{"/proc/sys/net/ipv4/conf/all/rp_filter", "2\n", NULL}},
		.interface = {.name = "eth1", .index = 3, .rp_filter = 1},
		.expected = ""},
	{.files = {{NULL}},
		.interface = {.name = "eth1", .index = 3, .rp_filter = 1, .has_rule = true},
		.expected = ""},
	{.files = {{"/proc/sys/net/ipv4/conf/all/rp_filter", "1\n", NULL}},
		.interface = {.name = "eth1", .rp_filter = -1},
		.expected = ""},
	{.files = {{"/proc/sys/net/ipv4/conf/all/rp_filter", "strict\n", NULL}},
		.expected = "unknown host rp-filter-strict: cannot read "
			    "/proc/sys/net/ipv4/conf/all/rp_filter: Bad message\n"},
	/* The tools that myha replaces. */
	{.files = {{"/sbin/ifup.local", "#!/bin/sh\nip rule add from 10.0.1.0/24\n", NULL}},
		.expected = "warning other-tools old-script: script /sbin/ifup.local also changes "
			    "addresses, routes or rules, which myha manages now\n"
			    "\tmv /sbin/ifup.local /sbin/ifup.local.before-myha\n"},
	{.files = {{"/sbin/ifup-local", "#!/bin/sh\nlogger \"$1 is up\"\n", NULL}}, .expected = ""},
};

static void test_host(void **state)
{
	(void)state;
	hazard_cases_run(host, ARRAY_SIZE(host));
}

#define CIB "/var/lib/pacemaker/cib/cib.xml"
#define RESOURCE(type, name, value)                                                                \
	{                                                                                          \
		CIB,                                                                               \
			"<?xml version=\"1.0\"?>\n<cib><configuration><resources>\n"               \
			"<primitive id=\"ip\" class=\"ocf\" provider=\"any\" type=\"" type "\">"   \
			"<instance_attributes><nvpair id=\"a\" name=\"" name "\" value=\"" value   \
			"\"/></instance_attributes></primitive>\n"                                 \
			"</resources></configuration></cib>\n",                                    \
			NULL                                                                       \
	}
#define IS_MANAGED(type)                                                                           \
	"warning other-tools cluster-manages-overlay: Pacemaker resource ip (" type                \
	") and myha boot both manage the address of overlay sapascs: a boot can place the "        \
	"address on this host while the cluster runs the resource on another node\n"               \
	"\t# in the policy file, set \"managed-by: cluster\" for overlay sapascs\n"

static const struct hazard_case cluster[] = {
	{.files = {RESOURCE("aws-vpc-move-ip", "ip", "192.168.10.16")},
		.policy = LISTS_OVERLAY,
		.expected = IS_MANAGED("aws-vpc-move-ip")},
	{.files = {RESOURCE("aws-vpc-move-ip", "address", "192.168.10.16")},
		.policy = LISTS_OVERLAY,
		.expected = IS_MANAGED("aws-vpc-move-ip")},
	{.files = {RESOURCE("overlay-ip", "name", "sapascs")},
		.policy = LISTS_OVERLAY,
		.expected = IS_MANAGED("overlay-ip")},
	/* Of something else. */
	{.files = {RESOURCE("IPaddr2", "ip", "192.168.10.17")},
		.policy = LISTS_OVERLAY,
		.expected = ""},
	{.files = {RESOURCE("Filesystem", "name", "sapascs")},
		.policy = LISTS_OVERLAY,
		.expected = ""},
	{.files = {{CIB, "<cib><nvpair name=\"ip\" value=\"192.168.10.16\"/></cib>\n", NULL}},
		.policy = LISTS_OVERLAY,
		.expected = ""},
	{.files = {RESOURCE("overlay-ip", "name", "sapascs")},
		.policy = LISTS_ETH1,
		.expected = ""},
	/* Half of it. */
	{.files = {{CIB, "<cib><configuration>\n", NULL}},
		.policy = LISTS_OVERLAY,
		.expected = "unknown other-tools cluster-manages-overlay: cannot read " CIB
			    ": Bad message\n"},
};

static void test_cluster(void **state)
{
	(void)state;
	hazard_cases_run(cluster, ARRAY_SIZE(cluster));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manager),
		cmocka_unit_test(test_cloud_init),
		cmocka_unit_test(test_net_utils),
		cmocka_unit_test(test_suse),
		cmocka_unit_test(test_cluster),
		cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
