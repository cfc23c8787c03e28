# SPDX-License-Identifier: Apache-2.0
"""systemd-networkd deletes the rules that it did not make whenever it configures a link. The
shipped drop-in tells it not to."""

import pytest

from lab.host import wait_for
from lab.kernel_view import difference
from lab.node import POLICY_ETH1
from lab.scene import OVERLAY

RULE = "rule4 100: from 10.0.1.0/24 lookup 100 proto 77"
ETH2 = "[Match]\nName=eth2\n[Network]\nAddress=10.0.3.10/24\nLinkLocalAddressing=no\n"


@pytest.fixture
def managed(scene):
    """A node whose eth0 is networkd's."""
    node = scene.system_node(networkd=True)
    node.set_policy(POLICY_ETH1)
    node.write("/etc/systemd/network/20-eth2.network", ETH2)
    return node


def attach(scene, node):
    node.boot()
    node.wait_for_unit("systemd-networkd.service")
    node.hot_attach(scene.service_eni())
    node.wait_for_unit("myha@eth1.service")
    assert RULE in node.view()


def restart(node):
    node.systemctl("restart", "systemd-networkd.service")
    node.wait_for_networkd("eth0")


def another_link(scene, node):
    subnet = scene.cloud.create_subnet("10.0.3.0/24")
    node.hot_attach(scene.cloud.create_eni(subnet, ["10.0.3.10"]), "eth2")
    node.wait_for_networkd("eth2")


def test_the_rule_survives_a_restart(scene, managed):
    """As after an update of systemd, which restarts networkd."""
    attach(scene, managed)
    before = managed.view()
    restart(managed)
    assert managed.view() == before


def test_the_rule_survives_another_link(scene, managed):
    """As when a second ENI comes that networkd configures."""
    attach(scene, managed)
    another_link(scene, managed)
    seen = managed.view()
    assert RULE in seen
    assert "address 10.0.3.10/24 dev eth2" in seen


def test_without_the_drop_in_it_would_be_lost(scene, installed, managed):
    """The loss that the two tests above check for does happen: they can fail."""
    drop_in, = installed.install.tree.glob("**/networkd.conf.d/*.conf")
    mask = managed.path(f"/etc/systemd/networkd.conf.d/{drop_in.name}")
    mask.parent.mkdir(parents=True, exist_ok=True)
    mask.unlink(missing_ok=True)
    mask.symlink_to("/dev/null")
    attach(scene, managed)
    restart(managed)
    wait_for(lambda: RULE not in managed.view(), "networkd to delete the rule")


OVERLAYS = """version: 1
source-dest-check: ignore
overlays:
  managed: {{address: 192.168.10.16, route-tables: [{0}]}}
  on-lo: {{address: 192.168.10.17, route-tables: [{0}], interface: lo}}
"""
ON_ETH0 = [f"address {OVERLAY}/32 dev eth0 noprefixroute",
           f"route4 local {OVERLAY} dev eth0 table 255 proto 2 scope 254 src {OVERLAY}"]
ADD = f"ip address add {OVERLAY}/32 dev eth0 noprefixroute  # overlay managed is routed to this host"
KEEP = "[Network]\nKeepConfiguration=static\n"


@pytest.mark.parametrize("keeps", [False, True])
def test_an_overlay_address_on_a_managed_interface(scene, keeps):
    """networkd takes an address that it did not add off its interfaces when it starts, unless it is
    told not to; off lo it takes none. What was taken is drift, and the boot unit puts it back."""
    assert scene.ec2
    node = scene.system_node(networkd=True)
    scene.introduce(node)
    node.set_policy(OVERLAYS.format(scene.main_table.id))
    if keeps:
        node.write("/etc/systemd/network/10-eth0.network.d/keep.conf", KEEP)
    node.boot()
    for name in ("managed", "on-lo"):
        node.myha("overlay", "create", name, check=True)
    before = node.view()
    assert set(ON_ETH0) <= set(before)
    restart(node)
    lost = [] if keeps else [f"- {line}" for line in ON_ETH0]
    wait_for(lambda: difference(before, node.view()) == lost, f"networkd to take off {lost}")
    told = node.myha("status")
    found = [line for line in told.stdout.splitlines() if line.startswith("    ")]
    assert (told.returncode, found) == ((0, []) if keeps else (3, [f"    would run: {ADD}"]))
    node.systemctl("restart", "myha-boot.service")
    assert node.view() == before
