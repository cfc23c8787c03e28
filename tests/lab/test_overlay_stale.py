# SPDX-License-Identifier: Apache-2.0
"""Reads of EC2 that are old: whatever they show, exit 0 is true, no move fails while there is time, and
the address is where the routes lead."""

import concurrent.futures
import random

import pytest
from overlay_fixtures import NAME, READ, refused, stays

from lab.effort import rounds
from lab.scene import OVERLAY

DESTINATION = f"{OVERLAY}/32"
OLDEST = 5  # seconds
MOVES, AT_ONCE = 200, 4


def owners(pair, destination=DESTINATION):
    return {table.get(destination) for table in pair.routes().values()}


def holders(pair, destination=DESTINATION):
    return {name for name, overlays in pair.placed().items() if [destination, "eth0"] in overlays}


def just_taken(pair):
    """db1 had it, and db2 has just taken it over: for a while reads still show db1."""
    pair.route(pair.db1, DESTINATION)
    pair.db2.eth0.source_dest_check = pair.db1.eth0.source_dest_check = False
    assert pair.run(pair.db2, "overlay", "move", NAME).status == 0
    assert owners(pair) == {"db2"}


@pytest.fixture
def old(pair):
    """Every read is some seconds old."""
    pair.ec2.engine.consistency = 1
    return pair


START = ["ocf", "overlay-ip", "start"]


@pytest.mark.parametrize("words", [["overlay", "move", NAME], START], ids=["move", "agent"])
def test_in_place_by_an_old_read(old, words):
    """EC2 shows what was before another node took it: the run ends with 0 only since it has it."""
    just_taken(old)
    ran = old.run(old.db1, *words, env={"OCF_RESKEY_name": NAME})
    assert ran.sent[0] == READ and ran.status == 0
    assert (owners(old), "db1" in holders(old)) == ({"db1"}, True)


def test_create_is_refused_although_an_old_read_shows_the_routes_here(old):
    """CreateRoute shows EC2's current state, and replaces no route."""
    just_taken(old)
    ran = old.run(old.db1, "overlay", "create", NAME)
    assert (ran.status, owners(old), holders(old)) == (1, {"db2"}, {"db2"})
    assert [line for line in ran.said if "points to db2 (i-db2, active): run" in line]


@pytest.mark.parametrize("age", [1, 2, OLDEST])
def test_a_move_that_is_seen_late(pair, age):
    """The reads continue until they show the change; the address is there all the time."""
    pair.route(pair.db1, DESTINATION)
    pair.ec2.engine.consistency = age
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.status == 0 and ran.took > age
    assert (owners(pair), holders(pair)) == ({"db2"}, {"db2"})
    assert not pair.db2.eth0.source_dest_check


def test_a_move_that_is_seen_too_late(pair):
    """It is not known then, and says so; the address stays where EC2 has said that it is routed."""
    def begin():
        pair.route(pair.db1, DESTINATION)
        pair.ec2.engine.consistency = 3600

    ran = pair.run_to_deadline(begin, pair.db2, "overlay", "move", NAME,
                               reached=lambda ran: ran.sent.count(READ) >= 3)
    assert ran.status == 5
    assert ran.said[-4:] == [
        *(f"{NAME}: {table}: route to {DESTINATION} still points to db1 (i-db1, active), "
          "although EC2 accepted the change" for table in pair.tables),
        stays(), f"{NAME}: EC2 has not confirmed any route change"]
    assert (owners(pair), holders(pair)) == ({"db2"}, {"db2"})


def test_a_move_that_is_throttled_to_the_end(pair):
    """That is a refusal: the address is taken off again."""
    def begin():
        pair.route(pair.db1, DESTINATION)
        pair.ec2.faults.set([{"kind": "error", "action": "ReplaceRoute", "status": 503,
                              "code": "RequestLimitExceeded"}])

    ran = pair.run_to_deadline(begin, pair.db2, "overlay", "move", NAME, reached=refused(3))
    assert (ran.status, owners(pair), holders(pair)) == (5, {"db1"}, set())
    assert ran.said[-1] == f"{NAME}: no route was changed"
    assert any(f"ip address delete {DESTINATION} dev eth0" in line for line in ran.said)


@pytest.mark.parametrize("code, status, outcome", [
    ("RequestLimitExceeded", 503, 5), ("UnauthorizedOperation", 403, 4)])
def test_a_refused_move_leaves_what_was_there(pair, code, status, outcome):
    """An address that was on the host before stays, and a line says so."""
    def begin():
        pair.route(pair.db1, DESTINATION)
        pair.place(pair.db2, OVERLAY)
        pair.ec2.faults.set([{"kind": "error", "action": "ReplaceRoute", "status": status,
                              "code": code}])

    # Of two tables, each is refused at least once.
    ran = pair.run_to_deadline(begin, pair.db2, "overlay", "move", NAME,
                               reached=refused(3 if outcome == 5 else 2))
    assert (ran.status, owners(pair), holders(pair)) == (outcome, {"db1"}, {"db2"})
    assert f"{NAME}: the address stays on eth0, as before the move" in ran.said


def test_a_release_finds_its_route_behind_an_old_read(old):
    """The route that the read does not show yet is deleted all the same."""
    assert old.run(old.db1, "overlay", "create", NAME).status == 0
    old.ec2.engine.consistency = 3
    assert old.run(old.db1, "overlay", "release", NAME, "--delete-route").status == 0
    assert (owners(old), holders(old)) == ({None}, set())


def test_two_nodes_in_turn_with_reads_of_any_age(pair, installed):
    """As a cluster does it: it is taken off one node and started on the other, or on the same one again.
    Each start ends well, and then the routes lead to that node, which has the address, and no other."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    pair.ec2.engine.consistency, pair.ec2.engine.ages = OLDEST, random.Random(seed)
    for node in pair.nodes:
        node.eth0.source_dest_check = False
    tables = [word for table in pair.tables.values() for word in ("--route-table", table.id)]

    def take_turns(number):
        address, chance = f"192.168.40.{number + 1}", random.Random(seed + number)
        destination, node = f"{address}/32", pair.db1
        for turn in range(rounds(installed, MOVES) // AT_ONCE or 1):
            other = chance.choice(pair.nodes)
            if other is not node:
                node.myha("overlay", "release", address, env=pair.environment(), check=True)
            node = other
            ran = node.myha("overlay", "move", address, *tables, env=pair.environment())
            where = seed, address, turn, ran
            assert ran.returncode == 0, where
            assert owners(pair, destination) == holders(pair, destination) == {node.name}, where

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(take_turns, range(AT_ONCE)))
