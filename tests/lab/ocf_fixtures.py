# SPDX-License-Identifier: Apache-2.0
"""Fixtures for the tests of the resource agents: an agent as the cluster would call it, and two nodes that are
put back as they were before each test."""

import re
import time

from lab.host import LATE
from lab.kernel_view import difference
from lab.scene import OVERLAY

SUCCESS, GENERIC, ARGS, UNIMPLEMENTED, PERM, INSTALLED, CONFIGURED, NOT_RUNNING = range(8)
DEGRADED = 190
PROBE, RECURRING = "0", "10000"
OVERLAYS = ("192.168.", "2001:db8:ffff::")
DOWN = ["ec2", "imds", "both"]


class Agent:
    """An agent on a node, with the parameters of a resource."""

    def __init__(self, node, agent, **parameters):
        self.node, self.agent, self.parameters = node, agent, parameters
        self.before = node.view()

    def command(self, action, *, interval=PROBE, timeout=10, **more):
        """The words that run an action on the node."""
        settings = {**self.parameters, **more, "CRM_meta_timeout": int(timeout * 1000),
                    "CRM_meta_interval": interval}
        words = [f"OCF_RESKEY_{key}={value}" for key, value in settings.items()
                 if value is not None]
        return ["env", *words, self.node.install.program, "ocf", self.agent, action]

    def act(self, action, *, timeout=10, **more):
        """(exit status, the reason that is given to the cluster)."""
        begun = time.monotonic()
        done = self.node.run(*self.command(action, timeout=timeout, **more), check=False)
        assert time.monotonic() - begun < timeout + LATE
        assert done.stdout == "" and done.stderr.isascii()
        reason = re.findall(r"^ocf-exit-reason:(.*)$", done.stderr, re.MULTILINE)
        self.said = done.stderr
        assert bool(reason) == (done.returncode not in (SUCCESS, NOT_RUNNING)), done
        return done.returncode, *reason

    def monitor(self, **more):
        return self.act("monitor", interval=RECURRING, **more)

    def changes(self):
        return difference(self.before, self.node.view())


class Pair:
    """Two nodes, an overlay of two tables, and an agent for it on each."""

    def __init__(self, scene):
        self.scene, self.ec2, self.imds = scene, scene.ec2, scene.vpc.imds
        self.nodes = scene.overlay_pair()
        self.tables = ",".join(table.id for table in scene.route_tables)
        self.policy = f"version: 1\noverlays:\n  sapascs: {{address: {OVERLAY}, " \
                      f"route-tables: [{self.tables}]}}\n"
        self.bare = {node.name: node.view() for node in self.nodes}
        self.by_ip = [Agent(node, "overlay-ip", ip=OVERLAY, routing_table=self.tables)
                      for node in self.nodes]
        self.by_name = [Agent(node, "overlay-ip", name="sapascs") for node in self.nodes]

    def reset(self):
        """As at first: nothing runs, nothing is routed, and all services respond."""
        self.turn("both", "on")
        self.ec2.faults.set([])
        self.ec2.engine.consistency, self.ec2.engine.ages = 0, None
        self.ec2.engine.forget()
        for table in self.scene.route_tables:
            for destination in [one for one in table.routes if one.startswith(OVERLAYS)]:
                del table.routes[destination]
        for node in self.nodes:
            for name in list(node.attached):
                node.hot_detach(name)
            node.set_policy(self.policy)
            node.run("sh", "-c", "rm -rf /run/myha; ip rule del pref 100 2>/dev/null; true")
            for line in difference(self.bare[node.name], node.view()):
                word = line.split()
                if word[1] == "address":
                    node.run("ip", "address", "del", word[2], "dev", word[4])
        self.scene.vpc.sync_routes()
        assert [node.view() for node in self.nodes] == list(self.bare.values())

    def owners(self, address=OVERLAY, length=32):
        """Of each table: the node that it leads to."""
        found = []
        for table in self.scene.route_tables:
            route = table.routes.get(f"{address}/{length}")
            eni = route and self.scene.cloud.enis[route.target]
            found.append(eni and self.scene.vpc.nodes[eni.instance].name)
        return found

    def turn(self, what, how):
        """Switch EC2, the metadata service or both off or on; requests fail at once."""
        for service, name in ((self.ec2, "ec2"), (self.imds, "imds")):
            if what in (name, "both"):
                getattr(service, how)()
