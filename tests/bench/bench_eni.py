# SPDX-License-Identifier: Apache-2.0
"""EC2's half of `myha eni move`, against the floor that makes the same requests through libcurl.

Each run moves an ENI from another instance to this one, and what undoes it moves it away again. No
link comes to this host with it, so that --no-wait ends the move when EC2 says that it is attached.
"""

import os
import sys

from bench_ec2 import RESET_EC2, apart, make_authority
from bench_measure import Trace, compare_outcomes, measure, require_same_requests
from bench_stage import WORK, Ec2, Imds, run, state, write

MOVED_ENI = 240  # as bench_net.h has it

# The limits that the project promises.
MOST_OVER_FLOOR = 1.5


def bench_eni(options, report, _):
    if len(os.sched_getaffinity(0)) < 2:
        print("bench: eni: skipped: it needs two CPUs", file=sys.stderr)
        return
    trusts, certificate = make_authority()
    trust, programs = trusts["own"], options.programs
    undo = ["bash", write(f"{WORK}/undo-eni", f"        {RESET_EC2}\n")]
    policy = write(f"{WORK}/policy-eni.yaml", "version: 1\n")
    contestants = {
        "myha": [*trust.environment, options.myha, "--policy", policy, "eni", "move",
                 f"eni-{MOVED_ENI:017x}", "--no-wait"],
        "floor": [f"{programs}/floor_eni", "move", str(trust.path)],
    }
    with apart() as cpus, Imds(programs, 0, 1) as imds, Ec2(programs, 1, *certificate) as ec2:
        imds.stay_on(cpus)
        ec2.stay_on(cpus)
        seen = compare_outcomes(contestants, undo, lambda: (state(), ec2.holder()), [imds, ec2])
        require_same_requests(seen, "floor", "myha")
        trace = Trace(contestants["myha"])
        run(*undo)
        figures = measure(programs, 30 if options.quick else 100, contestants, undo)
    report.table("move of an ENI, EC2 detaches, attaches and answers at once, without the link",
                 figures, "floor")
    print()
    report.promise("move of an ENI, times the floor", figures["myha"].over(figures["floor"]),
                   MOST_OVER_FLOOR)
    for service, mine, floor in zip(("IMDS", "EC2"), seen["myha"], seen["floor"]):
        report.promise(f"connections to {service} of a move, as many as the floor's",
                       mine.connections, floor.connections)
        print(f"          (requests: {len(mine.requests)})")
    report.promise("child processes of a move", trace.processes, 0)
