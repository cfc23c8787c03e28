# SPDX-License-Identifier: Apache-2.0
"""Fixtures for the tests of clusters: clients in two zones that ask all the time, and one cluster for all
tests of a file."""

import contextlib
import itertools

from lab.client import Watch
from lab.cluster import Cluster, cluster_node, overlay_nodes
from lab.host import PATIENCE, wait_for
from lab.pages import typed_on_cluster
from lab.scene import OVERLAY, SERVICE

INTERVAL = 2  # seconds between monitors; the manual has 10


class Replies:
    """Clients that send a request every 10 ms, each from another subnet, and the nodes that reply."""

    def __init__(self, clients, address):
        self._watches = [Watch(client, address, lambda: None) for client in clients]

    def who(self):
        """The node that replied last to each of them."""
        return [watch.replies[-1][1] if watch.replies else None for watch in self._watches]

    def wait_for(self, node, timeout=2 * PATIENCE):
        """Wait until all get replies from the node."""
        wait_for(lambda: set(self.who()) == {node.name},
                 lambda: f"all clients to get replies from {node.name}: {self.who()}", timeout, 0.005)

    def first(self, node, since):
        """The time at which all had a reply from the node, from a moment on."""
        return max(next(when for when, who in watch.replies if when >= since and who == node.name)
                   for watch in self._watches)

    def path(self):
        """The nodes that replied to any client, in order: a node that replies while another does
        appears more often than it was made to."""
        replies = sorted(itertools.chain(*(watch.replies for watch in self._watches)))
        return [who for who, _ in itertools.groupby(who for _, who in replies)]

    def outages(self):
        """For each change of the node, the seconds without a reply to the client that waited longest."""
        gaps = [[second - first for (first, one), (second, other)
                 in itertools.pairwise(watch.replies) if one != other] for watch in self._watches]
        return [max(times) for times in zip(*gaps)]

    def __enter__(self):
        self._exits = contextlib.ExitStack()
        for watch in self._watches:
            self._exits.enter_context(watch)
        return self

    def __exit__(self, *_):
        self._exits.close()


class Pair:
    """Two nodes with one address as a resource, and clients; what both kinds of clusters share."""

    def __init__(self, scene, nodes, address, resource, clients):
        self.scene, self.ec2 = scene, scene.ec2
        self.nodes = self.db1, self.db2 = nodes
        self.address, self.resource, self.clients = address, resource, clients
        for node in nodes:
            node.serves.append(address)
        self.cluster = Cluster(scene, nodes)

    def configure(self, example):
        """As myha-ocf(7) shows it; but for the interval."""
        for command in typed_on_cluster(example):
            self.db1.run("sh", "-c", command.replace("interval=10", f"interval={INTERVAL}"))
        self.cluster.settle()

    def reset(self):
        """All is well, and the resource runs on db1."""
        ec2, cluster = self.ec2, self.cluster
        ec2.on()
        ec2.faults.set([])
        ec2.faults.throttle([])
        for node in self.nodes:
            if not node.running:
                cluster.back(node)
            self.scene.cloud.renew(node.instance)
        self.scene.vpc.publish()
        cluster.wait_until_online(*self.nodes)
        for node in self.nodes:
            cluster.standby(node, on=False)
        cluster.forget_failures()
        cluster.move(self.resource, self.db1)
        cluster.settle()
        assert cluster.failures() == []

    def replies(self):
        return Replies(self.clients, self.address)


def overlay_pair(scene, more=()):
    """In two zones, with a client in each."""
    nodes = overlay_nodes(scene, more)
    return Pair(scene, nodes, OVERLAY, "ip_sapascs",
                (scene.client(), scene.client(scene.second)))


def eni_pair(scene):
    """In one zone, with a service ENI that is not attached."""
    nodes = [cluster_node(scene, name) for name in ("db1", "db2")]
    scene.service_eni()
    scene.introduce(*nodes)
    for node in nodes:
        node.set_policy()
    return Pair(scene, nodes, SERVICE, "eni_sapascs", (scene.client(),))


def tell(what, seconds):
    """For who runs the tests with -s."""
    print(f"{what}: {' '.join(f'{one:.2f} s' for one in seconds)}")
