# SPDX-License-Identifier: Apache-2.0
"""ocf:myha:overlay-ip against ocf:heartbeat:aws-vpc-move-ip with awscli, both as Pacemaker calls them.

Both come as distributions have them, on a node of the lab that boots, with the lab's metadata service
and EC2 over TLS: what they are compared in is what a cluster waits for.
"""

import functools
import shutil

from bench_measure import read_figures

from lab.cluster import AWSCLI, cluster_node
from lab.host import Host
from lab.scene import OVERLAY, Scene

AGENTS = {
    "ocf:myha:overlay-ip": "/usr/lib/ocf/resource.d/myha/overlay-ip",
    "aws-vpc-move-ip": "/usr/lib/ocf/resource.d/heartbeat/aws-vpc-move-ip",
}
STOPWATCH = "/root/stopwatch"

# The limits that the project promises.
START_LEAST = 100
MONITOR_LEAST = 50

# Another node has the routes, and this one not the address.
GIVE_AWAY = """#!/bin/sh
set -e
myha overlay move sapascs --to {other} 2>/dev/null
! ip -brief address show dev eth0 | grep -q {address}
"""


def command(agent, action, tables):
    """As Pacemaker's executor calls it, and with the same parameters for both."""
    return [
        "OCF_ROOT=/usr/lib/ocf", "OCF_RA_VERSION_MAJOR=1", "OCF_RA_VERSION_MINOR=1",
        "OCF_RESOURCE_INSTANCE=ip_sapascs", f"OCF_RESKEY_ip={OVERLAY}",
        f"OCF_RESKEY_routing_table={tables}", "OCF_RESKEY_interface=eth0",
        "OCF_RESKEY_monapi=true", "OCF_RESKEY_profile=default", "OCF_RESKEY_region=eu-central-1",
        "OCF_RESKEY_CRM_meta_timeout=60000", "OCF_RESKEY_CRM_meta_interval=10000",
        AGENTS[agent], action]


def make_node(scene, programs):
    """db1 with both agents, and another node that has the routes at first."""
    node, other = scene.overlay_pair(make=functools.partial(cluster_node, scene, more=AWSCLI))
    node.set_policy(scene.overlay_policy())
    # The AWS CLI requires a file with the profile "default", and knows Amazon's authorities
    # alone.
    node.write("/root/lab.pem", scene.ec2.authority.bundle.read_text())
    node.write("/root/.aws/config", "[default]\nca_bundle = /root/lab.pem\n")
    for unit in ("corosync", "pacemaker"):
        node.path(f"/etc/systemd/system/multi-user.target.wants/{unit}.service").unlink(True)
    node.boot(timeout=60)
    shutil.copy(f"{programs}/stopwatch", node.path(STOPWATCH))
    node.write("/root/give-away", GIVE_AWAY.format(other=other.eth0.id, address=OVERLAY))
    node.path("/root/give-away").chmod(0o755)
    node.myha("overlay", "create", "sapascs", check=True)
    return node, ",".join(table.id for table in scene.route_tables)


def measure(node, rounds, action, tables, undo):
    commands = [word for agent in AGENTS for word in ("::", *command(agent, action, tables))]
    ran = node.run(STOPWATCH, str(rounds), "1", "::", *undo, *commands, timeout=60 + 40 * rounds)
    return read_figures(ran.stdout, AGENTS)


def bench_agents(options, report, installed):
    with Host() as host:
        scene = Scene(host, installed)
        node, tables = make_node(scene, options.programs)
        rounds = 3 if options.quick else 7
        node.run("/root/give-away")
        starts = measure(node, rounds, "start", tables, ["/root/give-away"])
        node.myha("overlay", "move", "sapascs", check=True)
        monitors = measure(node, rounds, "monitor", tables, ["true"])
    mine, theirs = AGENTS
    for what, figures in (("start in 2 tables", starts), ("monitor that asks EC2", monitors)):
        report.table(f"{what}, resource agents, on a node of the lab", figures, mine)
    print()
    report.promise("aws-vpc-move-ip's start, times ours", starts[theirs].over(starts[mine]),
                   START_LEAST, at_least=True)
    report.promise("aws-vpc-move-ip's monitor, times ours", monitors[theirs].over(monitors[mine]),
                   MONITOR_LEAST, at_least=True)
