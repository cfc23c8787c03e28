# SPDX-License-Identifier: Apache-2.0
"""The set that tests and demo play on: one VPC, its subnets, and short ways to make the rest."""

import functools
import os

from . import ec2_network
from .client import Client, Service
from .install import Install
from .node import POLICY_ETH1, BareNode
from .root import node_root
from .system_node import SystemNode
from .vpc import Vpc

SERVICE = "10.0.1.10"
SERVICE6 = "2001:db8:1234:2::10"
OVERLAY = "192.168.10.16"
OVERLAY6 = "2001:db8:ffff::16"


class Installed:
    """The nodes' root and the installed myha, shared by all scenes of a run."""

    def __init__(self, host, root=None, package=None):
        self.root = root or node_root()
        self.install = Install(host, self.root, package or os.environ.get("MYHA_PACKAGE"))


class Scene:
    """Subnets: primary 10.0.0.0/24 and client 10.0.9.0/24 with both families, service 10.0.1.0/24
    with IPv4 alone, dual 10.0.2.0/24 with both, six with IPv6 alone; all in the first zone, but
    second 10.0.16.0/24 with both."""

    def __init__(self, host, installed):
        self.host = host
        self.installed = installed
        self.vpc = Vpc(host)
        self.cloud = self.vpc.cloud
        subnet = self.cloud.create_subnet
        self.primary = subnet("10.0.0.0/24", ["2001:db8:1234::/64"])
        self.service = subnet("10.0.1.0/24")
        self.dual = subnet("10.0.2.0/24", ["2001:db8:1234:2::/64"])
        self.six = subnet(None, ["2001:db8:1234:6::/64"])
        self.clients = subnet("10.0.9.0/24", ["2001:db8:1234:9::/64"])
        self.second = subnet("10.0.16.0/24", ["2001:db8:1234:16::/64"], az="eu-central-1b")
        self._hosts = 10

    @functools.cached_property
    def ec2(self):
        """EC2's API, from the first use on; and route tables: the main one, and the clients'."""
        self.main_table = self.cloud.create_route_table(main=True)
        self.client_table = self.cloud.create_route_table(self.clients)
        server = ec2_network.serve(self.vpc)
        self.vpc.sync_routes()
        return server

    @property
    def route_tables(self):
        return [self.main_table, self.client_table]

    def introduce(self, *nodes):
        """Have nodes that are set up know EC2's endpoints and trust their certificates."""
        for node in nodes:
            ec2_network.introduce(self.ec2, node)

    def _primary_eni(self, subnet=None):
        subnet = subnet or self.primary
        self._hosts += 1
        return self.cloud.create_eni(
            subnet, [subnet.cidr.replace(".0/24", f".{self._hosts}")],
            ipv6s=[subnet.ipv6_cidrs[0].replace("/64", f"{self._hosts}")])

    def bare_node(self, name="bare1", subnet=None):
        return BareNode(self.vpc, name, self._primary_eni(subnet), self.installed.install)

    def system_node(self, name="db1", networkd=False, subnet=None, root=None):
        """A node that boots; it is off yet."""
        return SystemNode(self.vpc, name, self._primary_eni(subnet), root or self.installed.root,
                          self.installed.install, networkd)

    def overlay_pair(self, make=None):
        """Two nodes in two zones that know EC2; make is bare_node, or system_node."""
        make = make or self.bare_node
        nodes = make("db1"), make("db2", subnet=self.second)
        self.introduce(*nodes)
        return nodes

    def overlay_policy(self, more=""):
        """A policy file with an overlay, and more of its entry."""
        tables = ", ".join(table.id for table in self.route_tables)
        return "version: 1\noverlays:\n" \
            f"  sapascs: {{address: {OVERLAY}, route-tables: [{tables}]{more}}}\n"

    def service_eni(self, *ipv4s, **more):
        """The ENI that moves between nodes."""
        return self.cloud.create_eni(self.service, list(ipv4s) or [SERVICE], **more)

    def service_pair(self):
        """Two nodes of one zone whose policy lists eth1, and the service on both."""
        nodes = self.bare_node("db1"), self.bare_node("db2")
        self.introduce(*nodes)
        for node in nodes:
            node.set_policy(POLICY_ETH1)
            Service(node, SERVICE)
        return nodes

    def client(self, subnet=None):
        eni = self._primary_eni(subnet or self.clients)
        self.cloud.attach(eni, self.cloud.create_instance(role=None), 0)
        return Client(self.vpc, eni)
