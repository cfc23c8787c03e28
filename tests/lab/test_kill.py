# SPDX-License-Identifier: Apache-2.0
"""kill -9 at every system call of a run, then the same run again: the same end state."""

import collections
import concurrent.futures
import os
import re

import pytest

from lab.effort import sample
from lab.kernel_view import difference
from lab.node import POLICY_ETH1

CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\(")


def calls_of(node, *arguments):
    """The system calls of a run, in order."""
    node.strace(["-o", "/run/trace"], *arguments)
    found = (CALL.match(line) for line in node.path("/run/trace").read_text().splitlines())
    return [match[1] for match in found if match]


def points_of(calls):
    """Each call as strace's --inject counts them: the n-th of its name. The first is the start."""
    seen = collections.Counter()
    for call in calls:
        seen[call] += 1
        yield call, seen[call]


def killed_at(node, call, number, *arguments):
    """Run, and be killed on entering the number-th such call; whether that was reached."""
    result = node.strace(["-o", "/dev/null", "-e", f"trace={call}",
                          "-e", f"inject={call}:signal=KILL:when={number}"],
                         *arguments, check=False)
    return result.returncode in (-9, 137)


@pytest.fixture
def nodes(scene):
    """As many nodes as there are processors, each with its own ENI; the work is shared out."""
    made = []
    for number in range(os.cpu_count()):
        node = scene.bare_node(f"bare{number}")
        node.set_policy(POLICY_ETH1)
        node.hot_attach(scene.service_eni(f"10.0.1.{10 + 2 * number}", f"10.0.1.{11 + 2 * number}"))
        made.append(node)
    return made


def share_out(installed, nodes, calls, check):
    """check(node, call, number) for every system call but the program's start, which is strace's.
    It returns whether the run was killed there; calls of waiting come more often in one run than in
    another, so some may not be reached."""
    points = sample(installed, [point for point in points_of(calls) if point[0] != "execve"])
    with concurrent.futures.ThreadPoolExecutor(len(nodes)) as pool:
        work = [pool.submit(lambda node, mine: sum(check(node, *point) for point in mine),
                            node, points[first::len(nodes)])
                for first, node in enumerate(nodes)]
        killed = sum(each.result() for each in work)
    print(f"killed at {killed} of {len(points)} system calls")
    assert killed > 0.9 * len(points), f"{killed} of {len(points)}"


def test_kill_at_every_system_call_of_an_attach(installed, nodes):
    """The next attach completes the work of a killed attach, and the next detach removes all of it."""
    wanted, recorded, down = {}, {}, {}
    for node in nodes:
        before = node.view()
        calls = calls_of(node, "attach", "eth1")
        wanted[node], recorded[node] = node.view(), records(node)
        assert node.myha("detach", "eth1").returncode == 0
        down[node] = node.view()
        # The link stays up; all else is as before.
        assert [line for line in difference(before, down[node]) if " link eth1 " not in line] == []

    def check(node, call, number):
        killed = killed_at(node, call, number, "attach", "eth1")
        where = f"killed at {call} number {number}"
        again = node.myha("attach", "eth1")
        assert (again.returncode, again.stdout) == (0, ""), (where, again)
        assert node.view() == wanted[node], where
        assert records(node) == recorded[node], where
        assert node.myha("detach", "eth1").returncode == 0, where
        assert node.view() == down[node], where
        return killed

    share_out(installed, nodes, calls, check)


def test_kill_at_every_system_call_of_a_detach(installed, nodes):
    """Whatever a killed detach leaves, the next one removes."""
    down = {}
    for node in nodes:
        assert node.myha("attach", "eth1").returncode == 0
        calls = calls_of(node, "detach", "eth1")
        down[node] = node.view()
        assert records(node) == {}

    def check(node, call, number):
        where = f"killed at {call} number {number}"
        assert node.myha("attach", "eth1").returncode == 0, where
        killed = killed_at(node, call, number, "detach", "eth1")
        assert node.myha("detach", "eth1").returncode == 0, where
        assert node.view() == down[node], where
        assert records(node) == {}, where
        return killed

    share_out(installed, nodes, calls, check)


def records(node):
    """myha's records in /run; files without contents are locks."""
    return {path.name: path.read_text() for path in node.path("/run/myha").rglob("*")
            if path.is_file() and path.stat().st_size}
