# SPDX-License-Identifier: Apache-2.0
"""`myha overlay move`, against the floor that makes the same requests through libcurl.

Each run moves the overlay address to this host's primary interface, and what undoes it moves it
away again.
"""

import os
import sys

from bench_ec2 import RESET_EC2, apart, make_authority
from bench_measure import (Figures, Trace, compare_outcomes, measure, require_same_changes,
                           require_same_requests)
from bench_stage import WORK, Ec2, Imds, run, state, write

OVERLAY, DEVICE = "192.168.10.16", "eth0"
TABLES = (1, 2, 8)
LATENCY = 50  # milliseconds

# The limits that the project promises.
MOST_OVER_FLOOR = 1.3
MOST_OVER_ONE_TABLE = 1.3
GUARD_OVER_ONE_TABLE = 1.6  # of --quick, whose few rounds distinguish 1.2 from 1.3 only by luck
MOST_LATENCIES = 5
MOST_PEAK_KIB = 16 * 1024


def write_policy(tables):
    """The policy of an overlay address that is routed in so many tables."""
    ids = ", ".join(f"rtb-{table:017x}" for table in range(1, tables + 1))
    return write(f"{WORK}/policy-overlay-{tables}.yaml",
                 "version: 1\noverlays:\n  sapascs:\n"
                 f"    address: {OVERLAY}\n    route-tables: [{ids}]\n")


def undo_script():
    """A script that takes the address away from here, and has its routes point elsewhere."""
    return write(f"{WORK}/undo-overlay", f"""
        ip address del {OVERLAY}/32 dev {DEVICE} 2> /dev/null
        rm -f /run/myha/*
        {RESET_EC2}
        """)


class Contestants(dict):
    """{name: command}; a move's name says who moves, in how many tables and whom it trusts."""

    def __init__(self, options, trusts):
        super().__init__()
        self.options = options
        self.trusts = trusts
        self.policies = {tables: write_policy(tables) for tables in TABLES}

    def add(self, tables, whom):
        trust = self.trusts[whom]
        self[f"myha, {tables}, {whom}"] = [
            *trust.environment, self.options.myha, "--policy", self.policies[tables],
            "overlay", "move", "sapascs"]
        self[f"floor, {tables}, {whom}"] = [
            *trust.environment, f"{self.options.programs}/floor_overlay", "move",
            str(trust.path), str(tables)]


def in_tables(count):
    return f"in {count} table{'' if count == 1 else 's'}"


def of(figures, tables, whom):
    """Those of a move, as rows of a table."""
    return {who: figures[f"{who}, {tables}, {whom}"] for who in ("myha", "floor")}


def check_honesty(contestants, undo, seen):
    """The floor must send the same requests and changes as myha. Returns myha's Traces by tables."""
    traces = {}
    for tables in TABLES:
        mine, floor = f"myha, {tables}, own", f"floor, {tables}, own"
        require_same_requests(seen, floor, mine)
        traces[tables] = Trace(contestants[mine])
        run(*undo)
        of_floor = Trace(contestants[floor])
        run(*undo)
        require_same_changes(floor, of_floor.changes, mine, traces[tables].changes)
    return traces


def promise_all(report, figures, slow, seen, traces, quick):
    print()
    for whom, words in (("own", "AWS_CA_BUNDLE"), ("system", "the system's authorities")):
        myha, floor = of(figures, 2, whom).values()
        report.promise(f"move in 2 tables, {words}, times the floor", myha.over(floor),
                       MOST_OVER_FLOOR)
    one, many = (of(figures, tables, "own")["myha"] for tables in (1, 8))
    report.promise("move in 8 tables, times one in 1", many.over(one),
                   GUARD_OVER_ONE_TABLE if quick else MOST_OVER_ONE_TABLE)
    late, early = (of(slow[latency], 8, "own")["myha"] for latency in (LATENCY, 0))
    report.promise(f"move in 8 tables with answers after {LATENCY} ms, less one with answers at "
                   "once, ms", late.above(early), MOST_LATENCIES * LATENCY)
    for tables in TABLES:
        mine, floor = (seen[f"{who}, {tables}, own"] for who in ("myha", "floor"))
        for service, counts, at_most in zip(("IMDS", "EC2"), mine, floor):
            report.promise(f"connections to {service} of a move {in_tables(tables)}, as many as "
                           "the floor's", counts.connections, at_most.connections)
        print(f"          (requests: {len(mine[0].requests)} of IMDS, {len(mine[1].requests)} of "
              f"EC2; TLS sessions resumed: {mine[1].resumed}, the floor {floor[1].resumed})")
    report.promise("child processes of a move", max(trace.processes for trace in traces.values()),
                   0)
    moves = [one for name, one in figures.items() if name.startswith("myha")]
    floors = [one for name, one in figures.items() if name.startswith("floor")]
    report.promise("threads of a move, as many as the floor's",
                   max(max(one.children) for one in moves),
                   max(max(one.children) for one in floors))
    report.promise("peak memory of a move, KiB", max(max(one.peak) for one in moves),
                   MOST_PEAK_KIB)


def compare_all(contestants, undo, imds, ec2):
    """All must end in the same state and send the same requests; returns the requests and myha's Traces."""
    seen = {}
    for tables in TABLES:  # the outcome depends on how many there are
        some = {name: command for name, command in contestants.items() if f", {tables}, " in name}
        seen.update(compare_outcomes(some, undo, lambda: (state(), ec2.routes()), [imds, ec2]))
    return seen, check_honesty(contestants, undo, seen)


def measure_slow(options, trusts, undo, ec2):
    """A move in 8 tables, with slow answers and fast ones by turns: {latency: {name: Figures}}."""
    contestants = Contestants(options, trusts)
    contestants.add(8, "own")
    figures = {latency: {name: Figures() for name in contestants} for latency in (LATENCY, 0)}
    for _ in range(5 if options.quick else 20):
        for latency, those in figures.items():
            ec2.delay(latency)
            for name, one in measure(options.programs, 1, contestants, undo).items():
                those[name].add(one)
    return figures


def bench_overlay(options, report, _):
    if len(os.sched_getaffinity(0)) < 2:
        print("bench: overlay: skipped: it needs two CPUs", file=sys.stderr)
        return
    trusts, certificate = make_authority()
    programs, undo = options.programs, ["bash", undo_script()]
    rounds = 40 if options.quick else 150
    contestants = Contestants(options, trusts)
    for tables, whom in [(tables, "own") for tables in TABLES] + [(2, "system"), (2, "bundle")]:
        contestants.add(tables, whom)
    with apart() as cpus, Imds(programs, 0, 1) as imds, \
            Ec2(programs, max(TABLES), *certificate) as ec2:
        imds.stay_on(cpus)
        ec2.stay_on(cpus)
        seen, traces = compare_all(contestants, undo, imds, ec2)
        figures = measure(programs, rounds, contestants, undo)
        slow = measure_slow(options, trusts, undo, ec2)
        loading = measure(programs, rounds, {
            "myha --version": [options.myha, "--version"],
            "floor: nothing": [f"{programs}/floor_overlay", "nothing"],
        }, ["true"])
    for tables in TABLES:
        report.table(f"move of an overlay address {in_tables(tables)}, EC2 answers at once, "
                     "AWS_CA_BUNDLE has one authority", of(figures, tables, "own"), "floor")
    report.table("move in 2 tables, the system's authorities by hash, and one more",
                 of(figures, 2, "system"), "floor")
    report.table("move in 2 tables, AWS_CA_BUNDLE has all authorities of the system, and one more",
                 of(figures, 2, "bundle"), "floor")
    report.table(f"move in 8 tables, EC2 answers after {LATENCY} ms", of(slow[LATENCY], 8, "own"),
                 "floor")
    report.table("of that, to be loaded and to leave", loading)
    promise_all(report, figures, slow, seen, traces, options.quick)
