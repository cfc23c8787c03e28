# SPDX-License-Identifier: Apache-2.0
"""A link that is down, or whose carrier is gone, cannot serve: nothing is moved to it, and what is on it
is reported."""

import os

import pytest

from lab.scene import OVERLAY

DESTINATION = f"{OVERLAY}/32"


@pytest.fixture
def stage(scene):
    return Stage(scene)


class Stage:
    """db1 with an overlay and a secondary address meant for eth1, and the routes at db2."""

    def __init__(self, scene):
        self.scene = scene
        self.db1, self.db2 = scene.overlay_pair()
        self.eni = scene.service_eni("10.0.1.10")
        tables = ", ".join(table.id for table in scene.route_tables)
        self.db1.set_policy("version: 1\ninterfaces: {eth1: {}}\noverlays:\n"
                            f"  sapascs: {{address: {OVERLAY}, interface: eth1, "
                            f"route-tables: [{tables}]}}\n")
        self.db1.hot_attach(self.eni)
        assert self.db1.myha("attach", "eth1").returncode == 0

    def set_link(self, fault, state):
        if fault == "down":
            self.db1.run("ip", "link", "set", "eth1", state)
        else:
            self.scene.vpc.set_carrier(self.eni, state)

    def targets(self):
        return {table.routes[DESTINATION].target for table in self.scene.route_tables
                if DESTINATION in table.routes}

    def monitor(self):
        return self.db1.myha("ocf", "overlay-ip", "monitor",
                             env={**os.environ, "OCF_RESKEY_name": "sapascs"})


WORDS = {"down": "eth1 is down", "no carrier": "eth1 has no carrier"}


@pytest.mark.parametrize("fault", WORDS)
def test_nothing_is_moved_to_a_link_that_cannot_serve(stage, fault):
    stage.set_link(fault, "down")
    for arguments in (("overlay", "create", "sapascs"), ("overlay", "move", "sapascs"),
                      ("address", "move", "10.0.1.50", "--interface", "eth1")):
        moved = stage.db1.myha(*arguments)
        assert moved.returncode == 1 and WORDS[fault] in moved.stderr, moved
        assert stage.targets() == set()
        assert f" {OVERLAY}/" not in stage.db1.run("ip", "-br", "address").stdout


@pytest.mark.parametrize("fault", WORDS)
def test_an_overlay_on_a_link_that_cannot_serve_is_reported(stage, fault):
    assert stage.db1.myha("overlay", "create", "sapascs").returncode == 0
    assert stage.targets() == {stage.eni.id}
    assert stage.monitor().returncode == 0
    assert stage.db1.myha("status").returncode == 0
    stage.set_link(fault, "down")
    monitored = stage.monitor()
    assert monitored.returncode == 1 and WORDS[fault] in monitored.stderr, monitored
    status = stage.db1.myha("status")
    assert status.returncode == 3 and WORDS[fault] in status.stdout, status
    assert [line.split()[3] for line in status.stdout.splitlines() if line.startswith("eth1 ")] == \
        ["drift"], status
    stage.set_link(fault, "up")
    assert stage.monitor().returncode == 0
