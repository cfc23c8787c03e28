# SPDX-License-Identifier: Apache-2.0
"""Many at once, and ends in the middle: nodes that share EC2's allowance, two nodes that want the
same overlay at the same instant, and kill -9 at the system calls of a move."""

import collections
import concurrent.futures

from boot_fixtures import on
from overlay_fixtures import FAMILIES, NAME
from test_kill import calls_of, killed_at, points_of

from lab.cloud import Route
from lab.scene import OVERLAY

DESTINATION = f"{OVERLAY}/32"
NODES, ROUNDS, POINTS = 20, 30, 64


def away(pair, destination, *tables):
    """Have tables lead to a gateway: nobody has it."""
    for name in tables or pair.tables:
        pair.tables[name].routes[destination] = Route(destination, "igw-1")


def test_many_nodes_share_one_allowance(pair):
    """20 moves of two tables each, all at once, where EC2 lets 10 requests through and then 20 a
    second: all succeed, with at most twice the requests that were needed."""
    addresses = [f"192.168.20.{number + 1}" for number in range(NODES)]
    tables = [word for table in pair.tables.values() for word in ("--route-table", table.id)]
    for address in addresses:
        away(pair, f"{address}/32")
    for node in pair.nodes:
        node.eth0.source_dest_check = False
    pair.ec2.faults.throttle([{"action": "*", "capacity": 10, "refill": 20}])
    started = [pair.start(pair.nodes[number % 2], "overlay", "move", address, *tables)
               for number, address in enumerate(addresses)]
    said = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * NODES, said
    asked = collections.Counter((one["action"], one["code"]) for one in pair.ec2.requests())
    needed = sum(count for (_, code), count in asked.items() if not code)
    print(f"{sum(asked.values())} requests, {needed} needed: {dict(asked)}")
    assert needed == NODES * 5  # two looks, two changes, the check
    assert sum(asked.values()) <= 2 * needed
    owners = {f"{address}/32": pair.nodes[number % 2].name
              for number, address in enumerate(addresses)}
    assert pair.routes() == {"main": owners, "clients": owners}


def test_two_nodes_at_the_same_instant(pair):
    """Of one table, exactly one has it in the end, and the other one says so or was overtaken after
    it had succeeded. Two tables may end up split, and then this is said, too. A loser that says so
    has taken the address off, unless a part is still its own; and the next run heals."""
    pair.ec2.latency = 0.03  # so that each looks before the other changes anything
    for node in pair.nodes:
        node.eth0.source_dest_check = False
    ends = collections.Counter()
    for number in range(ROUNDS):
        tables = list(pair.tables)[:1 + number % 2]
        pair.set_policy(tables=f"[{', '.join(pair.tables[name].id for name in tables)}]")
        pair.drop_overlays()
        away(pair, DESTINATION, *tables)
        started = [pair.start(node, "--timeout", "20", "overlay", "move", NAME)
                   for node in pair.nodes]
        said = [process.communicate()[1] for process in started]
        status = {node.name: process.returncode for node, process in zip(pair.nodes, started)}
        owners = {pair.routes()[name][DESTINATION] for name in tables}
        where = number, status, owners, said
        assert owners <= {"db1", "db2"}, where
        ends[(len(tables), "split" if len(owners) > 1 else "one",
              tuple(sorted(status.values())))] += 1
        if len(owners) == 1:
            winner, = owners
            loser, = {"db1", "db2"} - owners
            assert status[winner] == 0 and pair.carried()[winner], where
            assert status[loser] in (0, 1, 3), where
            assert (status[loser] == 0) == bool(pair.carried()[loser]), where
        else:
            assert len(tables) == 2 and 3 in status.values(), where
        if status["db1"] or len(owners) > 1 or number == 0:
            assert pair.run(pair.db1, "overlay", "move", NAME).status == 0, where
            assert {pair.routes()[name][DESTINATION] for name in tables} == {"db1"}, where
            assert pair.carried()["db1"] == [[DESTINATION, "eth0"]], where
    for (tables, how, statuses), count in sorted(ends.items()):
        print(f"{count} of {ROUNDS}: {tables} tables, {how}, exit {statuses}")


def test_a_second_run_on_the_same_node_waits(pair):
    """For the lock, and then finds nothing to do; or says that it is out of time."""
    pair.route(pair.db1)
    pair.ec2.faults.set([{"kind": "latency", "action": "ReplaceRoute", "value": 0.6}])
    first = pair.start(pair.db2, "overlay", "move", NAME)
    seen = []
    while not any(one["action"] == "DescribeRouteTables" for one in seen):
        seen += pair.ec2.requests()
    late = pair.run(pair.db2, "--timeout", "0.2", "overlay", "release", NAME)
    assert late.status == 5 and len(late.said) == 1
    second = pair.run(pair.db2, "overlay", "move", NAME)
    first.communicate()
    assert (first.returncode, second.status, second.said) == (0, 0, [])
    assert [line.split()[0] for line in second.asked].count("ReplaceRoute") <= 2


def test_kill_at_the_system_calls_of_a_move(pair, monkeypatch):
    """Whatever a killed move leaves, the next move makes good: the same routes, the same kernel,
    nothing more. Every so-manieth of its calls, on both nodes at once, for an overlay each."""
    for name, value in pair.environment().items():
        monkeypatch.setenv(name, value)
    node_of = dict(zip(FAMILIES, pair.nodes))
    wanted, points = {}, {}
    for family, node in node_of.items():
        name, address, destination = family
        node.eth0.source_dest_check = True
        away(pair, destination)
        calls = calls_of(node, "overlay", "move", name)
        wanted[node] = node.view()
        assert pair.added(node) == on("eth0", address)
        every = [point for point in points_of(calls) if point[0] != "execve"]
        points[family] = every[::max(1, len(every) // (POINTS // 2))]

    def check(family):
        name, address, destination = family
        node, killed = node_of[family], 0
        for call, number in points[family]:
            away(pair, destination)
            pair.drop_overlays(node)
            node.eth0.source_dest_check = True
            killed += killed_at(node, call, number, "overlay", "move", name)
            where = f"killed at {call} number {number}"
            again = node.myha("overlay", "move", name)
            assert again.returncode == 0, (where, again)
            assert {table.routes[destination].target for table in pair.tables.values()} == \
                {node.eth0.id}, where
            assert pair.carried()[node.name] == [[destination, "eth0"]], where
            assert not node.eth0.source_dest_check, where
        return killed

    with concurrent.futures.ThreadPoolExecutor(len(node_of)) as pool:
        killed = sum(pool.map(check, node_of))
    total = sum(map(len, points.values()))
    print(f"killed at {killed} of {total} system calls")
    assert killed > 0.8 * total
    assert {node: node.view() for node in pair.nodes} == wanted
