# SPDX-License-Identifier: Apache-2.0
"""How long a client is away while an overlay address moves from one node of the lab to another.

It makes a new connection every 10 ms. EC2 responds at once, and then after 50 ms: that adds nothing,
since the old node replies until the route is moved, and the new one is ready by then.
"""

import statistics

from lab.client import Service, Watch
from lab.host import Host, wait_for
from lab.scene import OVERLAY, Scene

# The limits that the project promises, in seconds.
AWAY_MOST = 0.1
LATENCIES = (0, 0.05)


def away(client, old, new):
    wait_for(lambda: client.ask(OVERLAY) == old.name, f"a reply from {old.name}")
    with Watch(client, OVERLAY, lambda: None) as watch:
        wait_for(lambda: watch.replies, "a reply")
        new.myha("overlay", "move", "sapascs", check=True)
        wait_for(lambda: watch.replies[-1][1] == new.name, f"a reply from {new.name}")
    old.myha("overlay", "release", "sapascs", check=True)
    return watch.away(old, new)


def bench_client(options, report, installed):
    with Host() as host:
        scene = Scene(host, installed)
        pair = scene.overlay_pair()
        client = scene.client()
        for node in pair:
            node.set_policy(scene.overlay_policy())
            Service(node, OVERLAY)
        pair[1].myha("overlay", "create", "sapascs", check=True)
        pair[0].myha("overlay", "move", "sapascs", check=True)
        pair[1].myha("overlay", "release", "sapascs", check=True)
        print("\na client that connects every 10 ms, while an overlay address moves, 2 tables")
        for latency in LATENCIES:
            scene.ec2.latency = latency
            # An even number, so that the next ones begin where these did.
            times = [away(client, pair[number % 2], pair[(number + 1) % 2])
                     for number in range(4 if options.quick else 20)]
            print(f"EC2 answers after {1000 * latency:3.0f} ms: away for "
                  f"{', '.join(f'{1000 * one:.0f}' for one in sorted(times))} ms")
            report.promise("a client is away, median in s", statistics.median(times), AWAY_MOST)
