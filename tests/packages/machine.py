# SPDX-License-Identifier: Apache-2.0
"""A node of the lab with the root of a release, its systemd, udev and networkd, and myha from its
package: what users do, and what distributions do to them.

networkd manages eth0. Each step returns how long what it is about took.
"""

import json
import shutil
import time

from lab.client import Service
from lab.dhcp import Dhcp
from lab.effort import effort
from lab.expected import classic
from lab.host import PATIENCE, Host, wait_for
from lab.kernel_view import difference
from lab.netlink import Monitor, is_link, is_rule
from lab.node import POLICY_ETH1
from lab.scene import SERVICE, Installed, Scene

from contents import same

TABLE = 100
SLOW = 5 * PATIENCE  # for dpkg and cloud-init, which are many programs one after another
RULE = "rule4 100: from 10.0.1.0/24 lookup 100 proto 77"
UNIT = "myha@eth1.service"
DROP_IN = "90-myha.conf"
ETH2 = "[Match]\nName=eth2\n[Network]\nAddress=10.0.3.10/24\nLinkLocalAddressing=no\n"
# An upgrade must not restart units: a restarted unit has another id.
LASTING = ("systemd-networkd.service", "systemd-udevd.service", "dbus.service",
           "myha-boot.service", UNIT)

HOTPLUG_RULE = "/etc/udev/rules.d/90-cloud-init-hook-hotplug.rules"
CLOUD_INIT = {
    # Modules that do more than to configure the network are left out.
    "/etc/cloud/cloud.cfg.d/95-lab.cfg":
        "datasource_list: [Ec2]\ncloud_init_modules: []\n"
        "cloud_config_modules: [install_hotplug]\ncloud_final_modules: []\n",
    # A veth has no driver; it is to pass for what EC2 has.
    "/etc/udev/rules.d/85-lab.rules":
        'SUBSYSTEM=="net", KERNEL=="eth[1-9]*", ENV{ID_NET_DRIVER}="ena"\n',
    # Nor has it a permanent address, by which netplan has networkd know it.
    **{f"/etc/systemd/network/10-netplan-{name}.network.d/lab.conf":
       f"[Match]\nPermanentMACAddress=\nName={name}\n" for name in ("eth0", "eth1")},
}
# Of an address that DHCP leases, in seconds; and how many of them the service has to outlive.
SHORT, LONG = (12, 1.5), (60, 5)
ETH0 = "/etc/systemd/network/10-eth0.network"


class Machine:
    """One node, from its first boot to the removal of the package."""

    def __init__(self, root, package):
        self.host = Host()
        self.host.__enter__()
        self.scene = Scene(self.host, Installed(self.host, root, package))
        self.node = self.scene.system_node(networkd=True)
        self.node.set_policy(POLICY_ETH1)
        self.node.write("/etc/systemd/network/20-eth2.network", ETH2)
        self.eni = self.scene.service_eni()

    def close(self):
        self.host.__exit__(None, None, None)

    def boot(self):
        """With nothing but eth0: nothing to do, and all is well."""
        started = time.monotonic()
        self.node.boot()
        self._is_up()
        took = time.monotonic() - started
        same("the units that failed", self.node.failed_at_boot, [])
        self.bare = self.node.view()
        self.client = self.scene.client()
        self.service = Service(self.node, SERVICE)
        same("the replying node without the interface", [self.client.ask(SERVICE, timeout=1)], [None])
        return took

    def _is_up(self):
        """networkd manages eth0, and the package's own units ran."""
        self.node.wait_for_unit("systemd-networkd.service")
        self.node.wait_for_networkd("eth0")
        self.node.wait_for_unit("myha-boot.service")
        enabled = self.node.systemctl("is-enabled", "myha-boot.service", check=False).stdout
        same("the boot unit", [enabled.strip()], ["enabled"])

    def attach(self):
        """From the interface's arrival to the rule."""
        with Monitor(self.node.pid) as monitor:
            self.node.hot_attach(self.eni)
            arrived = monitor.wait(lambda event: is_link(event, "newlink", "eth1"), "eth1")
            ruled = monitor.wait(lambda event: is_rule(event, "newrule", TABLE), "the rule")
        self.node.wait_for_unit(UNIT)
        same("what an attach adds", difference(self.bare, self.node.view()), classic(self.eni))
        same("the replying node", [self.client.ask(SERVICE)], [self.node.name])
        return ruled.time - arrived.time

    def detach(self):
        """From the interface's removal to the last change."""
        with Monitor(self.node.pid) as monitor:
            self.node.hot_detach()
            gone = monitor.wait(lambda event: is_link(event, "dellink", "eth1"), "its removal")
            clean = monitor.wait(lambda event: is_rule(event, "delrule", TABLE), "the rule's")
        self.node.wait_for_unit(UNIT, "inactive")
        same("what a detach leaves", difference(self.bare, self.node.view()), [])
        return clean.time - gone.time

    def reboot(self):
        """With the interface: from the order to the state as it was."""
        self.attach()
        before = self.node.view()
        started = time.monotonic()
        self.node.reboot()
        self._is_up()
        self.node.wait_for_unit(UNIT)
        took = time.monotonic() - started
        same("the state after a reboot", self.node.view(), before)
        same("the units that failed", self.node.failed_at_boot, [])
        self.service = Service(self.node, SERVICE)
        same("the replying node", [self.client.ask(SERVICE)], [self.node.name])
        return took

    def networkd(self):
        """It starts anew, as after an update of systemd, and configures eth0 once more: first as
        myha's file has it, then without that file, when it does what the file is against. Some
        releases do that when they start, all when they configure a link."""
        before = self.node.view()
        with Monitor(self.node.pid) as monitor:
            took = self._restart_networkd()
            same("what networkd leaves", self.node.view(), before)
            self.node.run("networkctl", "reconfigure", "eth0")
            time.sleep(1)  # it is configured before it has begun, too
            self.node.wait_for_networkd("eth0")
            same("what networkd leaves of what it configures", self.node.view(), before)
        same("the rules that went meanwhile",
             [str(event) for event in monitor.events if is_rule(event, "delrule", TABLE)], [])
        mask = self.node.path(f"/etc/systemd/networkd.conf.d/{DROP_IN}")
        mask.parent.mkdir(parents=True, exist_ok=True)
        mask.symlink_to("/dev/null")
        self._restart_networkd()
        self.node.run("networkctl", "reconfigure", "eth0")
        wait_for(lambda: RULE not in self.node.view(), "networkd to delete the rule")
        mask.unlink()
        self._restart_networkd()
        self.node.myha("attach", "eth1", check=True)
        same("what an attach puts back", self.node.view(), before)
        return took

    def _restart_networkd(self):
        started = time.monotonic()
        self.node.systemctl("restart", "systemd-networkd.service")
        self.node.wait_for_networkd("eth0")
        return time.monotonic() - started

    def link(self):
        """Another ENI, which networkd configures."""
        before = self.node.view()
        subnet = self.scene.cloud.create_subnet("10.0.3.0/24")
        started = time.monotonic()
        self.node.hot_attach(self.scene.cloud.create_eni(subnet, ["10.0.3.10"]), "eth2")
        self.node.wait_for_networkd("eth2")
        took = time.monotonic() - started
        changed = difference(before, self.node.view())
        same("what networkd takes away", [line for line in changed if line[0] == "-"], [])
        same("the other link's address", [line for line in changed if " address " in line],
             ["+ address 10.0.3.10/24 dev eth2"])
        self.node.hot_detach("eth2")
        self.node.wait_for_unit("myha@eth2.service", "inactive")
        same("what its removal leaves", self.node.view(), before)
        return took

    def image(self):
        """As in the images, eth0 is configured by what cloud-init, which finds itself on EC2, writes for
        netplan, and leased by networkd."""
        node = self.node
        node.hot_detach()
        for name, text in CLOUD_INIT.items():
            node.write(name, text)
        # In a container it cannot detect the cloud, and sends requests without a token.
        node.instance.imds_tokens = False
        self.eth0 = node.path(ETH0).read_text()
        node.path(ETH0).unlink()
        lease, count = LONG if effort(self.scene.installed) == 1 else SHORT
        self.lifetime = lease * count
        self.dhcp = Dhcp(self.scene.vpc, lease)
        started = time.monotonic()
        self._reboot_slowly()
        took = time.monotonic() - started
        same("what configures eth0",
             ["netplan" in node.run("networkctl", "status", "eth0").stdout], [True])
        return took

    def hot_plug(self):
        """cloud-init configures hot-plugged ENIs by default. With the remedies of "myha check"
        it does not."""
        node = self.node
        wait_for(node.path(HOTPLUG_RULE).exists, lambda: "cloud-init to hot-plug:\n" +
                 node.run("tail", "-n", "20", "/var/log/cloud-init.log", check=False).stdout,
                 timeout=SLOW)
        bare = node.view()

        self._attach_aloud()
        wait_for(lambda: node.run("ip", "rule", "show", "table", "101", check=False).stdout,
                 "cloud-init to configure eth1", timeout=SLOW, interval=0.1)
        same("the findings of myha check", self._cure(),
             ["networkd-manages-interface", "cloud-init-dhcp", "cloud-init-hotplug"])
        node.hot_detach()
        node.wait_for_unit(UNIT, "inactive")
        self._reboot_slowly()

        started = time.monotonic()
        self._attach_aloud()
        same("what an attach adds", difference(bare, node.view()), classic(self.eni))
        wait_for(lambda: "handle --devpath" in node.journal("cloud-init-hotplugd.service", "-b"),
                 "cloud-init to get the event of eth1", timeout=SLOW)
        node.wait_for_unit("cloud-init-hotplugd.service", "inactive", timeout=SLOW)
        same("what cloud-init leaves", difference(bare, node.view()), classic(self.eni))
        same("the findings of myha check", self._cure(), [])
        took = time.monotonic() - started
        node.hot_detach()
        node.wait_for_unit(UNIT, "inactive")
        return took

    def leases(self):
        """The service replies for longer than leases last, after the hot-attach and after a reboot with the
        interface, which cloud-init may then configure as well: its remedies are run after the
        first one."""
        self._attach_aloud()
        found = self._cure()
        self._outlive_leases()
        took = self._reboot_with_interface()
        found += self._cure()
        self._reboot_with_interface()
        self._outlive_leases()
        self._end_image()
        print(f"{self.node.name}: its image needed {', '.join(found) or 'no remedy'}", flush=True)
        return took

    def _reboot_with_interface(self):
        started = time.monotonic()
        self._reboot_slowly()
        self.node.wait_for_unit(UNIT)
        return time.monotonic() - started

    def _outlive_leases(self):
        self.service = Service(self.node, SERVICE)
        end = time.monotonic() + self.lifetime
        while time.monotonic() < end:
            same("the replying node", [self.client.ask(SERVICE)], [self.node.name])
            time.sleep(0.5)
        same("the findings of myha check", self._cure(), [])
        self.node.myha("status", check=True)

    def _end_image(self):
        """As before, for the steps that follow."""
        self.node.shut_down()
        self.dhcp.close()
        self.node.write("/etc/cloud/cloud-init.disabled", "")
        self.node.write(ETH0, self.eth0)
        for path in self.node.path("/etc/netplan").iterdir():
            path.unlink()
        self.node.boot(timeout=SLOW)
        self._is_up()
        self.node.wait_for_unit(UNIT)
        self.service = Service(self.node, SERVICE)

    def _reboot_slowly(self):
        """cloud-init is one Python program after another."""
        self.node.shut_down()
        self.node.boot(timeout=SLOW)
        self._is_up()

    def _attach_aloud(self):
        """EC2's interfaces come with their name. The lab's get it after they have come, and
        cloud-init listens to arrivals alone: here is one more."""
        self.node.hot_attach(self.eni)
        self.node.wait_for_unit(UNIT)
        self.node.run("udevadm", "trigger", "--action=add", "/sys/class/net/eth1")

    def _cure(self):
        """The findings of "myha check" about other tools, after its remedies were run."""
        ran = json.loads(self.node.myha("--json", "check").stdout)
        found = next(area for area in ran["areas"] if area["area"] == "other-tools")["findings"]
        for finding in found:
            self.node.run("sh", "-ec", finding["remedy"])
        return [finding["id"] for finding in found]

    def upgrade(self, package):
        """While the interface serves: nothing is started anew, and nothing changes."""
        before, lasting = self.node.view(), self._lasting()
        took = self._dpkg("--install", "--force-confold", self._put(package))
        same("what an upgrade leaves", self.node.view(), before)
        same("the units that run", self._lasting(), lasting)
        same("the replying node", [self.client.ask(SERVICE)], [self.node.name])
        return took

    def remove(self):
        """The kernel's state stays; after the next boot nothing comes."""
        before = self.node.view()
        took = self._dpkg("--remove", "myha")
        same("what a removal leaves", self.node.view(), before)
        same("the replying node", [self.client.ask(SERVICE)], [self.node.name])
        self.node.shut_down()
        self.node.boot()
        self.node.wait_for_networkd("eth0")
        # The filter is what the release gives to each interface.
        come = [line for line in difference(self.bare, self.node.view())
                if "rp_filter" not in line]
        same("what comes after a removal", come, [f"+ link eth1 down mtu 9001 {self.eni.mac}"])
        return took

    def _put(self, package):
        shutil.copy(package, self.node.path(f"/root/{package.name}"))
        return f"/root/{package.name}"

    def _dpkg(self, *words):
        self.node.settle()
        started = time.monotonic()
        with Monitor(self.node.pid) as monitor:
            self.node.run("env", "DEBIAN_FRONTEND=noninteractive", "dpkg", *words, timeout=SLOW)
            # Also wait for requests of the package to systemd and udevd.
            self.node.run("udevadm", "settle")
            wait_for(self.node.is_idle, "systemd's jobs to end")
            same("the kernel's events meanwhile", [str(one) for one in monitor.events], [])
        return time.monotonic() - started

    def _lasting(self):
        shown = self.node.systemctl("show", "--property=Id,InvocationID,ActiveState", *LASTING)
        return shown.stdout.splitlines()
