# SPDX-License-Identifier: Apache-2.0
"""An ENI goes and one comes under its name, at any moment of the unit's stop: it is served in the end. A unit
that was stopped by hand stays stopped."""

import contextlib
import time

import pytest

from lab.effort import rounds
from lab.expected import classic, settled
from lab.host import PATIENCE, stop, wait_for

UNIT = "myha@eth1.service"
AGAIN = "myha-again@eth1.service"
DEVICE = "sys-subsystem-net-devices-eth1.device"
LONGEST_GAP = 0.2
STARTED = "InactiveExitTimestampMonotonic"
SLOW = "sh -c 'touch /run/lab-stops; until [ -e /run/lab-go ]; do sleep 0.1; done'"
BUSY = "/run/lab-busy"
KEEP_BUSY = f"""while [ -e {BUSY} ]; do
    systemctl daemon-reload
    udevadm control --reload
    udevadm trigger --subsystem-match=net --action=change
done"""


@contextlib.contextmanager
def busy(node):
    """systemd reads its units again and again, and udevd its rules, with an event of each interface."""
    node.write(BUSY, "")
    process = node.host.start(*node.command("sh", "-c", KEEP_BUSY))
    try:
        yield
    finally:
        node.path(BUSY).unlink()
        wait_for(lambda: process.poll() is not None, "the loop to end", timeout=2 * PATIENCE)
        stop(process)


def through_a_namespace(scene, node, eni, gap):
    """The same device: it keeps its index and its MAC."""
    scene.vpc.pull(node.pid, (eni, "eth1"))
    time.sleep(gap)
    scene.vpc.plug(node.pid, (eni, "eth1"))


def by_a_new_device(_scene, node, eni, gap):
    node.hot_detach()
    time.sleep(gap)
    node.hot_attach(eni)


@pytest.mark.parametrize("exchange", [through_a_namespace, by_a_new_device])
@pytest.mark.parametrize("around", [contextlib.nullcontext, busy])
def test_an_eni_that_is_exchanged_is_served(scene, installed, node, exchange, around):
    """With any gap; also while systemd and udevd are busy, which has systemd ask for units again."""
    enis = [scene.service_eni("10.0.1.10"), scene.service_eni("10.0.1.11")]
    before = node.view()
    node.hot_attach(enis[0])
    settled(node, before, classic(enis[0]))
    count = max(rounds(installed, 100), 4)
    with around(node):
        for number in range(count):
            eni = enis[0] if exchange is through_a_namespace else enis[(number + 1) % 2]
            exchange(scene, node, eni, LONGEST_GAP * number / (count - 1))
            settled(node, before, classic(eni), timeout=2 * PATIENCE)
    node.wait_for_unit(UNIT)
    node.hot_detach()
    node.wait_for_unit(UNIT, "inactive")
    settled(node, before, [])
    assert node.failed_units() == [], node.journal(AGAIN)


def test_an_eni_that_comes_while_its_unit_still_stops_is_served(scene, node):
    """It arrives after the unit's last program has checked for devices, while the unit waits for that program."""
    enis = [scene.service_eni("10.0.1.10"), scene.service_eni("10.0.1.11")]
    node.write("/etc/systemd/system/myha@.service.d/slow.conf", f"[Service]\nExecStopPost={SLOW}\n")
    node.systemctl("daemon-reload")
    before = node.view()
    node.hot_attach(enis[0])
    settled(node, before, classic(enis[0]))
    node.wait_for_unit(UNIT)
    node.hot_detach()
    wait_for(node.path("/run/lab-stops").exists, "the unit's last program")
    node.hot_attach(enis[1])
    wait_for(lambda: node.state_of(DEVICE) == "active", "systemd to know the device")
    assert node.state_of(UNIT) == "deactivating"
    node.write("/run/lab-go", "")
    settled(node, before, classic(enis[1]))
    node.wait_for_unit(UNIT)


def test_an_interface_with_any_name_is_served(scene, node):
    """Also with one that systemd escapes in the name of a unit. When it has gone, nothing of it stays."""
    node.write("/etc/udev/rules.d/80-lab-names.rules",
               'ACTION!="remove", SUBSYSTEM=="net", ENV{INTERFACE}!="lo|eth0", ENV{MYHA_MANAGE}="1"\n')
    node.run("udevadm", "control", "--reload")
    names = ["svc-0", "a.b", "a_b", "e@x", "-x"]
    node.set_policy("version: 1\ninterfaces:\n" + "".join(
        f"  '{name}': {{table: {table}, priority: {table}}}\n"
        for table, name in enumerate(names, 150)))
    units = {name: node.run("systemd-escape", "--template=myha@.service", "--", name).stdout.strip()
             for name in names}
    before = node.view()
    for number, name in enumerate(names):
        subnet = scene.cloud.create_subnet(f"10.0.{100 + number}.0/24")
        eni = scene.cloud.create_eni(subnet, [f"10.0.{100 + number}.10"])
        node.hot_attach(eni, name)
        node.wait_for_unit(units[name])
        assert f"from {subnet.cidr} lookup" in node.run("ip", "rule").stdout
    node.hot_detach(*names)
    for name in names:
        node.wait_for_unit(units[name], "inactive")
    settled(node, before, [])


def test_isolating_a_target_takes_no_service_down(scene, node):
    """Only the name of the unit does."""
    eni = scene.service_eni()
    before = node.view()
    node.hot_attach(eni)
    node.wait_for_unit(UNIT)
    started = node.systemctl("show", "--value", "-p", STARTED, UNIT).stdout
    node.systemctl("isolate", "multi-user.target")
    node.wait_for_unit(UNIT)
    assert node.systemctl("show", "--value", "-p", STARTED, UNIT).stdout == started
    settled(node, before, classic(eni))
    node.hot_detach()
    node.wait_for_unit(UNIT, "inactive")
    settled(node, before, [])


@pytest.mark.parametrize("attached", [False, True])
def test_a_unit_that_is_stopped_by_hand_stays_stopped(scene, node, attached):
    """Also in the first moments of an attach, of which nothing is recorded yet."""
    if not attached:
        scene.vpc.imds.faults({"kind": 404, "path": "*local-ipv4s"})
    node.hot_attach(scene.service_eni())
    node.wait_for_unit(UNIT, "active" if attached else "activating")
    node.systemctl("stop", UNIT)
    assert node.state_of(UNIT) in ("inactive", "failed")
    # The check that follows the stop has run.
    wait_for(lambda: node.is_idle() and node.state_of(AGAIN) == "inactive", "systemd to be idle")
    ended = int(node.systemctl("show", "--value", "-p", "InactiveEnterTimestampMonotonic", UNIT).stdout)
    compared = int(node.systemctl("show", "--value", "-p", "ExecMainExitTimestampMonotonic", AGAIN).stdout)
    assert compared > ended
    assert node.state_of(UNIT) in ("inactive", "failed")
