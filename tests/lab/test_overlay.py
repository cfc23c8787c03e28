# SPDX-License-Identifier: Apache-2.0
"""The overlay commands, end to end: their requests to EC2, their changes to the host, their messages."""

import itertools
import json
import threading

import pytest
from boot_fixtures import on
from overlay_fixtures import (FAMILIES, FAMILY_IDS, NAME, NAME6, READ, adding, changes, check, deleting,
                              key, move_requests, read_tables)

from lab.client import Service, Watch
from lab.host import wait_for
from lab.netlink import Monitor
from lab.node import POLICY_ETH1
from lab.scene import OVERLAY, OVERLAY6

families = pytest.mark.parametrize("name, address, destination", FAMILIES, ids=FAMILY_IDS)


def fixed(eni, name=NAME):
    return f"{name}: disabled the source/destination check of {eni} (while enabled, EC2 drops traffic " \
        "to overlay addresses)"


def took(name, address, owner, eni, command=adding, tables=("main", "clients"), device="eth0"):
    """The log lines of a successful move."""
    how = "no route: creating it" if not owner else \
        f"route points to {owner} (i-{owner}, active): replacing it"
    ip, reason = command(name, address, device,
                         why="is being taken over" if owner else "is being created")
    return [*(f"{name}: {table}: {how}" for table in tables), f"{name}: {ip} ({reason})",
            *(f"{name}: {table}: route points to {eni} now" for table in tables)]


def confirm(action, destination, eni, tables=("clients", "main")):
    """The requests if the routes already lead there: unlike a read, the acceptance of a change that changes
    nothing cannot be stale."""
    return move_requests(eni, *changes(action, destination, eni, tables))


def nothing_changes(pair, node, *arguments, sent):
    """The run succeeds, says nothing, changes no route, and the kernel is not told anything."""
    before = pair.state()
    with Monitor(node.pid) as monitor:
        ran = pair.quiet(node, *arguments)
    assert ran.sent == sent
    assert monitor.events == []
    assert pair.state() == before


# create and move.

@families
@pytest.mark.parametrize("by", ["name", "address"])
def test_create(pair, name, address, destination, by):
    """Where there are no routes; the check of the ENI is switched off once."""
    what = name if by == "name" else address
    ran = pair.run(pair.db1, "overlay", "create", what)
    assert (ran.status, ran.out) == (0, "")
    assert ran.sent == move_requests("db1", *changes("CreateRoute", destination, "db1"), on=True)
    assert ran.said == [*took(name, address, None, "db1"), fixed("db1", name)]
    assert pair.added(pair.db1) == on("eth0", address) and pair.added(pair.db2) == []
    assert pair.routes() == {"main": {destination: "db1"}, "clients": {destination: "db1"}}
    assert not pair.db1.eth0.source_dest_check and pair.db2.eth0.source_dest_check
    nothing_changes(pair, pair.db1, "overlay", "create", what,
                    sent=confirm("CreateRoute", destination, "db1"))
    nothing_changes(pair, pair.db1, "overlay", "move", what,
                    sent=confirm("ReplaceRoute", destination, "db1"))


@families
def test_move(pair, name, address, destination):
    """From the other node, and back: the same again."""
    pair.route(pair.db1)
    pair.place(pair.db1, address)
    for node, other, is_first in ((pair.db2, pair.db1, True), (pair.db1, pair.db2, True),
                                  (pair.db2, pair.db1, False)):
        ran = pair.run(node, "overlay", "move", name)
        said = took(name, address, other.name, node.name)
        if node is pair.db1 or not is_first:  # it has the address from before
            said = [line for line in said if " ip " not in line]
        assert (ran.status, ran.out) == (0, "")
        assert ran.sent == move_requests(
            node.name, *changes("ReplaceRoute", destination, node.name), on=is_first)
        assert ran.said == [*said, *([fixed(node.name, name)] if is_first else [])]
        assert pair.added(node) == on("eth0", address)
        assert {name: table[destination] for name, table in pair.routes().items()} == \
            {"main": node.name, "clients": node.name}
    nothing_changes(pair, pair.db2, "overlay", "move", name,
                    sent=confirm("ReplaceRoute", destination, "db2"))


def test_an_ipv6_overlay_is_no_source_address(pair):
    """The host's own connections, which other nodes know it by, must not come from a service that leaves
    with the next failover; the address is there for ever all the same, and not taken for a difference."""
    pair.run(pair.db1, "overlay", "create", NAME6)
    pair.db1.run("ip", "-6", "address", "add", f"{OVERLAY6[:-2]}99/128", "dev", "eth0", "nodad")
    link, = json.loads(pair.db1.run("ip", "-6", "-json", "address", "show", "dev", "eth0").stdout)
    lifetimes = {info["local"]: (info["valid_life_time"], info["preferred_life_time"])
                 for info in link["addr_info"] if "local" in info}
    assert lifetimes[OVERLAY6] == (0xffffffff, 0)
    near = pair.db1.run("ip", "-6", "-json", "route", "get", f"{OVERLAY6[:-2]}17", check=False)
    assert OVERLAY6 not in [route.get("prefsrc") for route in json.loads(near.stdout or "[]")]
    nothing_changes(pair, pair.db1, "overlay", "create", NAME6,
                    sent=confirm("CreateRoute", f"{OVERLAY6}/128", "db1"))


def test_move_finishes_what_was_only_partly_done(pair):
    """A route here, none there, and one of an instance that has gone."""
    pair.route(pair.db2, FAMILIES[0][2], tables=["main"])
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.status == 0
    both = [*changes("CreateRoute", f"{OVERLAY}/32", "db2", ["clients"]),
            *changes("ReplaceRoute", f"{OVERLAY}/32", "db2", ["main"])]
    # These two are made at once, so that either may be the first to arrive.
    assert [*ran.sent[:3], *sorted(ran.sent[3:5]), *ran.sent[5:]] == move_requests(
        "db2", *both, on=True)
    pair.route("eni-0123456789abcdef0", FAMILIES[0][2], tables=["main"])
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.sent == confirm("ReplaceRoute", f"{OVERLAY}/32", "db2")
    assert ran.said == [
        f"{NAME}: main: route points to eni-0123456789abcdef0 (blackhole): replacing it",
        f"{NAME}: main: route points to db2 now"]


def test_the_address_comes_back_where_only_that_is_missing(pair):
    pair.route(pair.db1)
    pair.db1.eth0.source_dest_check = False
    ran = pair.run(pair.db1, "overlay", "move", NAME)
    ip, reason = adding(NAME, OVERLAY, why="is routed to this host")
    assert (ran.status, ran.said) == (0, [f"{NAME}: {ip} ({reason})"])
    assert ran.sent == confirm("ReplaceRoute", f"{OVERLAY}/32", "db1")


@pytest.mark.parametrize("routed", [("main", "clients"), ("main",)])
def test_create_does_not_steal(pair, routed):
    """Not even a part of it: where one of two tables leads to another node, nothing is changed."""
    pair.route(pair.db1, tables=routed)
    before = pair.state()
    ran = pair.run(pair.db2, "overlay", "create", NAME)
    refused = [f"{NAME}: {table}: route to {OVERLAY}/32 points to db1 (i-db1, active): run "
               f'"myha overlay create {NAME}" on i-db1, or move the route with "myha overlay move '
               f'{NAME}"' for table in routed]
    if len(routed) == 1:
        refused.append(f"{NAME}: clients: no route to {OVERLAY}/32 was created, since the route in "
                       "another table points elsewhere")
    assert (ran.status, ran.sent, pair.state()) == (1, [READ, check("db2")], before)
    assert ran.said == [*refused, f"{NAME}: no route was changed"]
    # The remedies work as they are printed.
    assert pair.run(pair.db1, "overlay", "create", NAME).status == 0
    assert {table[f"{OVERLAY}/32"] for table in pair.routes().values()} == {"db1"}
    assert pair.run(pair.db2, "overlay", "move", NAME).status == 0
    assert {table[f"{OVERLAY}/32"] for table in pair.routes().values()} == {"db2"}


def test_an_address_that_the_policy_has_not(pair):
    """With its tables from the command line."""
    table = pair.tables["clients"].id
    ran = pair.run(pair.db1, "overlay", "move", "192.168.10.77", "--route-table", table,
                   "--route-table", table, "--interface", "lo")
    assert ran.status == 0
    assert ran.sent == move_requests(
        "db1", *changes("CreateRoute", "192.168.10.77/32", "db1", ["clients"]), on=True,
        first=read_tables("clients", "clients"), last=read_tables("clients"))
    assert pair.added(pair.db1) == on("lo", "192.168.10.77")
    ran = pair.run(pair.db1, "overlay", "delete", "192.168.10.77", "--route-table", table)
    assert (ran.status, pair.added(pair.db1), pair.routes()) == \
        (0, [], {"main": {}, "clients": {}})


@families
def test_on_the_loopback(pair, name, address, destination):
    """Traffic that is routed to this host arrives through its primary ENI."""
    pair.set_policy(interface="lo")
    pair.place(pair.db1, address)  # left by a policy of before
    ran = pair.run(pair.db1, "overlay", "move", name)
    prefix = destination
    assert ran.status == 0
    assert ran.sent == move_requests("db1", *changes("CreateRoute", destination, "db1"), on=True)
    family = " -6" if ":" in address else ""
    assert f"{name}: ip{family} address delete {prefix} dev eth0 (overlay {name} belongs on " \
        "another interface)" in ran.said
    assert pair.added(pair.db1) == on("lo", address)


@families
def test_all_tables_of_the_vpc(pair, name, address, destination):
    """Those that have the route, and no other."""
    pair.set_policy(tables="vpc")
    pair.route(pair.db1, destination, tables=["clients"])
    family = "ipv6-cidr" if ":" in address else "cidr"
    find = "DescribeRouteTables Filter.1.Name=vpc-id Filter.1.Value.1=vpc " \
        f"Filter.2.Name=route.destination-{family}-block Filter.2.Value.1={destination} " \
        "MaxResults=20"
    ran = pair.run(pair.db2, "overlay", "move", name)
    assert ran.status == 0
    replaces = changes("ReplaceRoute", destination, "db2", ["clients"])
    assert ran.sent == move_requests("db2", *replaces, on=True, first=find, last=read_tables("clients"))
    assert pair.routes() == {"main": {}, "clients": {destination: "db2"}}
    nothing_changes(pair, pair.db2, "overlay", "move", name, sent=move_requests(
        "db2", *replaces, first=find, last=read_tables("clients")))
    assert pair.run(pair.db2, "overlay", "delete", name).status == 0
    before = pair.state()
    for command in ("move", "create"):
        ran = pair.run(pair.db2, "overlay", command, name)
        assert (ran.status, ran.sent) == (1, [find, check("db2")])
        assert ran.said == [
            f"{name}: no route table of VPC vpc has a route to {destination}: add the route "
            f'table ids to the policy (key route-tables), then create the routes with "myha '
            f'overlay create {name}"']
        assert pair.state() == before


GATEWAYS = {"a VPC endpoint": "vpce-0a1b2c3d", "a transit gateway": "tgw-0a1b2c3d",
            "a NAT gateway": "nat-0a1b2c3d", "a peering connection": "pcx-0a1b2c3d"}


DESTINATION = f"{OVERLAY}/32"


def left_alone(table, destination, target):
    return f"{table}: route to {destination} points to {target} (active), which is neither an " \
        "ENI nor an instance: \"route-tables: vpc\" does not cover this table: to move the " \
        "route, list the tables in route-tables"


@pytest.mark.parametrize("target", GATEWAYS.values(), ids=GATEWAYS)
def test_a_route_to_something_else_is_left_where_all_tables_are_meant(pair, target):
    """A route through an inspection appliance stays; with a list of tables it is replaced."""
    pair.set_policy(tables="vpc")
    pair.route(pair.db1, DESTINATION, tables=["clients"])
    pair.route(target, DESTINATION, tables=["main"])
    words = f"{NAME}: " + left_alone("main", DESTINATION, target)
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.status == 0 and words in ran.said
    there = {"main": {DESTINATION: target}, "clients": {DESTINATION: "db2"}}
    assert pair.routes() == there
    ran = pair.run(pair.db2, "overlay", "show", NAME)
    assert ran.status == 0 and "here" in ran.out
    assert any(line.split() == f"main {target} (active), not covered by route-tables: vpc".split()
               for line in ran.out.splitlines())
    shown, = pair.run(pair.db2, "--json", "overlay", "show", NAME).json["overlays"]
    assert shown["routed"] == "here"
    assert {table["id"]: (table["verdict"], table["route"]["target"])
            for table in shown["tables"]} == {"clients": ("open", "db2"), "main": ("left", target)}
    ran = pair.run(pair.db2, "boot")
    assert ran.status == 0 and words in ran.said
    for arguments in (["delete", "--force", NAME], ["release", "--delete-route", NAME]):
        pair.route(pair.db2, DESTINATION, tables=["clients"])
        ran = pair.run(pair.db2, "overlay", *arguments)
        assert ran.status == 0 and words in ran.said
        assert pair.routes() == {"main": {DESTINATION: target}, "clients": {}}
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.status == 1 and ran.said == [
        words, f"{NAME}: no route table of VPC vpc has a route to {DESTINATION} that points to an ENI "
        f"or an instance, but the route in main points to {target}: add the route table ids to "
        "the policy (key route-tables)"]
    pair.set_policy()
    assert pair.run(pair.db2, "overlay", "move", NAME).status == 0
    assert pair.routes() == {name: {DESTINATION: "db2"} for name in pair.tables}


def test_an_eni_that_is_gone_is_taken_over_where_all_tables_are_meant(pair):
    """The route is a blackhole then, and still one to an ENI."""
    pair.set_policy(tables="vpc")
    pair.route("eni-0a1b2c3d", DESTINATION)
    assert pair.run(pair.db2, "overlay", "move", NAME).status == 0
    assert pair.routes() == {name: {DESTINATION: "db2"} for name in pair.tables}


def test_many_tables_come_in_pages(pair):
    pair.set_policy(tables="vpc")
    pair.route(pair.db1)
    pair.ec2.engine.limits.page = 1
    try:
        ran = pair.run(pair.db2, "overlay", "move", NAME)
    finally:
        pair.ec2.engine.limits.page = 1000
    assert ran.status == 0
    sent = [line for line in ran.sent if "Route" in line]
    assert [line.split()[0] for line in sent[:5]] == \
        ["DescribeRouteTables"] * 2 + ["ReplaceRoute"] * 2 + ["DescribeRouteTables"]
    assert "NextToken" not in sent[0] and "NextToken" in sent[1]


def test_on_a_second_interface(scene):
    """eth1 holds it: its ENI is the target, and replies leave through the interface of the request."""
    ec2, client = scene.ec2, scene.client()
    node, _ = scene.overlay_pair()
    eni = scene.cloud.create_eni(scene.dual, ["10.0.2.10"], ipv6s=["2001:db8:1234:2::10"])
    tables = ", ".join(table.id for table in scene.route_tables)
    node.set_policy("version: 1\ninterfaces: {eth1: {}}\noverlays:\n" + "".join(
        f"  {name}: {{address: '{address}', interface: eth1, route-tables: [{tables}]}}\n"
        for name, address, _ in FAMILIES))
    node.hot_attach(eni)
    assert node.myha("attach", "eth1", "--timeout", "20").returncode == 0
    rules = [line for line in node.view() if line.startswith("rule") and "192.168.10.16" in line
             or line.startswith("rule") and OVERLAY6 in line]
    assert rules == [f"rule4 100: from {OVERLAY} lookup 100 proto 77",
                     f"rule6 100: from {OVERLAY6} lookup 100 proto 77"]
    for name, address, destination in FAMILIES:
        assert node.myha("overlay", "create", name).returncode == 0
        assert {table.routes[destination].target for table in scene.route_tables} == {eni.id}
        assert not eni.source_dest_check and node.eth0.source_dest_check
        assert on("eth1", address)[0].removeprefix("+ ") in node.view()
        Service(node, address)
        wait_for(lambda: client.ask(address) == "db1", "a reply")
        before = scene.vpc.packets(eni), scene.vpc.packets(node.eth0)
        assert client.ask(address) == "db1"
        after = scene.vpc.packets(eni), scene.vpc.packets(node.eth0)
        assert after[0][0] > before[0][0], "the reply did not leave by eth1"
        assert after[1][0] == before[1][0], "something left by eth0"
    ec2.requests()


@families
def test_on_a_second_interface_that_only_the_command_line_names(scene, name, address, destination):
    """The policy lists no such overlay: the rule for its replies comes and goes with its address."""
    node, _ = scene.overlay_pair()
    eni = scene.cloud.create_eni(scene.dual, ["10.0.2.10"], ipv6s=["2001:db8:1234:2::10"])
    node.set_policy(POLICY_ETH1)
    node.hot_attach(eni)
    assert node.myha("attach", "eth1", "--timeout", "20").returncode == 0
    tables = [word for table in scene.route_tables for word in ("--route-table", table.id)]
    made = node.myha("overlay", "create", address, "--interface", "eth1", *tables)
    assert made.returncode == 0, made
    assert {table.routes[destination].target for table in scene.route_tables} == {eni.id}
    rule = f"rule{'6' if ':' in address else '4'} 100: from {address} lookup 100 proto 77"
    assert rule in node.view()
    client = scene.client()
    Service(node, address)
    wait_for(lambda: client.ask(address) == "db1", "a reply")
    assert node.myha("attach", "eth1").returncode == 0
    assert rule in node.view()
    assert node.myha("plan", "eth1").returncode == 0
    assert node.myha("overlay", "release", address).returncode == 0
    assert rule not in node.view()
    assert node.myha("plan", "eth1").returncode == 0


# To another node.

@families
@pytest.mark.parametrize("kind", ["eni", "instance"])
def test_move_to_another_node(pair, name, address, destination, kind):
    """The routes go there, and the address leaves this host; that is the other's to put on."""
    pair.route(pair.db1)
    pair.place(pair.db1, address)
    target = pair.db2.eth0.id if kind == "eni" else pair.db2.instance.id
    sent = ["DescribeInstances InstanceId.1=i-db2"] if kind == "instance" else []
    ip, reason = deleting(name, address, why="is being moved to another node")
    ran = pair.run(pair.db1, "overlay", "move", name, "--to", target)
    assert (ran.status, ran.out) == (0, "")
    assert ran.sent == [*sent, *move_requests("db2", *changes("ReplaceRoute", destination, "db2"),
                                            on=True)]
    assert ran.said == [
        *(f"{name}: {table}: route points to db1 (i-db1, active): replacing it"
          for table in pair.tables), f"{name}: {ip} ({reason})",
        *(f"{name}: {table}: route points to db2 now" for table in pair.tables),
        f'{name}: run "myha boot" on the node of db2 to place the address there',
        fixed("db2", name)]
    assert pair.placed() == {"db1": [], "db2": []}
    nothing_changes(pair, pair.db1, "overlay", "move", name, "--to", target,
                    sent=[*sent, *confirm("ReplaceRoute", destination, "db2")])


def test_move_to_this_node_by_its_id(pair):
    """It is this host after all: the address comes with the routes."""
    pair.route(pair.db2)
    for target in (pair.db1.instance.id, pair.db1.eth0.id):
        assert pair.run(pair.db1, "overlay", "move", NAME, "--to", target).status == 0
        assert pair.placed() == {"db1": [[f"{OVERLAY}/32", "eth0"]], "db2": []}
        assert {table[f"{OVERLAY}/32"] for table in pair.routes().values()} == {"db1"}


def test_the_address_stays_where_the_routes_do_not_move(pair):
    pair.route(pair.db1)
    pair.place(pair.db1, OVERLAY)
    before = pair.state()
    for target, word in (("i-0123456789abcdef0", "does not exist"),
                         (pair.scene.second.id, "neither the id of an ENI"), ("db2", "neither")):
        ran = pair.run(pair.db1, "overlay", "move", NAME, "--to", target)
        assert ran.status == (1 if target.startswith("i-") else 2)
        assert len(ran.said) == 1 and word in ran.said[0]
        assert pair.state() == before


# release and delete.

@families
def test_release(pair, name, address, destination):
    """The address goes, the routes stay; no request is sent."""
    pair.route(pair.db1)
    pair.place(pair.db1, address, "lo")
    routes = pair.routes()
    ip, reason = deleting(name, address, "lo")
    ran = pair.run(pair.db1, "overlay", "release", name)
    assert (ran.status, ran.out, ran.sent) == (0, "", [])
    assert ran.said == [f"{name}: {ip} ({reason})"]
    assert pair.added(pair.db1) == [] and pair.routes() == routes
    nothing_changes(pair, pair.db1, "overlay", "release", name, sent=[])


def test_release_without_policy_network_or_metadata(pair):
    """By address: it needs nothing but the kernel."""
    pair.place(pair.db1, OVERLAY)
    pair.db1.path("/etc/myha/policy.yaml").unlink()
    pair.scene.vpc.imds.off()
    pair.ec2.off()
    try:
        pair.scene.vpc.imds.requests()
        ran = pair.run(pair.db1, "overlay", "release", NAME)
        assert (ran.status, ran.said) == (2, [
            f"{NAME}: unknown overlay, because policy file /etc/myha/policy.yaml is missing or invalid: "
            "give the overlay's address"])
        assert pair.run(pair.db1, "overlay", "release", OVERLAY).status == 0
        assert pair.placed() == {"db1": [], "db2": []}
        assert pair.scene.vpc.imds.requests() == {"requests": [], "connections": 0}
    finally:
        pair.scene.vpc.imds.on()


@families
@pytest.mark.parametrize("owner", ["db1", "db2", None])
def test_release_with_its_routes(pair, name, address, destination, owner):
    """Only if they still lead here; else that is as one wants it."""
    pair.place(pair.db1, address)
    if owner:
        pair.route(getattr(pair, owner))
    ip, reason = deleting(name, address)
    ran = pair.run(pair.db1, "overlay", "release", name, "--delete-route")
    sent, said = {
        "db1": ([*changes("DeleteRoute", destination), READ],
                [f"{name}: {table}: deleted the route to db1 (i-db1, active)"
                 for table in pair.tables]),
        "db2": ([], [f"{name}: {table}: route points to db2 (i-db2, active): keeping it"
                     for table in pair.tables]), None: ([], [])}[owner]
    assert (ran.status, ran.out) == (0, "")
    # A route that is gone or another node's only by a read that may be old is read again.
    assert ran.sent == [READ, *(sent or [READ])]
    assert ran.said == [f"{name}: {ip} ({reason})", *said]
    assert pair.placed() == {"db1": [], "db2": []}
    assert {table.get(destination) for table in pair.routes().values()} == \
        {"db2" if owner == "db2" else None}


@families
def test_delete(pair, name, address, destination):
    """The routes first, so that nothing is sent to a host that does not have the address."""
    pair.route(pair.db1, destination)
    pair.place(pair.db1, address)
    ip, reason = deleting(name, address, why="is being deleted")
    ran = pair.run(pair.db1, "overlay", "delete", name)
    assert (ran.status, ran.out) == (0, "")
    assert ran.sent == [READ, *changes("DeleteRoute", destination), READ]
    assert ran.said == [*(f"{name}: {table}: deleted the route to db1 (i-db1, active)"
                          for table in pair.tables), f"{name}: {ip} ({reason})"]
    assert pair.routes() == {"main": {}, "clients": {}} and pair.added(pair.db1) == []
    nothing_changes(pair, pair.db1, "overlay", "delete", name, sent=[READ, READ])
    nothing_changes(pair, pair.db1, "overlay", "delete", name, "--force",
                    sent=[READ, *(f"{line} → InvalidRoute.NotFound" for line in
                                   changes("DeleteRoute", destination)), READ])


@pytest.mark.parametrize("target, text", [("db2", "db2 (i-db2, active)"),
                                          ("igw-1", "igw-1 (active)")])
def test_delete_of_what_leads_elsewhere(pair, target, text):
    """An error that says where; with --force it is done."""
    pair.route(getattr(pair, target, target))
    pair.place(pair.db1, OVERLAY)
    before = pair.state()
    ran = pair.run(pair.db1, "overlay", "delete", NAME)
    assert (ran.status, ran.sent, pair.state()) == (1, [READ], before)
    assert ran.said == [
        *(f"{NAME}: {table}: route to {OVERLAY}/32 points to {text}, not to this host: to "
          "delete the route anyway, use --force" for table in pair.tables),
        f"{NAME}: no route was deleted"]
    ran = pair.run(pair.db1, "overlay", "delete", NAME, "--force")
    assert ran.status == 0
    assert ran.sent == [READ, *changes("DeleteRoute", f"{OVERLAY}/32"), READ]
    assert [f"{OVERLAY}/32" in table for table in pair.routes().values()] == [False, False]
    assert pair.placed() == {"db1": [], "db2": []}


# A move from the client's view. tests/bench measures the length of the interruption.

@pytest.mark.parametrize("is_checked", [False, True], ids=["", "its check is on"])
def test_a_client_changes_over_with_the_route(pair, is_checked):
    """The new node has the address before EC2 changes a route, and the old one replies until then."""
    client = pair.scene.client()
    services = [Service(node, OVERLAY) for node in pair.nodes]
    pair.db1.eth0.source_dest_check = pair.db2.eth0.source_dest_check = False
    pair.route(pair.db1)
    pair.place(pair.db1, OVERLAY)
    for old, node in ((pair.db1, pair.db2), (pair.db2, pair.db1)):
        wait_for(lambda: client.ask(OVERLAY) == old.name, "a reply")
        node.eth0.source_dest_check = is_checked
        change = threading.Event()
        pair.ec2.faults.set([{"kind": "held", "action": "ReplaceRoute", "value": change}])
        with Watch(client, OVERLAY, lambda: None) as watch:
            run = pair.start(node, "overlay", "move", NAME)
            wait_for(lambda: pair.placed()[node.name], "the address on the new node")
            count = len(watch.replies)
            wait_for(lambda: len(watch.replies) > count + 1, "replies of the old node")
            assert {who for _, who in watch.replies} == {old.name}
            change.set()
            assert run.communicate()[0] == "" and run.returncode == 0
            wait_for(lambda: watch.replies[-1][1] == node.name, "a reply from the new node")
        assert [who for who, _ in itertools.groupby(who for _, who in watch.replies)] == \
            [old.name, node.name]
    for service in services:
        service.close()
