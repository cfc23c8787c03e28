# SPDX-License-Identifier: Apache-2.0
"""The main job on a real system: an ENI is attached, the host replies from it, through it; the ENI
goes, and nothing of it stays."""

import re
import socket

import pytest

from lab.client import Capture, Service
from lab.expected import classic
from lab.host import wait_for
from lab.kernel_view import difference
from lab.netlink import Monitor, is_link, is_rule
from lab.scene import SERVICE

TABLE = 100
WAITS = "poll,ppoll,epoll_wait,epoll_pwait,select,pselect6,nanosleep,clock_nanosleep"
# Of a wait that does not return at once in any case.
EXPIRED = re.compile(r"(?<!, 0)\) += 0\b")


def test_the_whole_outcome(scene, node):
    """Everything that attach and detach change, and nothing else."""
    eni = scene.service_eni(SERVICE, "10.0.1.11", "10.0.1.12")
    before = node.view()
    node.hot_attach(eni)
    node.wait_for_unit("myha@eth1.service")
    assert difference(before, node.view()) == classic(eni)
    with Monitor(node.pid) as monitor:
        node.hot_detach()
        monitor.wait(lambda event: is_rule(event, "delrule", TABLE), "the rule's removal")
    node.wait_for_unit("myha@eth1.service", "inactive")
    assert difference(before, node.view()) == []


def expired_waits(node, *arguments):
    """The waits of a run of myha that ended because a time had passed, and not by an event."""
    node.strace(["-o", "/run/trace", "-e", f"trace={WAITS}"], *arguments)
    return [line for line in node.path("/run/trace").read_text().splitlines()
            if "nanosleep(" in line or EXPIRED.search(line)]


def test_nothing_waits_for_a_timer(scene, bare):
    """Each step follows an event of the kernel or a response. On a slow machine one of libcurl's own
    timers may expire before a response comes, but not in every run. How long an attach takes is measured
    by "make bench", and by tests/packages/check from the interface's arrival on."""
    bare.hot_attach(scene.service_eni())
    for action in ("attach", "detach"):
        waits = []
        for _ in range(5):
            waits.append(expired_waits(bare, action, "eth1"))
            bare.myha("attach" if action == "detach" else "detach", "eth1", check=True)
        assert min(waits, key=len) == []
        bare.myha("attach", "eth1", check=True)
    bare.myha("detach", "eth1", check=True)
    scene.vpc.imds.faults({"kind": 503, "times": 1})
    assert expired_waits(bare, "attach", "eth1"), "the wait before another try is not seen"


def test_no_address_without_its_table(scene, bare):
    """The main table would send its traffic out by eth0, and the kernel would ask there for the router
    in the address's name."""
    bare.hot_attach(scene.service_eni("10.0.1.10", "10.0.1.11"))
    order = []
    for command in ("attach", "detach"):
        with Monitor(bare.pid) as monitor:
            result = bare.myha(command, "eth1")
            assert result.returncode == 0, result
            monitor.wait(lambda event: event.type == ("newaddr" if command == "attach" else "delrule"),
                         "the last change")
        order += [event.type for event in monitor.events
                  if event.family == socket.AF_INET and event.type.endswith(("addr", "rule"))]
    assert order == ["newrule", "newaddr", "newaddr", "deladdr", "deladdr", "delrule"]
    assert not any(line.startswith("route ") and "table 100" in line for line in bare.view())


def test_replies_leave_through_the_interface(scene, node):
    """Without the rule a reply leaves through eth0 and is lost in the VPC; with it it leaves
    through eth1, as a capture on that cable shows."""
    client = scene.client()
    Service(node, SERVICE)
    eni = scene.service_eni()

    node.run("systemctl", "mask", "--runtime", "myha@eth1.service")
    node.hot_attach(eni)
    # By hand, the configuration without a source rule.
    node.run("ip", "-batch", "-", input=f"link set eth1 up\naddress add {SERVICE}/24 dev eth1\n")
    assert client.ask(SERVICE, timeout=1) is None, "the lab does not drop what EC2 would drop"
    node.hot_detach()
    node.run("systemctl", "unmask", "--runtime", "myha@eth1.service")

    node.hot_attach(eni)
    node.wait_for_unit("myha@eth1.service")
    with Capture(scene.vpc, eni, f"tcp and src host {SERVICE} and greater 60",
                 last="length 4") as capture:
        assert client.ask(SERVICE) == "db1"
    replies = [line for line in capture.lines if f"IP {SERVICE}.3200 > " in line]
    assert any("length 4" in line for line in replies), capture.lines

    node.hot_detach()
    node.wait_for_unit("myha@eth1.service", "inactive")
    assert client.ask(SERVICE, timeout=1) is None


NEIGHBOURS = "version: 1\ninterfaces: {eth1: {}, eth2: {table: 101, priority: 101}}\n"


def has_rule(node, source):
    return f"from {source} lookup" in node.run("ip", "rule").stdout


@pytest.mark.parametrize("gone", ["eth1", "eth2"])
@pytest.mark.parametrize("pulled", [False, True])
def test_a_neighbour_is_detached(scene, bare, gone, pulled):
    """Two ENIs in one subnet have rules only for their addresses; the one that stays has the rule
    for the subnet again, which has no other link now."""
    bare.set_policy(NEIGHBOURS)
    for name, address in (("eth1", SERVICE), ("eth2", "10.0.1.20")):
        bare.hot_attach(scene.service_eni(address), name)
        bare.myha("attach", name, check=True)
    assert has_rule(bare, SERVICE) and has_rule(bare, "10.0.1.20") and not has_rule(bare, "10.0.1.0/24")
    if pulled:
        bare.hot_detach(gone)
    bare.myha("detach", gone, check=True)
    assert has_rule(bare, "10.0.1.0/24")
    assert not has_rule(bare, SERVICE) and not has_rule(bare, "10.0.1.20")
    left = "eth1" if gone == "eth2" else "eth2"
    assert bare.myha("plan", left).returncode == 0
    bare.myha("detach", left, check=True)
    assert "lookup MYHA" not in bare.run("ip", "rule").stdout


def test_a_neighbour_leaves_with_its_unit(scene, node):
    """The same on a system, where units attach and detach."""
    node.set_policy(NEIGHBOURS)
    for name, address in (("eth1", SERVICE), ("eth2", "10.0.1.20")):
        node.hot_attach(scene.service_eni(address), name)
        node.wait_for_unit(f"myha@{name}.service")
    wait_for(lambda: has_rule(node, SERVICE), "rules for the addresses alone")
    node.hot_detach("eth2")
    wait_for(lambda: has_rule(node, "10.0.1.0/24"), "the subnet's rule")
    node.hot_detach("eth1")
    node.wait_for_unit("myha@eth1.service", "inactive")
    assert not has_rule(node, "10.0.1.0/24")


def test_an_unlisted_interface_is_left_alone(scene, node):
    """Only what the policy lists is ever touched."""
    eni = scene.service_eni()
    node.settle()
    with Monitor(node.pid) as monitor:
        node.hot_attach(eni, "eth2")
        monitor.wait(lambda event: is_link(event, "newlink", "eth2"), "eth2")
        before = node.view()
        node.wait_for_unit("myha@eth2.service")
        changes = [event for event in monitor.events if event.type not in ("newlink", "dellink")]
    assert changes == []
    assert difference(before, node.view()) == []
    assert f"link eth2 down mtu 9001 {eni.mac}" in before


def test_the_units_journal_says_what_was_done(scene, node):
    """One line a change; the second run of the same has nothing to say."""
    node.hot_attach(scene.service_eni())
    node.wait_for_unit("myha@eth1.service")
    said = node.journal("myha@eth1.service")
    assert SERVICE in said and "10.0.1.0/24" in said, said
    node.systemctl("start", "myha@eth1.service")
    assert node.journal("myha@eth1.service") == said


def test_ipv4_alone_needs_no_ipv6_notifications(scene, node):
    """An ENI without IPv6 addresses gets no IPv6 rule."""
    with Monitor(node.pid) as monitor:
        node.hot_attach(scene.service_eni())
        node.wait_for_unit("myha@eth1.service")
        assert not [event for event in monitor.events
                    if event.type == "newrule" and event.family == socket.AF_INET6]


def test_a_device_that_goes_while_its_unit_starts(scene, node):
    """The unit ends as one that was stopped, and nothing has failed; by hand it is an error."""
    unit = "myha@eth1.service"
    node.hot_attach(scene.service_eni())
    node.wait_for_unit(unit)
    node.systemctl("stop", unit)
    # systemd learns from udev that the device has gone: after the start, here.
    node.run("udevadm", "control", "--stop-exec-queue")
    node.hot_detach()
    by_hand = node.myha("attach", "eth1")
    assert (by_hand.returncode, by_hand.stderr) == \
        (1, 'myha: eth1: interface does not exist: see "ip link"\n')
    node.systemctl("start", unit)
    assert "eth1: device is gone: nothing to attach" in node.journal(unit)
    node.run("udevadm", "control", "--start-exec-queue")
    node.wait_for_unit(unit, "inactive")
    assert "Triggering OnFailure=" not in node.journal(unit)
