# SPDX-License-Identifier: Apache-2.0
"""ocf:myha:overlay-ip: each action by itself, as the cluster would call it; and parameters that are wrong, of
both agents."""

import concurrent.futures
import threading
import time

import pytest
from boot_fixtures import on
from ocf_fixtures import (ARGS, CONFIGURED, DEGRADED, DOWN, GENERIC, INSTALLED, NOT_RUNNING, PERM, PROBE,
                          RECURRING, SUCCESS, UNIMPLEMENTED, Agent, Pair)

from lab.ec2_engine import SomeReadsAreOld
from lab.host import LATE, PATIENCE, wait_for
from lab.scene import OVERLAY, OVERLAY6, SERVICE
from lab.shared import shared_fixture


shared_pair = shared_fixture(Pair)


@pytest.fixture(params=["by_ip", "by_name"])
def agents(request, pair):
    return getattr(pair, request.param)


# overlay-ip.

def test_start_move_and_stop(pair, agents):
    """A resource's life: started here, started there, stopped twice. The route stays."""
    one, two = agents
    assert one.act("monitor") == (NOT_RUNNING,)
    assert one.act("start") == (SUCCESS,)
    assert one.changes() == on("eth0", OVERLAY) and pair.owners() == ["db1", "db1"]
    assert one.act("start") == (SUCCESS,)
    for monapi in ("true", "false"):
        assert one.monitor(monapi=monapi) == (SUCCESS,)
    assert one.act("monitor") == (SUCCESS,)
    assert one.act("status") == (SUCCESS,)
    for _ in range(2):
        assert one.act("stop") == (SUCCESS,)
        assert one.changes() == [] and pair.owners() == ["db1", "db1"]
    assert one.monitor() == (NOT_RUNNING,)
    assert two.act("start") == (SUCCESS,)
    assert two.changes() == on("eth0", OVERLAY) and pair.owners() == ["db2", "db2"]
    assert one.node.run("ls", "/run/myha").stdout.count("resource-") == 0


@pytest.mark.parametrize("what", DOWN)
def test_stop_without_policy_and_ec2(pair, agents, what):
    """Neither a stop nor a monitor of the kernel's state needs them."""
    one, _ = agents
    assert one.act("start") == (SUCCESS,)
    pair.turn(what, "off")
    one.node.path("/etc/myha/policy.yaml").unlink()
    assert one.monitor() == (SUCCESS,)
    for _ in range(2):
        assert one.act("stop") == (SUCCESS,)
        assert one.changes() == []


def test_without_the_policy(pair):
    """A node that does not know the overlay cannot have it, and another may."""
    one, two = pair.by_name
    one.node.path("/etc/myha/policy.yaml").unlink()
    said = 'the policy has no overlay "sapascs": add the overlay to the policy, or give an address and ' \
           "--route-table"
    for action in ("start", "validate-all"):
        assert one.act(action) == (INSTALLED, said)
    assert one.act("monitor") == one.monitor() == (NOT_RUNNING,)
    assert one.act("stop") == (SUCCESS,) and f"nothing to stop: {said}" in one.said
    assert one.changes() == [] and pair.owners() == [None, None]
    assert two.act("start") == (SUCCESS,)


@pytest.mark.parametrize("what", DOWN)
def test_monitor_that_cannot_know(pair, what):
    """A running resource continues, also if the cluster probes for it. A stopped one is recognized at once."""
    one, two = pair.by_ip
    assert one.act("start") == (SUCCESS,)
    pair.turn(what, "off")
    assert one.monitor(monapi="true", timeout=4)[0] == DEGRADED
    assert one.act("monitor", timeout=4)[0] == DEGRADED
    assert two.act("monitor", timeout=4) == (NOT_RUNNING,)
    assert one.changes() == on("eth0", OVERLAY)
    pair.turn(what, "on")
    assert one.monitor(monapi="true") == (SUCCESS,)


@pytest.mark.parametrize("action", ["*", "DescribeRouteTables"])
@pytest.mark.parametrize("interval", [PROBE, RECURRING])
def test_a_monitor_ends_long_before_its_timeout(pair, action, interval):
    """Where EC2 hangs, also in the middle: with most of the time left for a busy node to end the monitor."""
    one, _ = pair.by_ip
    assert one.act("start") == (SUCCESS,)
    pair.ec2.faults.set([{"kind": "hang", "action": action}])
    begun = time.monotonic()
    assert one.act("monitor", interval=interval, monapi="true", timeout=LATE)[0] == DEGRADED
    assert time.monotonic() - begun < LATE * 2 / 3


def test_a_bridge_with_a_network_around_the_address(pair):
    """As Docker adds one: what runs goes on, stops and starts."""
    one, _ = pair.by_ip
    assert one.act("start") == (SUCCESS,)
    one.node.run("ip", "link", "add", "br-1", "type", "bridge")
    try:
        one.node.run("ip", "address", "add", "192.168.0.1/20", "dev", "br-1")
        assert one.monitor() == one.monitor(monapi="true") == one.act("monitor") == (SUCCESS,)
        assert one.act("stop") == (SUCCESS,) and one.monitor() == (NOT_RUNNING,)
        assert one.act("start") == one.act("monitor") == (SUCCESS,)
        assert one.act("stop") == (SUCCESS,)
        # The bridge's own address is no overlay, and stays.
        assert one.act("start", ip="192.168.0.1")[0] == INSTALLED
        assert one.act("stop", ip="192.168.0.1") == (SUCCESS,)
        assert "192.168.0.1/20" in one.node.run("ip", "address", "show", "dev", "br-1").stdout
    finally:
        one.node.run("ip", "link", "del", "br-1")
    assert one.changes() == []


def test_the_address_is_edited_in_the_policy_while_it_runs(pair):
    """The started address is monitored and stopped; a start without a stop leaves nothing behind."""
    one, _ = pair.by_name
    text = one.node.path("/etc/myha/policy.yaml").read_text()
    edited = text.replace(OVERLAY, "192.168.10.99")
    assert one.act("start") == (SUCCESS,)
    one.node.write("/etc/myha/policy.yaml", edited)
    assert one.monitor() == one.monitor(monapi="true") == one.act("monitor") == (SUCCESS,)
    assert one.act("stop") == (SUCCESS,)
    assert one.changes() == [] and one.monitor() == (NOT_RUNNING,)
    one.node.write("/etc/myha/policy.yaml", text)
    assert one.act("start") == (SUCCESS,)
    one.node.write("/etc/myha/policy.yaml", edited)
    assert one.act("start") == (SUCCESS,)
    assert one.changes() == on("eth0", "192.168.10.99")
    assert one.act("stop") == (SUCCESS,) and one.changes() == []


def test_a_stop_does_not_wait_for_a_start_that_hangs(pair, agents):
    """Nor for a move from the command line."""
    one, _ = agents
    go_on = threading.Event()
    pair.ec2.faults.set([{"kind": "late", "action": "*Route", "times": 2,
                          "value": lambda _: go_on.wait(PATIENCE)}])
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        starting = pool.submit(one.act, "start", timeout=2 * PATIENCE)
        wait_for(lambda: not pair.ec2.faults.pending(), "the start to hang")
        stopping = Agent(one.node, "overlay-ip", **one.parameters)
        assert stopping.act("stop") == (SUCCESS,)
        go_on.set()
        assert starting.result() == (
            GENERIC, "another run of myha released the address meanwhile: repeat the move on the node "
            "that should hold the address")
    assert one.monitor() == (NOT_RUNNING,)
    assert OVERLAY not in one.node.run("ip", "address").stdout


def test_a_stolen_route(pair, agents):
    """Noticed by asking the API alone; started again it is taken back."""
    one, two = agents
    assert one.act("start") == (SUCCESS,)
    assert two.node.myha("overlay", "move", "sapascs").returncode == 0
    assert one.monitor() == (SUCCESS,)
    assert one.monitor(monapi="true") == (NOT_RUNNING,)
    assert "this host has the address, but the routes point elsewhere" in one.said
    assert one.act("monitor") == (NOT_RUNNING,)
    assert one.act("start") == (SUCCESS,)
    assert pair.owners() == ["db1", "db1"] and one.monitor(monapi="true") == (SUCCESS,)


def test_a_monitor_that_is_shown_what_was_before_the_start(pair, agents):
    """An old read does not fail what has just been started."""
    one, two = agents
    assert two.act("start") == (SUCCESS,) and two.act("stop") == (SUCCESS,)
    pair.ec2.engine.consistency, pair.ec2.engine.ages = 3600, SomeReadsAreOld(0)
    assert one.act("start") == (SUCCESS,)
    pair.ec2.engine.ages = SomeReadsAreOld(1)
    assert one.monitor(monapi="true") == (SUCCESS,)


def test_half_a_start_is_none(pair, agents):
    """One table is refused: an error, which the same again finishes."""
    one, two = agents
    assert two.act("start") == (SUCCESS,)
    pair.ec2.faults.set([{"kind": "error", "action": "ReplaceRoute", "status": 403,
                          "code": "UnauthorizedOperation",
                          "match": f"RouteTableId={pair.scene.client_table.id}"}])
    status, _ = one.act("start")
    assert status in (GENERIC, PERM)
    assert pair.owners() == ["db1", "db2"]
    assert one.monitor(monapi="true")[0] == GENERIC
    pair.ec2.faults.set([])
    assert one.act("start") == (SUCCESS,)
    assert pair.owners() == ["db1", "db1"] and one.changes() == on("eth0", OVERLAY)


def test_a_start_that_may_not(pair):
    one, two = pair.by_ip
    assert two.act("start") == (SUCCESS,)
    pair.ec2.faults.set([{"kind": "error", "action": "*Route*", "status": 403,
                          "code": "UnauthorizedOperation"}])
    assert one.act("start")[0] == PERM
    assert one.changes() == [] and pair.owners() == ["db2", "db2"]


@pytest.mark.parametrize("what", DOWN)
@pytest.mark.parametrize("timeout", [2, 5])
def test_a_start_ends_in_time(pair, what, timeout):
    one, _ = pair.by_ip
    pair.turn(what, "off")
    assert one.act("start", timeout=timeout)[0] == GENERIC
    assert one.changes() == [] and pair.owners() == [None, None]


@pytest.mark.parametrize("action, status", [("start", GENERIC), ("monitor", DEGRADED)])
def test_an_api_that_hangs(pair, action, status):
    one, _ = pair.by_ip
    if action == "monitor":
        assert one.act("start") == (SUCCESS,)
    pair.ec2.faults.set([{"kind": "hang"}])
    assert one.act(action, timeout=2)[0] == status
    assert one.act("stop") == (SUCCESS,)


def test_parameters(pair):
    """An interface, a label, IPv6, the older name of ip, and what has no effect."""
    one, _ = pair.by_ip
    assert one.act("start", interface="lo") == (SUCCESS,)
    assert one.changes() == on("lo", OVERLAY)
    assert one.act("stop", interface="lo") == (SUCCESS,)
    assert one.act("start", iflabel="ascs") == (SUCCESS,)
    assert "eth0:ascs" in one.node.run("ip", "-4", "address", "show", "dev", "eth0").stdout
    assert one.act("stop") == (SUCCESS,) and one.changes() == []
    assert one.act("start", ip=None, address=OVERLAY6,
                   routing_table=pair.tables.replace(",", ", ")) == (SUCCESS,)
    assert one.changes() == on("eth0", OVERLAY6)
    assert pair.owners(OVERLAY6, 128) == ["db1", "db1"]
    assert one.act("stop", ip=None, address=OVERLAY6) == (SUCCESS,)
    idle = {"lookup_type": "InstanceId", "auth_type": "role", "awscli": "/usr/bin/aws",
            "awscli_timeout": "30", "curl_retries": "3", "curl_sleep": "1", "ip": f"{OVERLAY}/32"}
    assert one.act("start", **idle) == (SUCCESS,)
    assert one.monitor(monapi="yes", **idle) == (SUCCESS,)
    assert one.act("stop", **idle) == (SUCCESS,) and one.changes() == []


def test_routes_are_not_made(pair):
    """create_route=false: where a table has none, starting fails and leaves nothing."""
    one, _ = pair.by_ip
    assert one.act("start", create_route="false")[0] != SUCCESS
    assert one.changes() == [] and pair.owners() == [None, None]


def test_another_policy_and_account(pair):
    """policy names another file, and profile is used for requests to the API."""
    one, _ = pair.by_name
    text = one.node.path("/etc/myha/policy.yaml").read_text()
    one.node.write("/etc/other.yaml", text.replace("sapascs", "other"))
    assert one.act("start", name="other", policy="/etc/other.yaml") == (SUCCESS,)
    assert one.act("stop", name="other", policy="/etc/other.yaml") == (SUCCESS,)
    assert one.act("start", profile="nobodys")[0] == INSTALLED
    assert "nobodys" in one.said
    assert one.changes() == []


def test_a_region_without_a_name(pair):
    """Its endpoint's name cannot be resolved; the action still ends in time."""
    one, _ = pair.by_ip
    assert one.act("start", region="eu-west-9", timeout=3)[0] == GENERIC
    assert one.changes() == []


# Parameters with which nothing can be started, beside those that are right: their start's status.
OWN, NEAR = "OWN", "NEAR"  # db1's primary address, and one of its subnet
LONG = "x" * 65
ENI_ID = "eni-0123456789abcdef0"
NEVER = [
    ("overlay-ip", {"ip": None}, CONFIGURED),
    ("overlay-ip", {"ip": "db.example"}, INSTALLED),
    ("overlay-ip", {"ip": "192.168.10.300"}, INSTALLED),
    ("overlay-ip", {"ip": "192.168.10"}, INSTALLED),
    ("overlay-ip", {"ip": f"{OVERLAY}/24"}, CONFIGURED),
    ("overlay-ip", {"ip": "192.168.10.0/24"}, CONFIGURED),
    ("overlay-ip", {"ip": f"{OVERLAY}/33"}, INSTALLED),
    ("overlay-ip", {"ip": "127.0.0.1"}, CONFIGURED),
    ("overlay-ip", {"ip": "127.0.0.1/32"}, CONFIGURED),
    ("overlay-ip", {"ip": "::1"}, CONFIGURED),
    ("overlay-ip", {"ip": "0.0.0.0"}, CONFIGURED),
    ("overlay-ip", {"ip": "224.0.0.1"}, CONFIGURED),
    ("overlay-ip", {"ip": "255.255.255.255"}, CONFIGURED),
    ("overlay-ip", {"ip": "169.254.169.254"}, CONFIGURED),
    ("overlay-ip", {"ip": "fe80::1"}, CONFIGURED),
    ("overlay-ip", {"ip": "fd00:ec2::254"}, CONFIGURED),
    ("overlay-ip", {"ip": f"::ffff:{OVERLAY}"}, CONFIGURED),
    ("overlay-ip", {"ip": OWN}, INSTALLED),
    ("overlay-ip", {"ip": f"{OWN}/32"}, INSTALLED),
    ("overlay-ip", {"ip": NEAR}, INSTALLED),
    ("overlay-ip", {"ip": "10.0.200.9"}, INSTALLED),
    ("overlay-ip", {"ip": None, "address": "10.0.0"}, INSTALLED),
    ("overlay-ip", {"ip": None, "name": "a/b"}, INSTALLED),
    ("overlay-ip", {"ip": None, "name": ".."}, INSTALLED),
    ("overlay-ip", {"ip": None, "name": "../../etc/passwd"}, INSTALLED),
    ("overlay-ip", {"ip": None, "name": "nobodys"}, INSTALLED),
    ("overlay-ip", {"ip": None, "name": LONG}, INSTALLED),
    ("overlay-ip", {"ip": None, "name": " "}, INSTALLED),
    ("overlay-ip", {"ip": None, "name": "sapascs\u200b"}, CONFIGURED),
    ("overlay-ip", {"ip": None, "name": "sapascs", "policy": "/nonexistent"}, INSTALLED),
    ("overlay-ip", {"ip": None, "name": "sapascs", "policy": "/etc"}, INSTALLED),
    ("overlay-ip", {"ip": None, "name": "sapascs", "policy": "/etc/passwd"}, INSTALLED),
    ("eni", {}, CONFIGURED),
    ("eni", {"eni": ENI_ID, "ip": SERVICE}, CONFIGURED),
    ("eni", {"eni": "eth1"}, CONFIGURED),
    ("eni", {"eni": "eni-"}, CONFIGURED),
    ("eni", {"eni": "../../etc/passwd"}, CONFIGURED),
    ("eni", {"eni": LONG}, CONFIGURED),
    ("eni", {"ip": "garbage"}, CONFIGURED),
    ("eni", {"ip": "\u00e4\"<&\n"}, CONFIGURED),
    ("eni", {"ip": f"{SERVICE}/24"}, CONFIGURED),
    ("eni", {"ip": ENI_ID}, GENERIC),
    ("eni", {"ip": "10.0.1.10\u00a0"}, CONFIGURED),
]


@pytest.mark.parametrize("agent, wrong, status", NEVER, ids=lambda value: str(value))
def test_parameters_that_can_never_start(pair, agent, wrong, status):
    """A start refuses them, a stop is done at once, and a monitor finds nothing; nothing is changed."""
    node = pair.nodes[0]
    own = node.eth0.ipv4s[0]
    words = {key: value and value.replace(OWN, own).replace(NEAR, "10.0.0.200")
             for key, value in wrong.items()}
    given = {"ip": OVERLAY, "routing_table": pair.tables} if agent == "overlay-ip" else {}
    one = Agent(node, agent, **{**given, **words})
    pair.ec2.requests()
    for _ in range(2):
        assert one.act("monitor") == (NOT_RUNNING,), one.said
        assert one.monitor(monapi="true") == (NOT_RUNNING,), one.said
        assert one.act("stop") == (SUCCESS,), one.said
        assert one.changes() == []
        assert pair.ec2.requests() == []
        assert one.act("start")[0] == status, one.said
        assert one.changes() == [] and pair.owners() == [None, None]
        pair.ec2.requests()


# Other wrong parameters: a resource that runs nevertheless is found and stopped.
BESIDE = [
    ({"routing_table": "table"}, SUCCESS, CONFIGURED),
    ({"routing_table": "rtb-0123456789abcdef0"}, DEGRADED, GENERIC),
    ({"routing_table_role": "nobody"}, DEGRADED, PERM),
    ({"interface": "eth7"}, SUCCESS, INSTALLED),
    ({"interface": LONG}, SUCCESS, INSTALLED),
    ({"iflabel": LONG}, SUCCESS, CONFIGURED),
    ({"profile": "nobodys"}, DEGRADED, INSTALLED),
    ({"region": "nowhere at all"}, DEGRADED, INSTALLED),
]


@pytest.mark.parametrize("wrong, status, start", BESIDE, ids=lambda value: str(value))
def test_other_parameters_that_are_wrong(pair, wrong, status, start):
    one, _ = pair.by_ip
    assert one.act("start") == (SUCCESS,)
    assert one.monitor(**wrong) == (SUCCESS,), one.said
    assert one.act("monitor", timeout=4, **wrong)[0] == status, one.said
    assert one.changes() == on("eth0", OVERLAY)
    assert one.act("stop", **wrong) == (SUCCESS,) and one.changes() == []
    assert one.act("start", timeout=4, **wrong)[0] == start, one.said
    assert one.act("monitor", **wrong) == (NOT_RUNNING,) and one.changes() == []


WRONG = [
    ({"ip": None}, "missing parameter: set name (an overlay of the policy) or ip"),
    ({"routing_table": "rtb-0a1b2c3d,table"},
     'routing_table: "table" is not a route table id (rtb-...)'),
    ({"iflabel": "x" * 16},
     f'iflabel: "{"x" * 16}" is too long: INTERFACE:LABEL may have at most '
     "15 characters"),
]


@pytest.mark.parametrize("wrong, reason", WRONG)
def test_parameters_that_are_wrong(pair, wrong, reason):
    """No node may try; but what was started with others can still be stopped."""
    one, _ = pair.by_ip
    for action in ("validate-all", "start"):
        assert one.act(action, **wrong) == (CONFIGURED, reason)
    assert one.changes() == []
    if "ip" not in wrong:
        assert one.act("start") == (SUCCESS,)
        assert one.act("stop", **wrong) == (SUCCESS,) and one.changes() == []


def test_an_interface_that_this_node_has_not(pair):
    one, _ = pair.by_ip
    assert one.act("start", interface="eth7") == (
        INSTALLED, 'there is no interface eth7 for the address: see "ip link"')
    assert one.changes() == [] and pair.owners() == [None, None]


def test_what_is_no_action(pair):
    done = pair.nodes[0].myha("ocf", "overlay-ip", "promote")
    assert (done.returncode, done.stderr) == (
        UNIMPLEMENTED, 'myha: overlay-ip: unknown action "promote"\n')
    assert pair.nodes[0].myha("ocf", "nothing", "start").returncode == ARGS
