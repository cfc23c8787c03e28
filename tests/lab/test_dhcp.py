# SPDX-License-Identifier: Apache-2.0
"""The real DHCP clients and ifupdown beside myha, with leases of a few seconds: they are found, and with
what is printed against each the ENI's address stays, whatever happens to the tool and to the ENI."""

import time

import pytest
from check_fixtures import ETH1, policy, sound

from lab.client import Service
from lab.dhcp import Dhcp
from lab.effort import effort
from lab.host import wait_for
from lab.root import clients_root, tools_root
from lab.scene import SERVICE

# Of an address that DHCP leases, in seconds, and how many of them the service has to outlive.
SHORT = (6, 1.5)
LONG = (60, 5)
ADDRESS = f"address {SERVICE}/24 dev eth1"
ROUTE = "route4 default via 10.0.1.1 dev eth1 table 100 proto 77"
DHCPCD = "dhcpcd.service"
NETWORKING = "networking.service"
MANAGER = "NetworkManager.service"
HOTPLUG = "allow-hotplug eth1\niface eth1 inet dhcp\n"
STATIC = f"auto lo eth1\niface eth1 inet static\n\taddress {SERVICE}/24\n"
# As cloudinit/net/dhcp.py of 25.1 and 26.2 has it.
CLOUD_INIT = {
    "/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "25.1.4"\n',
    "/usr/lib/python3/dist-packages/cloudinit/sources/DataSourceEc2.py":
        "    default_update_events = {\n        EventScope.NETWORK: {\n        }\n    }\n\n",
    "/etc/systemd/system/cloud-init-local.service":
        "[Unit]\nDefaultDependencies=no\nBefore=network-pre.target sysinit.target\n"
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nKillMode=none\n"
        "ExecStart=-/usr/sbin/dhcpcd --ipv4only --waitip --persistent --noarp --script=/bin/true eth1\n"
        "ExecStart=-sh -c 'kill -KILL -$$(cut -d\" \" -f5 /proc/$$(cat /run/dhcpcd/eth1-4.pid)/stat)'\n"
        "[Install]\nWantedBy=sysinit.target\n"}


class Ward:
    """A node with an ENI that serves; no client runs yet."""

    def __init__(self, scene, properties, root=None, leases=SHORT):
        self.node = node = scene.system_node(root=root or clients_root())
        self.properties = properties
        lease, count = leases
        self.lifetime = lease * count
        Dhcp(scene.vpc, lease)
        # The primary interface is not what this is about.
        if not root:
            configuration = node.path("/etc/dhcpcd.conf").read_text()
            node.write("/etc/dhcpcd.conf", "denyinterfaces eth0 veth*\n" + configuration)
            node.path(f"/etc/systemd/system/multi-user.target.wants/{DHCPCD}").unlink()
        scene.ec2  # noqa: B018
        node.boot(timeout=90)
        self.eni = scene.service_eni()
        self.patient = sound(scene, node, policy(scene, interfaces=ETH1, rest=", interface: lo"))
        self.client = scene.client()
        self.come()
        self.service = Service(node, SERVICE)

    def come(self):
        self.node.hot_attach(self.eni)
        self.node.wait_for_unit("myha@eth1.service")

    def go(self):
        self.node.hot_detach()
        self.node.wait_for_unit("myha@eth1.service", "inactive")

    def reboot(self):
        self.node.reboot()
        self.node.wait_for_unit("myha@eth1.service")
        self.node.wait_for_unit("myha-boot.service")
        self.service = Service(self.node, SERVICE)

    def is_leased(self):
        return "dynamic" in self.node.run("ip", "-4", "address", "show", "dev", "eth1").stdout

    def lost(self):
        """The missing objects, those with a lifetime, and a missing reply to a remote client."""
        view = self.node.view()
        lost = [line for line in (ADDRESS, ROUTE) if not any(one.startswith(line) for one in view)]
        return lost + ["for ever"] * self.is_leased() + \
            ["a reply"] * (self.client.ask(SERVICE) != self.node.name)

    def goes_on(self):
        """It serves for longer than leases last, and nothing is found."""
        end = time.monotonic() + self.lifetime
        while time.monotonic() < end:
            assert self.lost() == []
            time.sleep(0.5)
        assert self.patient.ids(status=0) == []

    def told(self, name):
        return next(one["what"] for one in self.patient.check() if one["id"] == name)

    def survives(self, remedy, unit):
        """The tool's restart, the ENI's return, and a reboot."""
        def noted(event):
            self.properties.append(("remedy", (remedy.removesuffix("-manages-interface"), remedy, event)))

        self.goes_on()
        self.node.systemctl("restart", unit, timeout=90)
        assert self.lost() == []
        noted("restart")
        self.go()
        self.come()
        self.goes_on()
        noted("away")
        self.reboot()
        self.goes_on()
        noted("reboot")


@pytest.fixture
def make_ward(scene, installed, request):
    """A function that makes one: of DHCP clients and ifupdown unless told otherwise; full: with leases of a
    minute, where there is time for those."""
    def make(root=None, full=False):
        leases = LONG if full and effort(installed) == 1 else SHORT
        return Ward(scene, request.node.user_properties, root, leases)

    return make


@pytest.fixture
def ward(make_ward):
    made = make_ward()
    assert made.patient.ids(status=0) == []
    return made


def test_dhcpcd_takes_no_service_away(ward):
    ward.node.systemctl("enable", "--now", DHCPCD)
    wait_for(ward.is_leased, "dhcpcd to lease the address")
    assert ward.told("interface-differs").endswith(f"; leased by dhcpcd and expiring: {SERVICE}/24")
    ward.patient.cure("interface-differs", "dhcpcd-manages-interface")
    ward.survives("dhcpcd-manages-interface", DHCPCD)


def test_dhcpcd_of_one_interface_takes_no_service_away(ward):
    ward.node.run("dhcpcd", "-4", "eth1")
    wait_for(ward.is_leased, "dhcpcd to lease the address")
    ward.patient.cure("interface-differs", "dhcpcd-manages-interface")
    ward.goes_on()


def test_ifupdown_takes_no_service_away_with_dhclient(make_ward):
    ward = make_ward(full=True)
    ward.node.write("/etc/network/interfaces.d/eth1", HOTPLUG)
    ward.node.systemctl("start", "ifup@eth1.service", timeout=90)
    wait_for(ward.is_leased, "dhclient to lease the address")
    assert ward.told("interface-differs").endswith(f"; leased by dhclient and expiring: {SERVICE}/24")
    ward.patient.cure("interface-differs", "dhclient-manages-interface", "ifupdown-manages-interface")
    ward.survives("dhclient-manages-interface", NETWORKING)


def test_ifupdown_takes_no_service_away_with_an_address_of_its_own(ward):
    ward.node.write("/etc/network/interfaces.d/eth1", STATIC)
    ward.reboot()
    ward.patient.cure("ifupdown-manages-interface")
    ward.survives("ifupdown-manages-interface", NETWORKING)


def test_cloud_init_leaves_no_address_that_expires_after_a_boot(ward):
    for name, text in CLOUD_INIT.items():
        ward.node.write(name, text)
    ward.node.systemctl("enable", "cloud-init-local.service")
    ward.reboot()
    assert ward.lost() == []
    ward.patient.cure("cloud-init-dhcp")
    ward.survives("cloud-init-dhcp", "cloud-init-local.service")


def test_network_manager_takes_no_service_away_with_an_automatic_profile(make_ward):
    ward = make_ward(tools_root(), full=True)
    wait_for(ward.is_leased, "NetworkManager to lease the address")
    assert ward.told("interface-differs").endswith(f"NetworkManager and expiring: {SERVICE}/24")
    ward.patient.cure("interface-differs", "network-manager-manages-interface",
                      "network-manager-drops-overlay")
    # A veth has no permanent MAC address, by which NetworkManager would know it after its restart.
    ward.node.run("sed", "-i", "s/mac:.*/interface-name:eth1/",
                  "/etc/NetworkManager/conf.d/90-myha-eth1.conf")
    ward.survives("network-manager-manages-interface", MANAGER)
