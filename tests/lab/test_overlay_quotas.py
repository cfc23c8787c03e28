# SPDX-License-Identifier: Apache-2.0
"""VPCs as large as EC2's quotas let them be: 100 tables of 500 routes by default, 200 of 1,000 at the
most. A move takes few requests, none of them twice, and little memory."""

import re

import pytest
from overlay_fixtures import NAME, table_reads

from lab.cloud import Route
from lab.scene import OVERLAY

DESTINATION = f"{OVERLAY}/32"
QUOTAS = [(100, 500), (200, 1000)]
RSS_MAX = 32 << 10  # KiB
UNHURRIED = ["--timeout", "300"]  # what is large takes a slow machine its time, in the stand-in, too

# Runs a program, and says on its own last line of stderr how much memory that had at the most.
MEASURE = """
import os, sys
pid = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(pid, 0)
print("peak", usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Measured:
    """A node's stand-in, whose myha is measured."""

    def __init__(self, node):
        self.node = node

    def myha(self, *arguments, **options):
        return self.node.run("/usr/bin/python3", "-c", MEASURE, self.node.install.program,
                             *arguments, check=False, **options)


@pytest.fixture(params=QUOTAS, ids=["default-quotas", "highest-quotas"])
def tables(request, pair):
    """The ids of so many tables of so many routes, the two that the lab has among them."""
    count, routes = request.param
    made = [pair.cloud.create_route_table() for _ in range(count - len(pair.tables))]
    every = [*pair.tables.values(), *made]
    for table in every:
        table.more = routes - 1
        table.routes[DESTINATION] = Route(DESTINATION, pair.db1.eth0.id)
    yield [table.id for table in every]
    for table in made:
        del pair.cloud.route_tables[table.id]
    for table in every:
        table.more = 0


def move(pair):
    """Moves the overlay to db2; returns the actions of the requests."""
    ran = pair.run(Measured(pair.db2), *UNHURRIED, "overlay", "move", NAME, timeout=600)
    assert ran.status == 0, ran.said
    peak = re.fullmatch(r"peak (\d+)", ran.said[-1])
    if not pair.scene.installed.install.sanitized:
        assert int(peak[1]) <= RSS_MAX
    return [line.split()[0] for line in ran.sent]


@pytest.mark.parametrize("listed", ["vpc", "ids"])
def test_move_in_a_large_vpc(pair, tables, listed):
    pair.set_policy(tables="vpc" if listed == "vpc" else f"[{', '.join(tables)}]")
    requests = len(tables) // 20
    sent = move(pair)
    assert sent[requests + 2:] == [
        *["ReplaceRoute"] * len(tables), *["DescribeRouteTables"] * requests,
        "ModifyNetworkInterfaceAttribute", "DescribeNetworkInterfaces"]
    assert sorted(sent[:requests + 2]) == [
        "DescribeNetworkInterfaces", *["DescribeRouteTables"] * requests,
        "ModifyNetworkInterfaceAttribute"]  # whether it may be switched off
    assert {pair.cloud.route_tables[name].routes[DESTINATION].target for name in tables} \
        == {pair.db2.eth0.id}


def test_a_response_that_is_too_large_is_not_fetched_again(pair):
    """More than EC2's quotas allow: it says so at once, and not at the deadline."""
    table = pair.tables["main"]
    table.routes[DESTINATION] = Route(DESTINATION, pair.db1.eth0.id)
    table.more = 100_000
    try:
        ran = pair.run(pair.db2, *UNHURRIED, "overlay", "move", NAME, "--route-table", table.id,
                       timeout=600)
    finally:
        table.more = 0
    assert ran.status == 1 and ran.said == [
        f"{NAME}: DescribeRouteTables: https://ec2.eu-central-1.amazonaws.com/: the response is too long"]
    assert len(table_reads(ran)) == 1


def test_a_response_that_makes_no_sense_is_not_fetched_again(pair):
    table = pair.tables["main"]
    table.routes[DESTINATION] = Route(DESTINATION, pair.db1.eth0.id)
    table.subnets.append("a-subnet")
    try:
        ran = pair.run(pair.db2, "overlay", "move", NAME, "--route-table", table.id)
    finally:
        table.subnets.pop()
    assert ran.status == 1
    assert len(table_reads(ran)) == 1
    assert ran.said == [
        f"{NAME}: DescribeRouteTables: invalid response: routeTableSet/item/associationSet/"
        "item/subnetId is \"a-subnet\", not an AWS id of this kind"]
