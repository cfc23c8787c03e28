# SPDX-License-Identifier: Apache-2.0
"""Many at once, and ends in the middle: nodes that share EC2's allowance, two nodes that want the
same overlay at the same instant, and kill -9 at the system calls of a move."""

import collections
import concurrent.futures
import pathlib
import threading

import pytest
from boot_fixtures import on
from overlay_fixtures import FAMILIES, NAME
from test_kill import calls_of, killed_at, points_of

from lab.cloud import Route
from lab.host import PATIENCE, wait_for
from lab.scene import OVERLAY

DESTINATION = f"{OVERLAY}/32"
NODES, ROUNDS, POINTS = 20, 30, 64


def away(pair, destination, *tables):
    """Have tables lead to a gateway, so that no node has the address."""
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
    sent = collections.Counter((one["action"], one["code"]) for one in pair.ec2.requests())
    needed = sum(count for (_, code), count in sent.items() if not code)
    print(f"{sum(sent.values())} requests, {needed} needed: {dict(sent)}")
    assert needed == NODES * 5  # two reads, two changes, the check
    assert sum(sent.values()) <= 2 * needed
    owners = {f"{address}/32": pair.nodes[number % 2].name
              for number, address in enumerate(addresses)}
    assert pair.routes() == {"main": owners, "clients": owners}


def test_two_nodes_at_the_same_instant(pair):
    """Exactly one has it in the end, of one table or of two, and the other one says so, and has taken
    the address off; or it had succeeded before it was overtaken. The next run heals. Six pairs of
    runs at a time, for an overlay each."""
    pair.ec2.latency = 0.03  # so that each reads before the other changes anything
    for node in pair.nodes:
        node.eth0.source_dest_check = False
    ends = collections.Counter()

    def race(number):
        address, names = f"192.168.30.{number + 1}", list(pair.tables)[:1 + number % 2]
        destination = f"{address}/32"
        words = ["overlay", "move", address,
                 *(word for name in names for word in ("--route-table", pair.tables[name].id))]
        away(pair, destination, *names)
        started = [pair.start(node, *words) for node in pair.nodes]
        said = [process.communicate()[1] for process in started]
        status = {node.name: process.returncode for node, process in zip(pair.nodes, started)}

        def owners():
            return {pair.routes()[name][destination] for name in names}

        def holders():
            return {name for name, overlays in pair.placed().items()
                    if [destination, "eth0"] in overlays}

        where = number, status, owners(), said
        winner, = owners()
        loser, = {"db1", "db2"} - {winner}
        assert status[winner] == 0 and status[loser] in (0, 1), where
        assert holders() == ({winner} if status[loser] else {winner, loser}), where
        if status[loser]:
            last = said[loser == "db2"].splitlines()[-1]
            assert "which program changes the route" in last or "confirmed" in last \
                or "another node has taken over the overlay meanwhile" in last, where
        again = pair.db1.myha(*words, env=pair.environment())
        assert (again.returncode, owners()) == (0, {"db1"}), (where, again)
        assert "db1" in holders(), where
        return len(names), tuple(sorted(status.values())), "retrying" in "".join(said)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        ends.update(pool.map(race, range(ROUNDS)))
    for (tables, statuses, again), count in sorted(ends.items()):
        print(f"{count} of {ROUNDS}: {tables} tables, exit {statuses}"
              f"{', after another try' if again else ''}")


def has_opened(process, directory):
    """Whether a process has a file below a directory open."""
    try:
        files = list(pathlib.Path(f"/proc/{process.pid}/fd").iterdir())
        return any(str(file.readlink()).startswith(f"{directory}/") for file in files)
    except FileNotFoundError:
        return False  # one was closed meanwhile


def test_a_second_run_on_the_same_node_waits(pair):
    """For the lock, and then finds nothing to do; or reports that it timed out."""
    pair.route(pair.db1)
    go_on = threading.Event()
    pair.ec2.faults.set([{"kind": "held", "action": "ReplaceRoute", "value": go_on}])
    first = pair.start(pair.db2, "overlay", "move", NAME)
    seen = []
    wait_for(lambda: seen.extend(pair.ec2.requests()) or
             [one for one in seen if one["action"] == "DescribeRouteTables"], "a read")
    late = pair.run(pair.db2, "--timeout", "0.2", "overlay", "move", NAME)
    assert late.status == 5 and len(late.said) == 1
    second = pair.start(pair.db2, "overlay", "move", NAME)
    wait_for(lambda: has_opened(second, "/run/myha"), "the second run to come to the lock")
    go_on.set()
    ends = [process.communicate() for process in (first, second)]
    assert (first.returncode, second.returncode, ends[1]) == (0, 0, ("", ""))
    assert [line.split()[0] for line in pair.sent()].count("ReplaceRoute") == 4


RELEASED = f"{NAME}: another run of myha released the address meanwhile: repeat the move on the " \
    "node that should hold the address"


def hang(pair, action, times):
    """So many requests get their responses when the returned event is set."""
    go_on = threading.Event()
    pair.ec2.faults.set([{"kind": "late", "action": action, "times": times,
                          "value": lambda _: go_on.wait(PATIENCE)}])
    return go_on


@pytest.mark.parametrize("action, changes", [("DescribeRouteTables", 0), ("ReplaceRoute", 2)])
def test_a_release_wins_over_a_move_that_hangs(pair, action, changes):
    """It waits for no other run and removes the address, also before the move has put it on; the move
    leaves it off, sends no further change, and says why it failed. A later move is not concerned."""
    pair.route(pair.db1)
    pair.db2.eth0.source_dest_check = False
    go_on = hang(pair, action, times=changes or 1)
    move = pair.start(pair.db2, "overlay", "move", NAME)
    wait_for(lambda: not pair.ec2.faults.pending(), "the move to hang")
    released = pair.run(pair.db2, "overlay", "release", NAME)
    assert (released.status, pair.added(pair.db2), move.poll()) == (0, [], None)
    go_on.set()
    said = move.communicate()[1]
    assert move.returncode == 1 and said.splitlines()[-1] == f"myha: {RELEASED}", said
    assert pair.added(pair.db2) == []
    assert [line.split()[0] for line in pair.sent()].count("ReplaceRoute") == changes
    again = pair.run(pair.db2, "overlay", "move", NAME)
    assert again.status == 0 and pair.added(pair.db2) == on("eth0", OVERLAY)


def test_a_release_wins_over_a_boot_that_hangs(pair):
    """An address that was released while the routes were read stays off; that is not a failure."""
    pair.route(pair.db2)
    pair.db2.eth0.source_dest_check = False
    go_on = hang(pair, "DescribeRouteTables", times=2)
    boot = pair.start(pair.db2, "boot")
    wait_for(lambda: not pair.ec2.faults.pending(), "the boot to hang")
    assert pair.run(pair.db2, "overlay", "release", NAME).status == 0
    go_on.set()
    said = boot.communicate()[1]
    assert boot.returncode == 0, said
    assert f"myha: {NAME}: another run of myha released the address meanwhile: not placing the address" \
        in said.splitlines()
    assert [line for line in pair.added(pair.db2) if OVERLAY in line] == []


def test_kill_at_the_system_calls_of_a_move(pair, monkeypatch):
    """The next move completes the work of a killed move: the same routes, the same kernel,
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
            assert pair.placed()[node.name] == [[destination, "eth0"]], where
            assert not node.eth0.source_dest_check, where
        return killed

    with concurrent.futures.ThreadPoolExecutor(len(node_of)) as pool:
        killed = sum(pool.map(check, node_of))
    total = sum(map(len, points.values()))
    print(f"killed at {killed} of {total} system calls")
    assert killed > 0.8 * total
    assert {node: node.view() for node in pair.nodes} == wanted
