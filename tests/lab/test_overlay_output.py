# SPDX-License-Identifier: Apache-2.0
"""The output of the overlay commands: a dry run prints the commands that the real run then runs, and the JSON
documents, whole."""

import re

import pytest
from overlay_fixtures import FAMILIES, FAMILY_IDS, NAME, READ, adding, deleting

from lab.netlink import Monitor
from lab.scene import OVERLAY

families = pytest.mark.parametrize("name, address, destination", FAMILIES, ids=FAMILY_IDS)


# Dry runs.

def commands(pair, ran, routes):
    """The changes of a run, as a dry run would print them: ip's commands by the log, aws's by the requests
    that were granted, without those that confirm what routes there were before."""
    ip = [f"{found[1]}  # {found[2]}" for line in ran.said
          if (found := re.match(r"\w+: (ip .*) \((.*)\)$", line))]
    aws = []
    for line in ran.sent:
        action, *words = line.split()
        if action.startswith("Describe") or "→" in words or is_so(routes, *words):
            continue
        options = ["--no-source-dest-check" if word == "SourceDestCheck.Value=false" else
                   f"{option(word.partition('=')[0])} {word.partition('=')[2]}" for word in words]
        aws.append(" ".join(["aws ec2", option(action).removeprefix("--"), *options]))
    return ip, aws


def is_so(routes, table, destination, target=None, *_):
    """RouteTableId=…, the destination and NetworkInterfaceId=…: the route is there already."""
    (_, table), (_, destination), (_, target) = (
        (word or "=").split("=") for word in (table, destination, target))
    return bool(target) and routes.get(table, {}).get(destination) == target


def option(name):
    """RouteTableId: --route-table-id"""
    return "--" + re.sub(r"(?<=.)([A-Z])", r"-\1", name).lower()


def nothing(pair):
    pair.route(pair.db1, tables=[])


def here(pair):
    pair.route(pair.db1)
    for _, address, _ in FAMILIES:
        pair.place(pair.db1, address)


def there(pair):
    pair.route(pair.db2)


def partly(pair):
    pair.route(pair.db1, tables=["main"])
    pair.route(pair.db2, tables=["clients"])


def stray(pair):
    """The address is here, the routes are not."""
    here(pair)
    there(pair)


# The ip command comes first but where the routes must go before the address does.
@pytest.mark.parametrize("words, routes_first", [
    ("create", False), ("move", False), ("release", False), ("release --delete-route", False),
    ("delete", True), ("delete --force", True), ("move --to i-db2", True)])
@pytest.mark.parametrize("name, before", [
    *((NAME, before) for before in (nothing, here, there, partly, stray)),
    *((FAMILIES[1][0], before) for before in (here, there))])
def test_a_dry_run_is_what_the_operation_then_does(pair, name, before, words, routes_first):
    """Its commands, its end, and it changes nothing itself; --json has the same."""
    command, *options = words.replace("i-db2", pair.db2.instance.id).split()
    before(pair)
    state, routes = pair.state(), pair.routes()
    with Monitor(pair.db1.pid) as monitor:
        dry = pair.run(pair.db1, "--dry-run", "overlay", command, name, *options)
        document = pair.run(pair.db1, "--dry-run", "--json", "overlay", command, name, *options)
    assert pair.state() == state and monitor.events == []
    # EC2's own dry run, of switching the source/destination check off, changes nothing either.
    assert not [line for line in dry.sent
                if not line.startswith("Describe") and "DryRun=true" not in line]
    done = pair.run(pair.db1, "overlay", command, name, *options)
    ip, aws = commands(pair, done, routes)
    wanted = aws + ip if routes_first else ip + aws
    # Requests that are made at once are previewed in the order of the tables.
    assert sorted(dry.out.splitlines()) == sorted(wanted)
    if ip and aws and "modify-network-interface-attribute" not in aws[-1]:
        kinds = [line.split()[0] for line in dry.out.splitlines()]
        assert kinds == [line.split()[0] for line in wanted]
    assert dry.status == document.status == \
        (3 if wanted and done.status == 0 else done.status), (dry, done)
    if done.status == 0:
        assert dry.said == [] and document.said == []
    assert document.json["requests"] == [line for line in dry.out.splitlines()
                                         if line.startswith("aws")]
    assert [f"{step['command']}  # {step['reason']}" for step in document.json["steps"]] == \
        [line for line in dry.out.splitlines() if line.startswith("ip")]
    assert document.json["state"] == {0: "unchanged", 3: "differs"}.get(dry.status, "failed") or \
        dry.status == 3 and done.status == 3 and document.json["state"] == "failed"


# JSON.

def route(owner, **more):
    return {"target": owner, "instance": f"i-{owner}", "state": "active",
            "origin": "CreateRoute", **more}


def document(name, address, state, **more):
    """A document about an overlay; tables: {name: (verdict, route)}."""
    tables = [{"id": table, "vpc": "vpc", "main": table == "main",
               "subnets": int(table == "clients"), "verdict": verdict, "route": there,
               **({"error": {"text": error[0], "exit": 1}} if error else {})}
              for table, (verdict, there, *error) in more.pop("tables", {}).items()]
    return {"overlay": name, "address": address, "state": state, "routed": "unknown",
            "eni": None, "carried-by": None, "source-dest-check": {"state": "unknown"},
            "tables": tables, "steps": [], "requests": [], **more}


def steps(*commands):
    return [{"command": command, "reason": reason} for command, reason in commands]


def both(*what):
    return {"main": what, "clients": what}


@families
def test_the_documents_of_each_command(pair, name, address, destination):
    def run(node, *arguments, status=0):
        ran = pair.run(node, "--json", "overlay", *arguments)
        assert ran.status == status, ran
        return ran.json

    db1, db2 = pair.nodes
    assert run(db1, "create", name) == document(
        name, address, "changed", routed="here", eni="db1", tables=both("moved", None),
        steps=steps(adding(name, address, why="is being created")),
        **{"carried-by": "eth0", "source-dest-check": {"state": "switched-off"}})
    assert run(db1, "create", name) == document(
        name, address, "unchanged", routed="here", eni="db1",
        tables=both("in-place", route("db1")),
        **{"carried-by": "eth0", "source-dest-check": {"state": "off"}})
    left = (f"route to {destination} points to db1 (i-db1, active): run \"myha overlay create "
            f'{name}" on i-db1, or move the route with "myha overlay move {name}"')
    assert run(db2, "create", name, status=1) == document(
        name, address, "failed", routed="elsewhere", eni="db2",
        tables=both("left", route("db1"), left),
        error={"text": "no route was changed", "exit": 1})
    assert run(db2, "move", name) == document(
        name, address, "changed", routed="here", eni="db2", tables=both("moved", route("db1")),
        steps=steps(adding(name, address)),
        **{"carried-by": "eth0", "source-dest-check": {"state": "switched-off"}})
    assert run(db1, "release", name) == document(
        name, address, "changed", steps=steps(deleting(name, address)))
    refused = (f"route to {destination} points to db2 (i-db2, active), not to this "
               "host: to delete the route anyway, use --force")
    assert run(db1, "delete", name, status=1) == document(
        name, address, "failed", routed="elsewhere", eni="db1",
        tables=both("left", route("db2"), refused),
        error={"text": "no route was deleted", "exit": 1})
    assert run(db2, "move", name, "--to", db1.eth0.id) == document(
        name, address, "changed", routed="elsewhere", eni="db1",
        tables=both("moved", route("db2")),
        steps=steps(deleting(name, address, why="is being moved to another node")),
        **{"source-dest-check": {"state": "off"}})
    assert run(db1, "delete", name) == document(
        name, address, "changed", routed="nowhere", eni="db1",
        tables=both("deleted", route("db1")))
    assert run(db1, "delete", name) == document(
        name, address, "unchanged", routed="nowhere", eni="db1", tables=both("absent", None))


def test_show(pair):
    """All of the policy, or one; as a table for people, and as a document. It changes nothing."""
    pair.route(pair.db1, FAMILIES[0][2])
    pair.route(pair.db2, FAMILIES[1][2], tables=["main"])
    pair.place(pair.db1, OVERLAY)
    before = pair.state()
    ran = pair.run(pair.db1, "overlay", "show")
    assert (ran.status, ran.said) == (0, [])
    assert [line.split() for line in ran.out.splitlines()] == [
        ["OVERLAY", "ADDRESS", "ON", "THIS", "HOST", "ROUTED", "SOURCE/DEST", "CHECK"],
        [NAME, OVERLAY, "eth0", "here", "on"],
        ["main", "db1", "(i-db1,", "active),", "this", "host"],
        ["clients", "db1", "(i-db1,", "active),", "this", "host"],
        ["sapers", FAMILIES[1][1], "-", "elsewhere", "on"],
        ["main", "db2", "(i-db2,", "active)"],
        ["clients", "no", "route"]]
    # Both overlays are read at once.
    assert ran.sent[:2] == [READ, READ]
    on = {"source-dest-check": {"state": "on", "error": {
        "text": "source/destination check of db1: enabled, so EC2 drops packets to overlay "
        "addresses: disable the check, or let myha disable it (source-dest-check: fix)", "exit": 3}}}
    wanted = document(NAME, OVERLAY, "unchanged", routed="here", eni="db1",
                      tables=both("open", route("db1")), **{"carried-by": "eth0", **on})
    other = document("sapers", FAMILIES[1][1], "unchanged", routed="elsewhere", eni="db1",
                     tables={"main": ("open", route("db2")), "clients": ("open", None)}, **on)
    assert pair.run(pair.db1, "--json", "overlay", "show").json == {"overlays": [wanted, other]}
    assert pair.run(pair.db1, "--json", "overlay", "show", NAME).json == {"overlays": [wanted]}
    assert pair.state() == before
