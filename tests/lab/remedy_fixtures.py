# SPDX-License-Identifier: Apache-2.0
"""Fixtures for the tests of remedies against other tools: a node of each pace, and the expected result.

networkd and NetworkManager are the real programs. What the lab cannot have is stood in for by units
that do what the tool does."""

import concurrent.futures
import contextlib
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
    f"address {SERVICE}/24 dev eth1",
    "route4 10.0.1.0/24 dev eth1 table 100 proto 77 scope 253",
    "route4 default via 10.0.1.1 dev eth1 table 100 proto 77"]
STATIC = f"[Match]\nName=eth1\n[Network]\nAddress={SERVICE}/24\nLinkLocalAddressing=no\n"
# Changes that any of these may make to an interface at the end of a run.
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
        self.holder = "eth0"  # the overlay
        self.source = "10.0.1.0/24"  # of the rule
        self.afterwards = lambda _remedy: None  # called with the name of a remedy that was run
        self.serve()

    def serve(self):
        """Also after a reboot."""
        self.services = [Service(self.node, address) for address in (SERVICE, OVERLAY)]

    def lost(self):
        """The objects and addresses that the host no longer serves."""
        view = self.node.view()
        wanted = [*SERVED, f"address {OVERLAY}/32 dev {self.holder}",
                  f"rule4 100: from {self.source} lookup 100 proto 77"]
        lines = [line for line in wanted if not any(one.startswith(line) for one in view)]
        return lines + [address for address in (SERVICE, OVERLAY)
                        if self.client.ask(address) != self.node.name]

    def finding(self, name):
        return next(one for one in self.patient.check() if one["id"] == name)

    def has(self, name):
        return name in self.patient.ids()

    def put_right(self):
        """Whatever a test has left, the next one begins with a host that serves."""
        node, self.holder = self.node, "eth0"
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
    """Runs the remedy, while something has begun; the host serves at once, and then."""
    finding = ward.finding(name)
    if meanwhile:
        meanwhile()
    ward.patient.carry_out(finding, pause=ward.pace.pause)
    ended = time.monotonic()
    assert ward.lost() == []
    assert not ward.has(name)
    time.sleep(max(0, ended + KEPT - time.monotonic()))
    assert ward.lost() == []
    ward.afterwards(name)


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


@pytest.fixture(scope="module")
def wards(installed):
    """One of each pace."""
    with Host() as host:
        yield [Ward(Scene(host, installed), pace) for pace in PACES]


def cure_on_all(wards, name, remedy):
    """On all wards side by side: most of the time is waiting."""
    def play(ward):
        ward.put_right()
        remedy(ward)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = [pool.submit(play, ward) for ward in wards]
    for pace, run in zip(PACES, runs):
        print(f"{name} with a tool that is {pace}:", run.exception() or "it serves")
    for run in runs:
        run.result()
