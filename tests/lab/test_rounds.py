# SPDX-License-Identifier: Apache-2.0
"""Many rounds, and many interfaces at once: nothing stays, nothing is lost."""

import time

from lab.effort import rounds
from lab.expected import classic, settled
from lab.kernel_view import difference

MANY = 16


def test_rounds_without_a_system(scene, installed, bare):
    """The whole view is compared in every round."""
    eni = scene.service_eni("10.0.1.10", "10.0.1.11")
    before, wanted = bare.view(), classic(eni)
    for number in range(rounds(installed, 1000)):
        bare.hot_attach(eni)
        attached = bare.myha("attach", "eth1")
        assert (attached.returncode, attached.stdout) == (0, ""), (number, attached)
        # Every tenth round in full; the others by the list that myha alone changes.
        if number % 10 == 0:
            assert difference(before, bare.view()) == wanted, f"round {number}"
        else:
            assert "from 10.0.1.0/24 lookup" in bare.run("ip", "rule").stdout, f"round {number}"
        bare.hot_detach()
        detached = bare.myha("detach", "eth1")
        assert (detached.returncode, detached.stdout) == (0, ""), (number, detached)
        if number % 10 == 0:
            assert difference(before, bare.view()) == [], f"round {number}"
        else:
            assert "10.0.1.0/24" not in bare.run("ip", "rule").stdout, f"round {number}"
    assert difference(before, bare.view()) == []
    # Locks may stay: they are empty. What was applied may not.
    assert [path.name for path in bare.path("/run/myha").iterdir()
            if path.is_file() and path.stat().st_size] == []


def test_rounds_through_udev_and_systemd(scene, installed, node):
    """The same by events alone."""
    eni = scene.service_eni()
    before, wanted = node.view(), classic(eni)
    for _ in range(max(rounds(installed, 50), 5)):
        node.hot_attach(eni)
        settled(node, before, wanted)
        node.hot_detach()
        node.wait_for_unit("myha@eth1.service", "inactive")
        settled(node, before, [])
    assert node.failed_units() == []


def test_attached_again_while_the_unit_stops(scene, node):
    """An ENI comes under the name while the unit still stops: systemd has a stop job for the unit
    then, and drops the start that the device asks for. Every moment of the stop is tried. Two ENIs
    take turns: a real device that comes back is a new one, a cable that is moved back is not."""
    enis = [scene.service_eni("10.0.1.10"), scene.service_eni("10.0.1.11")]
    before = node.view()
    for moment in range(24):
        eni = enis[moment % 2]
        node.hot_attach(eni)
        settled(node, before, classic(eni))
        node.hot_detach()
        time.sleep(0.0075 * moment)
    node.wait_for_unit("myha@eth1.service", "inactive")
    settled(node, before, [])


def test_in_and_out_without_waiting(scene, node):
    """Detached before the attach is through, and attached again before the detach is; a new device
    each time, as on EC2."""
    enis = [scene.service_eni(f"10.0.1.{number}") for number in range(10, 21)]
    before = node.view()
    for _ in range(4):
        for eni in enis[1:]:
            node.hot_attach(eni)
            node.hot_detach()
        settled(node, before, [])
        node.hot_attach(enis[0])
        settled(node, before, classic(enis[0]))
        node.hot_detach()
        settled(node, before, [])


def test_many_at_once(scene, node):
    """A unit an interface, all at the same moment; each has its own subnet, table and priority."""
    names = [f"eth{number}" for number in range(1, MANY + 1)]
    tables = range(150, 150 + MANY)
    node.set_policy("version: 1\ninterfaces:\n" + "".join(
        f"  {name}: {{table: {table}, priority: {table}}}\n"
        for name, table in zip(names, tables)))
    ends = []
    for number, name in enumerate(names):
        subnet = scene.cloud.create_subnet(f"10.0.{100 + number}.0/24")
        ends.append((scene.cloud.create_eni(subnet, [f"10.0.{100 + number}.10"]), name))
    before = node.view()
    wanted = sorted(line for (eni, name), table in zip(ends, tables)
                    for line in classic(eni, name, scene.cloud.subnets[eni.subnet].cidr,
                                        table, table))
    node.hot_attach_all(ends)
    settled(node, before, wanted)
    for name in names:
        node.wait_for_unit(f"myha@{name}.service")
    node.hot_detach(*names)
    settled(node, before, [])
