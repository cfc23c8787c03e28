# SPDX-License-Identifier: Apache-2.0
"""udevd is killed in the middle of an event, or is down while network interfaces come and go: what it missed is
found as soon as it is back. And what is attached without udev has its unit all the same."""

import contextlib

import pytest

from lab.expected import classic, settled
from lab.host import wait_for
from lab.netlink import Monitor

UNIT = "myha@eth1.service"
SCAN = "myha-missed.service"
UDEVD = "systemd-udevd.service"
SOCKETS = ("systemd-udevd-control.socket", "systemd-udevd-kernel.socket")
HELD = "/run/lab-held"
GO = "/run/lab-go"
SCRIPT = "/run/lab-hold.sh"
# Only the first event: the one that comes after it is not held.
HOLD = f"[ -e {HELD} ] && exit\ntouch {HELD}\nuntil [ -e {GO} ]; do sleep 0.05; done\n"
# The database has the device before RUN is begun, and systemd hears of it after.
MOMENTS = {"before it is in udev's database": "IMPORT{program}", "before systemd is told": "RUN+"}


@contextlib.contextmanager
def udev_is_down(node):
    """With its sockets: what comes meanwhile is not kept for it."""
    node.systemctl("stop", UDEVD, *SOCKETS)
    yield
    node.systemctl("start", *SOCKETS, UDEVD)


@pytest.fixture
def served(scene, node):
    """An ENI that is attached, and the state before."""
    eni = scene.service_eni("10.0.1.10")
    before = node.view()
    node.hot_attach(eni)
    serves(node, before, eni)
    return eni, before


def serves(node, before, eni):
    """In the end, and no unit has failed."""
    settled(node, before, classic(eni))
    node.wait_for_unit(UNIT)
    assert node.failed_units() == [], node.journal(SCAN)


def nothing_stays(node, before):
    """In the end, and no unit has failed."""
    settled(node, before, [])
    node.wait_for_unit(UNIT, "inactive")
    assert node.failed_units() == [], node.journal(SCAN)


def addresses(node):
    return node.run("ip", "-o", "-4", "address", "show", "dev", "eth1").stdout


def moment_of_start(node):
    return node.systemctl("show", "--value", "-p", "ActiveEnterTimestampMonotonic", UNIT).stdout


def attach_and_hold(scene, node, moment):
    """An ENI that comes, with udev in the middle of its event; and the state before."""
    node.write(SCRIPT, HOLD)
    node.write("/etc/udev/rules.d/95-lab-hold.rules",
               'ACTION!="remove", SUBSYSTEM=="net", ENV{INTERFACE}=="eth1", '
               f'{MOMENTS[moment]}="/bin/sh {SCRIPT}"\n')
    node.run("udevadm", "control", "--reload")
    eni = scene.service_eni("10.0.1.10")
    before = node.view()
    node.hot_attach(eni)
    wait_for(node.path(HELD).exists, "udev to be in the middle of the event")
    return eni, before


@pytest.mark.parametrize("moment", MOMENTS)
def test_udevd_is_killed_while_an_eni_comes(scene, node, moment):
    eni, before = attach_and_hold(scene, node, moment)
    node.systemctl("kill", "--signal=KILL", UDEVD)
    serves(node, before, eni)


def test_an_eni_comes_while_udev_is_down(scene, node):
    eni = scene.service_eni("10.0.1.10")
    before = node.view()
    with udev_is_down(node):
        node.hot_attach(eni)
    serves(node, before, eni)


def test_an_eni_goes_while_udev_is_down(scene, node, served):
    """And another one that comes later is served."""
    _, before = served
    with udev_is_down(node):
        node.hot_detach()
    nothing_stays(node, before)
    other = scene.service_eni("10.0.1.11")
    node.hot_attach(other)
    serves(node, before, other)


def test_an_eni_is_exchanged_while_udev_is_down(scene, node, served):
    _, before = served
    other = scene.service_eni("10.0.1.11")
    with udev_is_down(node):
        node.hot_detach()
        node.hot_attach(other)
    serves(node, before, other)
    node.hot_detach()
    nothing_stays(node, before)


def test_the_same_device_goes_and_is_back_while_udev_is_down(scene, node, served):
    eni, before = served
    with udev_is_down(node):
        scene.vpc.pull(node.pid, (eni, "eth1"))
        scene.vpc.plug(node.pid, (eni, "eth1"))
    serves(node, before, eni)


def test_a_restart_of_udevd_interrupts_nothing(node, served):
    eni, before = served
    node.settle()
    view = node.view()
    started = moment_of_start(node)
    with Monitor(node.pid) as monitor:
        node.systemctl("restart", UDEVD)
        wait_for(lambda: node.state_of(SCAN) == "inactive" and node.is_idle(), "the scan to end")
    assert monitor.events == []
    assert node.view() == view
    assert moment_of_start(node) == started
    serves(node, before, eni)


def test_an_eni_goes_while_the_scan_waits_for_the_metadata(scene, node, served):
    _, before = served
    scene.vpc.imds.requests()
    scene.vpc.imds.faults({"kind": 404, "path": "*local-ipv4s"})
    node.systemctl("restart", "--no-block", SCAN)
    wait_for(lambda: "local-ipv4s" in str(scene.vpc.imds.requests()), "the metadata to be queried")
    node.hot_detach()
    nothing_stays(node, before)
    wait_for(lambda: node.state_of(SCAN) == "inactive", "the scan to end")


@pytest.mark.parametrize("command", [("attach", "eth1"), ("boot",)])
def test_what_is_attached_without_its_unit_goes_with_its_eni(node, served, command):
    eni, before = served
    node.systemctl("stop", UNIT)
    assert addresses(node) == ""
    node.myha(*command, check=True)
    serves(node, before, eni)
    node.hot_detach()
    nothing_stays(node, before)


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_is_attached_before_systemd_knows_its_device_goes_with_its_eni(scene, node, moment):
    """udev is slow, and its rule for myha is missing: the unit starts as soon as systemd has the device."""
    node.write("/etc/udev/rules.d/90-myha.rules", "")
    eni, before = attach_and_hold(scene, node, moment)
    node.myha("attach", "eth1", check=True)
    node.path(GO).touch()
    serves(node, before, eni)
    node.hot_detach()
    nothing_stays(node, before)
