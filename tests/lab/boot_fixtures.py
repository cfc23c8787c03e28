# SPDX-License-Identifier: Apache-2.0
"""Fixtures for the tests of a boot with overlays: one pair of booted nodes for all of a file."""

import concurrent.futures
import re

import pytest

from lab.client import Watch
from lab.host import wait_for
from lab.kernel_view import difference
from lab.scene import OVERLAY, OVERLAY6
from lab.shared import shared_fixture

UNIT = "myha-boot.service"
NAME = "sapascs"


def on(name, address):
    """The lines that the address adds to a node's kernel view."""
    if ":" in address:
        return [f"+ address {address}/128 dev {name} noprefixroute",
                f"+ route6 local {address} dev {name} table 255 proto 2 metric 0 pref medium"]
    return [f"+ address {address}/32 dev {name} noprefixroute",
            f"+ route4 local {address} dev {name} table 255 proto 2 scope 254 src {address}"]


class Stage:
    """db1, which is rebooted, and db2; an overlay, to which both of EC2's route tables lead; a client
    that asks there. Each test begins with both nodes up and nothing of an overlay on them."""

    def __init__(self, scene):
        self.scene, self.cloud, self.ec2 = scene, scene.cloud, scene.ec2
        self.db1, self.db2 = self.nodes = scene.overlay_pair(make=scene.system_node)
        self.client = scene.client()
        self.tables = scene.route_tables
        self.user = self.cloud.create_user("tester")
        for node in self.nodes:
            node.serves += [OVERLAY, OVERLAY6]
            node.set_policy("version: 1\n")
            node.boot()
        self.bare = {node: node.view() for node in self.nodes}

    # How it is set up.

    def policy(self, *overlays, more="", tables=None):
        """A policy file: overlays as (name, address, rest of the entry)."""
        ids = ", ".join(table.id for table in tables or self.tables)
        lines = [f"  {name}: {{address: {address}, route-tables: [{ids}]{rest}}}\n"
                 for name, address, rest in overlays or [(NAME, OVERLAY, "")]]
        return f"version: 1\n{more}overlays:\n{''.join(lines)}"

    def set_policy(self, *overlays, **options):
        for node in self.nodes:
            node.set_policy(self.policy(*overlays, **options))

    def route(self, address, target, *tables):
        """Have tables lead to a node, an ENI, or (None) nowhere; as by another's hand."""
        length = 128 if ":" in address else 32
        family = "Ipv6Cidr" if ":" in address else "Cidr"
        eni = getattr(target, "eth0", target)
        for table in tables or self.tables:
            named = {"RouteTableId": table.id, f"Destination{family}Block": f"{address}/{length}"}
            there = f"{address}/{length}" in table.routes
            if eni:
                self.call("ReplaceRoute" if there else "CreateRoute",
                          NetworkInterfaceId=eni.id, **named)
            elif there:
                self.call("DeleteRoute", **named)

    def call(self, action, **arguments):
        return self.ec2.engine.perform(self.user, "ec2", action, arguments)

    def check(self, value, *enis):
        """Switch source/destination checks on or off."""
        for eni in enis or [node.eth0 for node in self.nodes]:
            self.call("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni.id,
                      SourceDestCheck={"Value": value})

    def reset(self):
        self.ec2.on()
        self.ec2.faults.set([])
        self.hurry()
        self.ec2.engine.consistency, self.ec2.engine.ages = 0, None
        self.ec2.engine.forget()
        self.cloud.clock_offset = 0
        self.scene.vpc.imds.on()
        self.scene.vpc.imds.faults()
        for table in self.tables:
            for destination in list(table.routes):
                self.route(destination.partition("/")[0], None, table)
        for node in self.nodes:
            node.instance.imds, node.instance.role = True, "myha-node"
            if not node.running:
                node.boot()
            if node.attached:
                node.hot_detach(*node.attached)
            for line in difference(self.bare[node], node.view()):
                word = line.split()
                if word[1] == "address":
                    node.run("ip", "address", "del", word[2], "dev", word[4])
        self.scene.vpc.publish()
        self.check(False)
        self.set_policy()
        self.ec2.requests()

    # Events.

    def owner(self, address=OVERLAY, table=None):
        """The name of the node that the client's packets are sent to."""
        with self.ec2.engine.lock:  # which is held until the router has followed a change
            route = (table or self.scene.client_table).routes.get(
                f"{address}/{128 if ':' in address else 32}")
            eni = route and self.cloud.enis.get(route.target)
            node = eni and self.scene.vpc.nodes.get(eni.instance)
            return node and node.name

    def watch(self):
        return Watch(self.client, OVERLAY, self.owner)

    def reboot(self, while_down=None, meanwhile=None, crash=False):
        """Take db1 down, do something, and boot it; meanwhile() is called once its boot unit runs."""
        (self.db1.power_off if crash else self.db1.shut_down)()
        if while_down:
            while_down()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            done = meanwhile and pool.submit(self._once_it_runs, meanwhile)
            self.db1.boot()
            if done:
                done.result()

    def _once_it_runs(self, function):
        wait_for(lambda: self.db1.running and self.db1.state_of(UNIT) != "inactive"
                 and self.db1.state_of(UNIT), "the boot unit to run", interval=0.02)
        function()

    # Results.

    def lines(self, unit=UNIT, node=None):
        """The lines that myha logged at info and above since db1 booted, a line each; but for libcurl's word on
        how long it took to be refused."""
        said = (node or self.db1).run(
            "journalctl", "--no-pager", "-o", "cat", "-p", "info", "SYSLOG_IDENTIFIER=myha",
            f"_SYSTEMD_UNIT={unit}").stdout
        return re.sub(r"after \d+ ms", "after N ms", said).splitlines()

    def changes(self, node=None):
        """The difference from the bare node."""
        node = node or self.db1
        return difference(self.bare[node], node.view())

    def wait_for_boot(self):
        self.db1.wait_for_unit(UNIT)

    def wait_for_end(self):
        """The unit is up, and its last read of the routes is over."""
        self.wait_for_boot()
        wait_for(lambda: self.db1.systemctl("show", "--value", "-p", "SubState", UNIT).stdout.strip()
                 == "exited", lambda: f"the last read: {self.lines()}", interval=0.02)

    def is_tried_again(self):
        """The unit has failed, and will run once more, or does so by now."""
        shown = self.db1.systemctl("show", "-p", "SubState,NRestarts", UNIT).stdout.split()
        return "SubState=auto-restart" in shown or "NRestarts=0" not in shown

    def wait_for_failure(self):
        wait_for(self.is_tried_again, lambda: f"a failure: {self.lines()}", interval=0.02)

    def hurry(self, timeout=60):
        """The boot unit of db1 with another deadline, and tried again after a second."""
        self.db1.write(f"/etc/systemd/system/{UNIT}.d/lab.conf",
                       "[Service]\nRestartSec=1\nExecStart=\n"
                       f"ExecStart=/usr/sbin/myha boot --timeout {timeout}\n")


shared_stage = shared_fixture(Stage)


@pytest.fixture
def stage(shared_stage, request):
    with shared_stage.lend(request.session) as stage:
        stage.reset()
        yield stage


def put_on(name, address, interface="eth0", why="is routed to this host"):
    command = f"ip -6 address add {address}/128 dev {interface} nodad noprefixroute " \
        "valid_lft forever preferred_lft 0" \
        if ":" in address else f"ip address add {address}/32 dev {interface} noprefixroute"
    return f"{name}: {command} (overlay {name} {why})"


def taken_off(name, address, eni, interface="eth0"):
    return f"{name}: ip address delete {address}/32 dev {interface} " \
           f"(overlay {name} is routed to {eni.id})"


def put_right(name, eni):
    return f"{name}: disabled the source/destination check of {eni.id} (while enabled, EC2 drops " \
           "traffic to overlay addresses)"
