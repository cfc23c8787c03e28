# SPDX-License-Identifier: Apache-2.0
"""Fixtures for the tests of the overlay commands: two nodes in two zones, which stay from test to test and
are put back between them, and the requests that EC2 got."""

import itertools
import json
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass

import pytest
from boot_fixtures import on

from lab.cloud import Route
from lab.host import PATIENCE
from lab.kernel_view import difference
from lab.scene import OVERLAY, OVERLAY6
from lab.shared import shared_fixture

NAME, NAME6 = "sapascs", "sapers"
FAMILIES = [(NAME, OVERLAY, f"{OVERLAY}/32"), (NAME6, OVERLAY6, f"{OVERLAY6}/128")]
FAMILY_IDS = ["IPv4", "IPv6"]

# Requests as Pair.sent() prints them.
READ = "DescribeRouteTables RouteTableId.1=main RouteTableId.2=clients"
BESIDE = ["DescribeNetworkInterfaces", "DescribeRouteTables"]  # in any order, where they go out at once

POLICY = """version: 1
overlays:
  {name}: {{address: {address}, interface: {interface}, route-tables: {tables}{role}}}
  {name6}: {{address: "{address6}", interface: {interface}, route-tables: {tables}{role}}}
{more}"""


def key(destination):
    return "DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock"


def changes(action, destination, eni=None, tables=("clients", "main")):
    """ReplaceRoute, CreateRoute or DeleteRoute in these tables, all at once."""
    target = f" NetworkInterfaceId={eni}" if eni else ""
    return [f"{action} RouteTableId={table} {key(destination)}={destination}{target}"
            for table in tables]


def read_tables(*tables):
    return " ".join(["DescribeRouteTables", *(f"RouteTableId.{number}={table}"
                                              for number, table in enumerate(tables, 1))])


def check(eni):
    """How the source/destination check is read."""
    return f"DescribeNetworkInterfaces NetworkInterfaceId.1={eni}"


def move_requests(eni, *requests, on=False, first=READ, last=READ):
    """The requests of a move: the check is read beside the first read of the tables. If it is on, a DryRun comes
    before the changes. Then the routes are read back, and the check is disabled."""
    words = f"ModifyNetworkInterfaceAttribute NetworkInterfaceId={eni} SourceDestCheck.Value=false"
    probe = f"{words} DryRun=true → DryRunOperation"
    return [first, check(eni), *([probe] if on else []), *requests, last,
            *([words, check(eni)] if on else [])]


def adding(name, address, device="eth0", why="is being taken over"):
    """The ip command that puts an overlay on this host, and its reason."""
    option, prefix, nodad, lifetimes = (" -6", 128, " nodad", " valid_lft forever preferred_lft 0") \
        if ":" in address else ("", 32, "", "")
    return f"ip{option} address add {address}/{prefix} dev {device}{nodad} noprefixroute{lifetimes}", \
        f"overlay {name} {why}"


def deleting(name, address, device="eth0", why="is being released"):
    option, prefix = (" -6", 128) if ":" in address else ("", 32)
    return f"ip{option} address delete {address}/{prefix} dev {device}", \
        f"overlay {name} {why}"


def refused(times, action=""):
    """For Pair.run_to_deadline(): EC2 refused so many requests, or lost them. The program knows what
    became of all but the last one of each kind."""
    return lambda ran: sum(line.startswith(action) and "→" in line and "DryRun=" not in line
                           for line in ran.sent) >= times


def table_reads(ran):
    """The reads of route tables among the requests."""
    return [line for line in ran.sent if line.startswith("DescribeRouteTables")]


def stays(name=NAME):
    """The log line of a move that ends without knowing where the routes lead."""
    return f'{name}: the address stays on eth0, since routes may point to this host: see "myha overlay ' \
        f'show {name}", then repeat "myha overlay move {name}" or remove the address with "myha ' \
        f'overlay release {name}"'


@dataclass
class Ran:
    """A run of myha: its exit status, its output, and the requests that it sent."""
    status: int
    out: str
    said: list  # lines of the log, without "myha: "
    sent: list  # requests, as Pair.sent() prints them
    took: float
    deadline: float = None  # of Pair.run_to_deadline(), in seconds

    @property
    def json(self):
        return json.loads(self.out)


class Pair:
    """Two nodes, db1 and db2, and the two route tables main and clients."""

    def __init__(self, scene):
        self.scene, self.ec2, self.cloud = scene, scene.ec2, scene.cloud
        self.nodes = self.db1, self.db2 = scene.overlay_pair()
        self.tables = {"main": scene.main_table, "clients": scene.client_table}
        for node in self.nodes:
            node.settle()
        self.clean = {node: node.view() for node in self.nodes}
        self._addresses = {node: self._addresses_of(node) for node in self.nodes}

    def reset(self):
        """Everything as at first."""
        ec2 = self.ec2
        ec2.faults.set([])
        ec2.faults.throttle([])
        ec2.on()
        ec2.present("good")
        ec2.latency, ec2.engine.consistency, ec2.engine.ages = 0, 0, None
        ec2.engine.forget()
        ec2.engine.iam.policies.clear()
        self.cloud.clock_offset = 0
        self.cloud.credentials.clear()
        self.cloud.roles.clear()
        for table in self.tables.values():
            table.routes.clear()
            table.owner = table.vpc = None
        for node in self.nodes:
            node.instance.role = "myha-node"
            self.cloud.renew(node.instance)
            node.eth0.source_dest_check = True
            node.set_policy(self.policy())
            shutil.rmtree(node.path("/run/myha"), ignore_errors=True)
        self.drop_overlays()
        self.scene.vpc.imds.faults()
        self.scene.vpc.publish()
        self.scene.vpc.sync_routes()
        ec2.requests()

    def drop_overlays(self, *nodes):
        """Take off what addresses were added to nodes."""
        for node in nodes or self.nodes:
            for prefix, device in self._addresses_of(node) - self._addresses[node]:
                node.run("ip", "address", "del", prefix, "dev", device)

    @staticmethod
    def _addresses_of(node):
        return {(f"{one['local']}/{one['prefixlen']}", link["ifname"])
                for link in json.loads(node.run("ip", "-json", "address").stdout)
                for one in link["addr_info"]}

    def policy(self, interface="primary", tables=None, role=None, more=""):
        tables = tables or f"[{', '.join(table.id for table in self.tables.values())}]"
        return POLICY.format(name=NAME, address=OVERLAY, name6=NAME6, address6=OVERLAY6,
                             interface=interface, tables=tables, more=more,
                             role=f", role-arn: {role}" if role else "")

    def set_policy(self, *nodes, **what):
        for node in nodes or self.nodes:
            node.set_policy(self.policy(**what))

    # State.

    def names(self):
        """Ids, and the names that tests have for them."""
        named = {table.id: name for name, table in self.tables.items()}
        named |= {node.eth0.id: node.name for node in self.nodes}
        return named | {node.instance.id: f"i-{node.name}" for node in self.nodes} \
            | {self.cloud.vpc: "vpc"}

    def plain(self, text):
        """Text with names in place of ids."""
        return re.sub(r"\b(rtb|eni|i|vpc)-[0-9a-f]+",
                      lambda found: self.names().get(found[0], found[0]), text)

    def sent(self):
        """The requests since the last call, with the codes of refusals. Requests that were sent at once are in
        alphabetical order, the read of the tables first."""
        lines = []
        for one in self.ec2.requests():
            words = [f"{name}={value}" for name, value in one["parameters"].items()
                     if name not in ("Action", "Version")]
            bad = one["fault"] if one["fault"] not in (None, "error", "style") else one["code"]
            lines.append(self.plain(" ".join([one["action"], *words, *([f"→ {bad}"] if bad
                                                                       else [])])))
        for at, pair in enumerate(itertools.pairwise(lines)):
            if [line.split()[0] for line in pair] == BESIDE:
                lines[at:at + 2] = pair[::-1]
        return [line for _, group in itertools.groupby(lines, lambda line: line.split()[0])
                for line in sorted(group, key=lambda line: line.partition(" →")[0])]

    def routes(self):
        """Each table's routes: destination to target."""
        return {name: {route.destination: self.names().get(route.target, route.target)
                       for route in table.routes.values()} for name, table in self.tables.items()}

    def route(self, node, *destinations, tables=("main", "clients")):
        """Point routes at a node, an ENI or a gateway."""
        target = node if isinstance(node, str) else node.eth0.id
        for name in tables:
            for destination in destinations or [one[2] for one in FAMILIES]:
                self.tables[name].routes[destination] = Route(destination, target)
        self.scene.vpc.sync_routes()

    def place(self, node, address, device="eth0"):
        """Place an address on a node, as an earlier move did."""
        length = 128 if ":" in address else 32
        node.run("ip", "address", "add", f"{address}/{length}", "dev", device, "noprefixroute",
                 *(["nodad"] if ":" in address else []))

    def added(self, node):
        """How a node's kernel differs from one without overlays."""
        return difference(self.clean[node], node.view())

    def placed(self):
        """Which overlays are on which node, and on which device."""
        return {node.name: sorted(map(list, self._addresses_of(node) - self._addresses[node]))
                for node in self.nodes}

    def state(self):
        """All that a run that fails must leave alone."""
        return (self.routes(), [node.view() for node in self.nodes],
                [node.eth0.source_dest_check for node in self.nodes])

    # Doing.

    def environment(self, **more):
        return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C",
                **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")},
                **more}

    def run(self, node, *arguments, env=None, timeout=60):
        """myha ARGUMENTS on a node."""
        self.ec2.requests()
        start = time.monotonic()
        result = node.myha(*arguments, env=self.environment(**(env or {})), timeout=timeout)
        took = time.monotonic() - start
        said = [self.plain(line.removeprefix("myha: ")) for line in result.stderr.splitlines()]
        return Ran(result.returncode, self.plain(result.stdout), said, self.sent(), took)

    def run_to_deadline(self, begin, node, *arguments, reached, env=None):
        """A run that its deadline ends, after begin() has prepared the pair for it. reached(ran) tells
        whether the run came as far as the test is about: a machine that is too slow for that gets twice
        the seconds."""
        seconds = 2
        while True:
            begin()
            ran = self.run(node, "--timeout", str(seconds), *arguments, env=env)
            ran.deadline = seconds
            if reached(ran) or seconds > PATIENCE:
                return ran
            self.reset()
            seconds *= 2

    def start(self, node, *arguments, before=(), **options):
        """The same in the background."""
        return subprocess.Popen(
            [str(word) for word in node.command(*before, node.install.program, *arguments)],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self.environment(**options))

    def quiet(self, node, *arguments, **more):
        """A run that succeeds and has nothing to say."""
        ran = self.run(node, *arguments, **more)
        assert (ran.status, ran.out, ran.said) == (0, "", []), ran
        return ran


shared_pair = shared_fixture(Pair, "session")


@pytest.fixture
def pair(shared_pair, request):
    with shared_pair.lend(request.session) as pair:
        pair.reset()
        yield pair
