# SPDX-License-Identifier: Apache-2.0
"""systemd-networkd deletes the rules that it did not make whenever it configures a link. The
shipped drop-in tells it not to."""

import pytest

from lab.host import wait_for
from lab.node import POLICY_ETH1

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
    configured(node, "eth0")


def another_link(scene, node):
    subnet = scene.cloud.create_subnet("10.0.3.0/24")
    node.hot_attach(scene.cloud.create_eni(subnet, ["10.0.3.10"]), "eth2")
    configured(node, "eth2")


def configured(node, name):
    wait_for(lambda: "configured" in node.run("networkctl", "status", name, check=False).stdout
             .partition("State:")[2].partition("\n")[0].replace("configuring", ""),
             f"networkd to configure {name}", interval=0.02)


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
    """What the two tests above are about does happen: they can fail."""
    drop_in, = installed.install.tree.glob("**/networkd.conf.d/*.conf")
    mask = managed.path(f"/etc/systemd/networkd.conf.d/{drop_in.name}")
    mask.parent.mkdir(parents=True, exist_ok=True)
    mask.unlink(missing_ok=True)
    mask.symlink_to("/dev/null")
    attach(scene, managed)
    restart(managed)
    wait_for(lambda: RULE not in managed.view(), "networkd to delete the rule")
