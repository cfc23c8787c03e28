# SPDX-License-Identifier: Apache-2.0
"""A link goes by its alternative names (ip link property add) wherever a name is taken."""

from lab.kernel_view import difference
from lab.scene import OVERLAY

ALTNAME = "enp0s6"


def test_an_alternative_name_is_a_name(scene):
    """In the policy, on the command line, and for an overlay's interface; records have the kernel's."""
    node, _ = scene.overlay_pair()
    eni = scene.service_eni("10.0.1.10")
    tables = ", ".join(table.id for table in scene.route_tables)
    node.set_policy(f"version: 1\ninterfaces: {{{ALTNAME}: {{}}}}\noverlays:\n"
                    f"  sapascs: {{address: {OVERLAY}, interface: {ALTNAME}, "
                    f"route-tables: [{tables}]}}\n")
    node.hot_attach(eni)
    node.run("ip", "link", "property", "add", "dev", "eth1", "altname", ALTNAME)
    before = node.view()
    for name in (ALTNAME, "eth1"):
        assert node.myha("plan", name).returncode == 3
        assert node.myha("attach", name).returncode == 0
        assert node.myha("plan", name).returncode == 0
        assert node.path("/run/myha/eth1.json").exists()
        assert f"rule4 100: from {OVERLAY} lookup 100 proto 77" in node.view()
        assert node.myha("detach", name).returncode == 0
        left = difference(before, node.view())
        assert [line for line in left if " link eth1 " not in line] == []
    assert node.myha("attach", ALTNAME).returncode == 0
    assert node.myha("overlay", "create", "sapascs").returncode == 0
    assert f"address {OVERLAY}/32 dev eth1 noprefixroute" in node.view()
    moved = node.myha("address", "move", "10.0.1.50", "--interface", ALTNAME)
    assert moved.returncode == 0, moved
    assert "address 10.0.1.50/32 dev eth1 noprefixroute" in node.view()
    assert node.myha("status").returncode == 0
