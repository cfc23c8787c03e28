# SPDX-License-Identifier: Apache-2.0
"""A remedy against another tool takes the network out of its hands. However late or early the tool lets
go, the host serves when the remedy ends, and goes on serving.

networkd and NetworkManager are the real programs. What the lab cannot have is stood in for by units
that do what the tool does."""

import concurrent.futures
import contextlib
import functools
import time

import pytest
from check_fixtures import ETH1, policy, sound

from lab.client import Service
from lab.host import Host
from lab.pace import PACES, Pace
from lab.root import tools_root
from lab.scene import OVERLAY, SERVICE, Scene

NETWORKD, MANAGER = "systemd-networkd.service", "NetworkManager.service"
KEPT = 5  # seconds; what another tool does after that is not the remedy's

SERVED = [
    f"address {SERVICE}/24 dev eth1", f"address {OVERLAY}/32 dev eth0",
    "rule4 100: from 10.0.1.0/24 lookup 100 proto 77",
    "route4 10.0.1.0/24 dev eth1 table 100 proto 77 scope 253",
    "route4 default via 10.0.1.1 dev eth1 table 100 proto 77"]
STATIC = f"[Match]\nName=eth1\n[Network]\nAddress={SERVICE}/24\nLinkLocalAddressing=no\n"
# What any of these may do to an interface at the end of a run.
TAKE_AWAY = "ip address flush dev eth1; ip rule delete pref 100; true"


class Ward:
    """A node under networkd that serves an ENI's address and an overlay, with tools of one pace."""

    def __init__(self, scene, pace):
        self.scene = scene
        self.node = node = scene.system_node(networkd=True, root=tools_root())
        self.pace = Pace(node, pace)
        for unit in (NETWORKD, MANAGER):
            self.pace.set(unit)
        for unit in (MANAGER, "NetworkManager-wait-online.service"):
            node.path(f"/etc/systemd/system/{unit}").symlink_to("/dev/null")
        scene.ec2  # noqa: B018
        node.boot(timeout=90)
        node.wait_for_networkd("eth0", timeout=60)
        node.hot_attach(scene.service_eni())
        self.patient = sound(scene, node, policy(scene, interfaces=ETH1))
        self.client = scene.client()
        self.services = [Service(node, address) for address in (SERVICE, OVERLAY)]

    def lost(self):
        """What the host serves no longer."""
        view = self.node.view()
        lines = [line for line in SERVED if not any(one.startswith(line) for one in view)]
        return lines + [address for address in (SERVICE, OVERLAY)
                        if self.client.ask(address) != self.node.name]

    def finding(self, name):
        return next(one for one in self.patient.check() if one["id"] == name)

    def has(self, name):
        return name in self.patient.ids()

    def put_right(self):
        """Whatever a test has left, the next one begins with a host that serves."""
        node = self.node
        node.set_policy(policy(self.scene, interfaces=ETH1))
        node.run("sh", "-c", "rm -rf /etc/systemd/network/05-* /etc/systemd/network/10-eth1* "
                 "/etc/systemd/network/*.d /etc/systemd/networkd.conf.d /run/systemd/network/70-*")
        self.reload(eth0="configured", eth1="unmanaged")
        node.run("myha", "boot", "--timeout", "20")
        assert self.lost() == []

    def reload(self, **links):
        """networkd reads its files, and has done with links what they say: each with its state."""
        self.node.run("networkctl", "reload", timeout=60)
        for link, state in links.items():
            self.node.run("networkctl", "reconfigure", link, timeout=60)
            self.node.wait_for_networkd(link, state, timeout=60)


    def begin(self, unit):
        """To begin a run of the unit."""
        return lambda: self.node.systemctl("start", "--no-block", unit)


def cure(ward, name, meanwhile=None):
    """Carries the remedy out, while something has begun; the host serves at once, and then."""
    finding = ward.finding(name)
    if meanwhile:
        meanwhile()
    ward.patient.carry_out(finding, pause=ward.pace.pause)
    assert ward.lost() == []
    time.sleep(KEPT)
    assert ward.lost() == []
    assert not ward.has(name)


@contextlib.contextmanager
def installed_tool(ward, files, units=()):
    """Files of a tool, for a time."""
    for name, text in files.items():
        ward.node.write(name, text)
        ward.node.run("chmod", "+x", name)
    ward.node.systemctl("daemon-reload")
    try:
        yield
    finally:
        for unit in units:
            ward.node.systemctl("stop", unit, check=False)
            ward.node.run("rm", "-f", f"/etc/systemd/system/{unit}")
        ward.node.run("rm", "-rf", *files)
        ward.node.systemctl("daemon-reload")


def run_of(ward, unit):
    """A unit that does its work in a run, by what it read when it began: it takes away what myha has
    put there."""
    return {f"/usr/lib/systemd/system/{unit}":
            f"[Service]\nType=oneshot\nExecStart=sh -c 'sleep {ward.pace.delay}; {TAKE_AWAY}'\n"}


def manage(ward):
    """networkd manages eth1, and myha has put back what that took away."""
    ward.node.write("/etc/systemd/network/10-eth1.network", STATIC)
    ward.reload(eth1="configured")
    ward.node.run("myha", "attach", "eth1")
    assert ward.lost() == []


def networkd_manages_interface(ward):
    manage(ward)
    cure(ward, "networkd-manages-interface")


def networkd_drops_rules(ward):
    """An overlay of a cluster's is not for myha to put back: it must not go."""
    ward.node.set_policy(policy(ward.scene, interfaces=ETH1, rest=", managed-by: cluster"))
    mask = ward.node.path("/etc/systemd/networkd.conf.d/90-myha.conf")
    mask.parent.mkdir(parents=True, exist_ok=True)
    mask.symlink_to("/dev/null")
    assert ward.lost() == []
    cure(ward, "networkd-drops-rules")


def networkd_drops_routes(ward):
    ward.node.run("myha", "detach", "eth1")
    ward.node.set_policy(policy(ward.scene, interfaces="interfaces: {eth1: {addresses: none}}\n"))
    manage(ward)
    cure(ward, "networkd-drops-routes")


def networkd_drops_overlay(ward):
    cure(ward, "networkd-drops-overlay")


@contextlib.contextmanager
def network_manager(ward):
    """It runs, and has eth1 with a profile of its own."""
    node = ward.node
    node.systemctl("unmask", MANAGER)
    node.systemctl("start", MANAGER, timeout=90)
    try:
        node.run("nmcli", "connection", "add", "type", "ethernet", "ifname", "eth1", "con-name",
                 "service", "ipv4.method", "manual", "ipv4.addresses", f"{SERVICE}/24",
                 "ipv6.method", "disabled", timeout=60)
        node.run("nmcli", "connection", "up", "service", timeout=60)
        node.run("myha", "attach", "eth1")
        assert ward.lost() == []
        yield
    finally:
        node.systemctl("mask", "--now", MANAGER, timeout=90)
        node.run("sh", "-c", "rm -rf /etc/NetworkManager/conf.d/90-myha-* /run/NetworkManager "
                 "/etc/NetworkManager/system-connections/*; ip address flush dev eth1")


def network_manager_manages_interface(ward):
    with network_manager(ward):
        cure(ward, "network-manager-manages-interface")


def nm_cloud_setup_enabled(ward):
    files = {**run_of(ward, "nm-cloud-setup.service"),
             "/usr/lib/systemd/system/nm-cloud-setup.timer":
                 "[Timer]\nOnActiveSec=600\n[Install]\nWantedBy=timers.target\n"}
    with network_manager(ward), installed_tool(ward, files, ["nm-cloud-setup.service"]):
        ward.node.systemctl("enable", "nm-cloud-setup.timer")
        cure(ward, "nm-cloud-setup-enabled", ward.begin("nm-cloud-setup.service"))


NET_UTILS = "/usr/bin/setup-policy-routes"


def net_utils_manages_interface(ward):
    """Its runs write a file for networkd and remove it, and have networkd reload."""
    write = f"printf '{STATIC}' >/run/systemd/network/70-eth1.network"
    files = {
        NET_UTILS: "#!/bin/sh\ncase $1 in\n"
            f"start) mkdir -p /run/systemd/network; {write} ;;\n"
            f"refresh) sleep {ward.pace.delay}; {write} ;;\n"
            f"stop) sleep {ward.pace.delay}; rm -f /run/systemd/network/70-eth1.network ;;\n"
            "esac\nexec networkctl reload\n",
        "/etc/systemd/system/policy-routes@.service":
            "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
            f"ExecStart={NET_UTILS} start\nExecStop={NET_UTILS} stop\n",
        "/etc/systemd/system/refresh-policy-routes@.service":
            f"[Service]\nType=oneshot\nExecStart={NET_UTILS} refresh\n",
        "/etc/systemd/system/refresh-policy-routes@.timer": "[Timer]\nOnActiveSec=600\n",
    }
    units = ["policy-routes@eth1.service", "refresh-policy-routes@eth1.timer"]
    with installed_tool(ward, files, units):
        ward.node.systemctl("start", *units, timeout=60)
        ward.reload(eth1="configured")
        ward.node.run("myha", "attach", "eth1")
        assert ward.lost() == []
        cure(ward, "net-utils-manages-interface",
             ward.begin("refresh-policy-routes@eth1.service"))


# Tools with such a unit, and what says that they are there.
HOTPLUG = "updates: {network: {when: [hotplug]}}\n"
RUNS = {
    "cloud-init-hotplug": ("cloud-init-hotplugd.service", {
        "/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "24.1.3"\n'}),
    "cloud-init-hotplug by user data": ("cloud-init-hotplugd.service", {
        "/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "24.1.3"\n',
        "/var/lib/cloud/instance/cloud-config.txt": HOTPLUG,
        "/usr/lib/systemd/system/cloud-init-hotplugd.socket":
            "[Socket]\nListenFIFO=/run/lab-hotplug\n"}),
    "cloud-netconfig-manages-interface": ("cloud-netconfig.service", {
        "/etc/sysconfig/network/config": "\n"}),
}


def a_run_that_has_begun(name, ward):
    """What is printed has it end first."""
    unit, files = RUNS[name]
    files = {**files, **run_of(ward, unit)}
    sockets = ["cloud-init-hotplugd.socket"] if "user data" in name else []
    with installed_tool(ward, files, [*sockets, unit]):
        for socket in sockets:
            ward.node.systemctl("start", socket)
        cure(ward, name.partition(" ")[0], ward.begin(unit))


def wicked_manages_interface(ward):
    with installed_tool(ward, {
            "/usr/sbin/wickedd": "",
            "/usr/bin/wicked": f"#!/bin/sh\n[ \"$*\" = \"ifdown eth1\" ]\n"
                f"sleep {ward.pace.delay}\n{TAKE_AWAY}\n",
            "/etc/sysconfig/network/ifcfg-eth1": "STARTMODE='auto'\nBOOTPROTO='dhcp'\n"}):
        cure(ward, "wicked-manages-interface")


REMEDIES = {
    "networkd-manages-interface": networkd_manages_interface,
    "networkd-drops-rules": networkd_drops_rules,
    "networkd-drops-routes": networkd_drops_routes,
    "networkd-drops-overlay": networkd_drops_overlay,
    "network-manager-manages-interface": network_manager_manages_interface,
    "nm-cloud-setup-enabled": nm_cloud_setup_enabled,
    "net-utils-manages-interface": net_utils_manages_interface,
    **{name: functools.partial(a_run_that_has_begun, name) for name in RUNS},
    "wicked-manages-interface": wicked_manages_interface,
}


@pytest.fixture(scope="module")
def wards(installed):
    """One of each pace."""
    with contextlib.ExitStack() as hosts:
        yield [Ward(Scene(hosts.enter_context(Host()), installed), pace) for pace in PACES]


def play(ward, remedy):
    ward.put_right()
    remedy(ward)


@pytest.mark.parametrize("name", REMEDIES)
def test_the_host_serves(wards, name):
    """On both wards side by side: most of the time is waiting."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = [pool.submit(play, ward, REMEDIES[name]) for ward in wards]
    for pace, run in zip(PACES, runs):
        print(f"with a tool that is {pace}:", run.exception() or "it serves")
    for run in runs:
        run.result()
