# SPDX-License-Identifier: Apache-2.0
"""The exact output of `myha status` and `myha plan` about interfaces and overlays, and their exit
statuses."""

import json
import re

import pytest

from lab.cloud import Route
from lab.scene import OVERLAY
from lab.shared import shared_fixture

ADD = "ip address add 192.168.10.16/32 dev eth0 noprefixroute"
ADD_WHY = "overlay sapascs is routed to this host"
OTHER = "other: {address: 192.168.10.17}"
DELETE = "ip address delete 192.168.10.16/32 dev eth0"
INTERFACES = [
    "INTERFACE       ENTRY           TABLE      STATE    ",
    "eth1            eth1            MYHA       ok       ",
    "",
    "OVERLAY         ADDRESS              ON THIS HOST    ROUTED     SOURCE/DEST CHECK",
]
TIMEOUT = "DescribeRouteTables: timed out, last error: https://ec2.eu-central-1.amazonaws.com/: " \
    "Failed to connect to ec2.eu-central-1.amazonaws.com port 443 after N ms: Couldn't connect to " \
    "server"


class Pair:
    """db1 with an ENI that is attached and an overlay that is routed to it; and db2."""

    def __init__(self, scene):
        self.scene = scene
        self.db1, self.db2 = scene.overlay_pair()
        self.main, self.table = scene.route_tables
        for node in (self.db1, self.db2):
            self.set_policy(node)
        self.db1.hot_attach(scene.service_eni())
        assert self.db1.myha("boot").returncode == 0
        assert self.db2.myha("boot").returncode == 0

    def reset(self):
        self.scene.ec2.on()
        for node in (self.db1, self.db2):
            self.set_policy(node)
            node.myha("overlay", "release", "sapascs", check=True)
            node.eth0.source_dest_check = False
        for table in (self.main, self.table):
            table.routes.clear()
        self.db1.myha("overlay", "create", "sapascs", check=True)
        # Reads within five seconds of that may be older, so no boot would act on them.
        (self.db1.path("/run/myha") / f"resource-{OVERLAY}.moved").unlink()

    def set_policy(self, node, more=""):
        node.set_policy("version: 1\ninterfaces: {eth1: {}}\noverlays:\n"
                        f"  sapascs: {{address: {OVERLAY}, route-tables: [{self.main.id}, "
                        f"{self.table.id}]}}\n{more}")

    def lead_to(self, node, *tables):
        for table in tables or (self.table, self.main):
            table.routes[f"{OVERLAY}/32"].target = node.eth0.id

    # The expected output.

    def row(self, holder, routed, check="off"):
        return f"sapascs         {OVERLAY:<20} {holder:<15} {routed:<10} {check}"

    def tables(self, *nodes):
        """Where the routes lead to, of both tables in the order of their ids."""
        lines = []
        for table, node in zip((self.main, self.table), nodes):
            where = f"{node.eth0.id} ({node.instance.id}, active)" if node else "no route"
            lines.append(f"  {table.id:<24} {where}{', this host' if node is self.db1 else ''}")
        return lines

    def object(self, state, routed, holder, *nodes, **more):
        routes = [node and {"target": node.eth0.id, "instance": node.instance.id,
                            "state": "active", "origin": "CreateRoute"} for node in nodes]
        return {
            "overlay": "sapascs", "address": OVERLAY, "state": state, "routed": routed,
            "eni": self.db1.eth0.id, "carried-by": holder, "source-dest-check": {"state": "off"},
            "tables": [{"id": table.id, "vpc": self.scene.cloud.vpc, "main": table.main,
                        "subnets": len(table.subnets), "verdict": "open", "route": route}
                       for table, route in zip((self.main, self.table), routes)],
            "steps": [], "requests": [], **more}


shared_pair = shared_fixture(Pair)


def ask(node, *arguments):
    """Runs myha, and replaces the time in libcurl's message."""
    told = node.myha(*arguments)
    told.stdout, told.stderr = (re.sub(r"after \d+ ms", "after N ms", text)
                                for text in (told.stdout, told.stderr))
    return told


def check(pair, status, lines, overlay, stderr=(), options=()):
    """The table and the object of `myha status` on db1, whole."""
    told = ask(pair.db1, "status", *options)
    assert told.stdout.splitlines() == INTERFACES + lines
    assert told.stderr.splitlines() == list(stderr)
    assert told.returncode == status
    told = ask(pair.db1, "status", "--json", *options)
    interface, = json.loads(told.stdout)["interfaces"]
    assert (interface["state"], interface["drift"]) == ("ok", [])
    assert json.loads(told.stdout)["overlays"] == [{"managed-by": "self", **overlay}]
    assert told.returncode == status


def check_plan(pair, status, lines, overlay, stderr=(), options=()):
    """The same for `myha plan`; it uses the state words of operations for the overlay."""
    told = ask(pair.db1, "plan", *options)
    assert told.stdout.splitlines() == lines
    assert told.stderr.splitlines() == list(stderr)
    assert told.returncode == status
    told = ask(pair.db1, "plan", "--json", *options)
    assert json.loads(told.stdout) == {
        "results": [{"interface": "eth1", "state": "unchanged", "steps": []}],
        "overlays": [overlay]}
    assert told.returncode == status


def test_ok(pair):
    """Here, and on the node that is not active."""
    here = pair.object("ok", "here", "eth0", pair.db1, pair.db1)
    check(pair, 0, [pair.row("eth0", "here"), *pair.tables(pair.db1, pair.db1)], here)
    check_plan(pair, 0, [], {**here, "state": "unchanged"})
    assert pair.db2.myha("overlay", "move", "sapascs").returncode == 0
    pair.db1.run("ip", "address", "del", f"{OVERLAY}/32", "dev", "eth0")
    there = pair.object("ok", "elsewhere", None, pair.db2, pair.db2)
    check(pair, 0, [pair.row("-", "elsewhere"), *pair.tables(pair.db2, pair.db2)], there)
    check_plan(pair, 0, [], {**there, "state": "unchanged"})


def test_managed_by_a_cluster(pair):
    """A boot does not change the overlay of a cluster."""
    policy = pair.db1.path("/etc/myha/policy.yaml").read_text()
    pair.db1.set_policy(policy.replace("address: ", "managed-by: cluster, address: "))
    pair.db1.run("ip", "address", "del", f"{OVERLAY}/32", "dev", "eth0")
    overlay = pair.object("ok", "here", None, pair.db1, pair.db1)
    check(pair, 0, [pair.row("-", "here"), *pair.tables(pair.db1, pair.db1),
                    '    managed by a cluster: "myha boot" does not change it'],
          {**overlay, "managed-by": "cluster"})
    check_plan(pair, 0, [], {**overlay, "state": "unchanged"})
    pair.db1.set_policy(policy)


def test_the_address_is_missing(pair):
    pair.db1.run("ip", "address", "del", f"{OVERLAY}/32", "dev", "eth0")
    overlay = pair.object("drift", "here", None, pair.db1, pair.db1,
                          steps=[{"command": ADD, "reason": ADD_WHY}])
    check(pair, 3, [pair.row("-", "here"), *pair.tables(pair.db1, pair.db1),
                    f"    would run: {ADD}  # {ADD_WHY}"], overlay)
    check_plan(pair, 3, [f"{ADD}  # {ADD_WHY}"], {**overlay, "state": "differs"})


def test_the_address_is_here_and_the_route_elsewhere(pair):
    pair.lead_to(pair.db2)
    why = f"overlay sapascs is routed to {pair.db2.eth0.id}"
    overlay = pair.object("drift", "elsewhere", "eth0", pair.db2, pair.db2,
                          steps=[{"command": DELETE, "reason": why}])
    check(pair, 3, [pair.row("eth0", "elsewhere"), *pair.tables(pair.db2, pair.db2),
                    f"    would run: {DELETE}  # {why}"], overlay)
    check_plan(pair, 3, [f"{DELETE}  # {why}"], {**overlay, "state": "differs"})


def test_tables_that_disagree(pair):
    """A boot would not mend it, and says so."""
    pair.lead_to(pair.db2, pair.table)
    said = {"text": "some routes point to this host and some to another target: finish the move with "
                    '"myha overlay move sapascs" on the node that should hold the address', "exit": 3}
    stderr = [f"myha: sapascs: {said['text']}"]
    overlay = pair.object("drift", "mixed", "eth0", pair.db1, pair.db2, trouble=said, error=said)
    check(pair, 3, [pair.row("eth0", "mixed"), *pair.tables(pair.db1, pair.db2),
                    f"    drift: {said['text']}"], overlay, stderr)
    check_plan(pair, 3, [], {**overlay, "state": "failed"}, stderr)


def test_no_route(pair):
    """A boot would not create the routes, so the plan is empty."""
    for table in (pair.table, pair.main):
        table.routes.clear()
    said = {"text": 'no route table has a route to this overlay: create the routes with "myha overlay '
                    'create sapascs" on the node that should hold the address', "exit": 3}
    overlay = pair.object("drift", "nowhere", "eth0", None, None, trouble=said)
    check(pair, 3, [pair.row("eth0", "nowhere"), *pair.tables(None, None),
                    f"    drift: {said['text']}"], overlay)
    check_plan(pair, 0, [], {**overlay, "state": "unchanged"})


@pytest.mark.parametrize("wanted", ["fix", "warn", "ignore"])
def test_the_check_is_on(pair, wanted):
    """By source-dest-check: the request of a boot, a message, or the check is not read."""
    eni = pair.db1.eth0
    eni.source_dest_check = True
    pair.set_policy(pair.db1, f"source-dest-check: {wanted}\n")
    request = f"aws ec2 modify-network-interface-attribute --network-interface-id {eni.id} " \
              "--no-source-dest-check"
    text = f"source/destination check of {eni.id}: enabled, so EC2 drops packets to overlay " \
           "addresses: disable the check, or let myha disable it (source-dest-check: fix)"
    tables = pair.tables(pair.db1, pair.db1)
    overlay = pair.object("drift", "here", "eth0", pair.db1, pair.db1, **{
        "source-dest-check": {"state": "on"}})
    if wanted == "fix":
        overlay["requests"] = [request]
        check(pair, 3, [pair.row("eth0", "here", "on"), *tables, f"    would run: {request}"],
              overlay)
        check_plan(pair, 3, [request], {**overlay, "state": "differs"})
    elif wanted == "warn":
        overlay["source-dest-check"]["error"] = {"text": text, "exit": 3}
        said = [f"myha: sapascs: {text}"]
        check(pair, 3, [pair.row("eth0", "here", "on"), *tables, f"    drift: {text}"], overlay,
              said)
        check_plan(pair, 0, [], {**overlay, "state": "unchanged"}, said)
    else:
        overlay.update({"state": "ok", "source-dest-check": {"state": "unknown"}})
        check(pair, 0, [pair.row("eth0", "here", "unknown"), *tables], overlay)
        check_plan(pair, 0, [], {**overlay, "state": "unchanged"})


def test_two_overlays_on_one_eni_with_its_check_on(pair):
    """One request, and both are cut off."""
    pair.db1.eth0.source_dest_check = True
    policy = pair.db1.path("/etc/myha/policy.yaml")
    policy.write_text(policy.read_text().replace("overlays:\n", f"overlays:\n  {OTHER}\n"))
    pair.table.routes["192.168.10.17/32"] = Route("192.168.10.17/32", pair.db1.eth0.id)
    told = pair.db1.myha("status")
    assert told.returncode == 3
    assert [line for line in told.stdout.splitlines() if line.startswith("    ")] == [
        f"    would run: ip address add 192.168.10.17/32 dev eth0 noprefixroute  # overlay other is "
        "routed to this host",
        "    would run: aws ec2 modify-network-interface-attribute --network-interface-id "
        f"{pair.db1.eth0.id} --no-source-dest-check",
        "    drift: the ENI's source/destination check is on: EC2 drops traffic to the overlay"]
    states = [one["state"] for one in
              json.loads(pair.db1.myha("status", "--json").stdout)["overlays"]]
    assert states == ["drift", "drift"]


@pytest.mark.parametrize("interfaces", [True, False])
def test_the_api_is_down(pair, interfaces):
    """An unknown state is neither ok nor drift: timed out, 5; but 3 if the other part of the policy is
    known."""
    pair.scene.ec2.off()
    if not interfaces:
        policy = pair.db1.path("/etc/myha/policy.yaml")
        policy.write_text(policy.read_text().replace("interfaces: {eth1: {}}\n", ""))
    error = {"text": TIMEOUT, "exit": 5}
    overlay = pair.object("unknown", "unknown", "eth0", error=error, **{
        "source-dest-check": {"state": "unknown"}})
    lines = [pair.row("eth0", "unknown", "unknown"), f"    unknown: {TIMEOUT}"]
    said = [f"myha: sapascs: {TIMEOUT}"]
    if interfaces:
        check(pair, 3, lines, overlay, said, ["--timeout", "1"])
        check_plan(pair, 3, [], {**overlay, "state": "failed"}, said, ["--timeout", "1"])
        return
    for command, said_of_it in (("status", {"state": "unknown", "managed-by": "self"}),
                             ("plan", {"state": "failed"})):
        told = ask(pair.db1, command, "--json", "--timeout", "1")
        assert json.loads(told.stdout)["overlays"] == [{**overlay, **said_of_it}]
        assert (told.returncode, told.stderr.splitlines()) == (5, said)


def test_an_interface_that_is_not_there(pair):
    """Its overlay is absent as it is itself; where the routes lead is told all the same."""
    policy = pair.db1.path("/etc/myha/policy.yaml")
    policy.write_text(policy.read_text().replace(f"{OVERLAY}, ", f"{OVERLAY}, interface: eth2, "))
    pair.lead_to(pair.db2)
    pair.db1.run("ip", "address", "del", f"{OVERLAY}/32", "dev", "eth0")
    overlay = pair.object("absent", "elsewhere", None, pair.db2, pair.db2, eni=None, **{
        "source-dest-check": {"state": "unknown"}})
    check(pair, 0, [pair.row("-", "elsewhere", "unknown"), *pair.tables(pair.db2, pair.db2),
                    "    absent: the interface is not on this host now"], overlay)
    check_plan(pair, 0, [], {**overlay, "state": "unchanged"})
