# SPDX-License-Identifier: Apache-2.0
"""A real cluster of two nodes in one zone, with fencing, that manages a service ENI; and what the
cluster's own tools say of both agents."""

import time

import pytest
from cluster_fixtures import eni_pair, tell

from lab.host import run, wait_for
from lab.scene import OVERLAY, SERVICE
from lab.shared import shared_fixture

RESOURCE = "eni_sapascs"


def make_pair(scene):
    pair = eni_pair(scene)
    pair.configure("eni")
    return pair


shared_pair = shared_fixture(make_pair)


@pytest.fixture
def pair(pair):
    pair.ec2.engine.delays.detach = pair.ec2.engine.delays.attach = 0
    return pair


def test_standby(pair):
    """There and back, with an EC2 that takes its time."""
    delays = pair.ec2.engine.delays
    delays.detach, delays.attach = 1, 0.5
    with pair.replies() as replies:
        replies.wait_for(pair.db1)
        pair.cluster.standby(pair.db1)
        replies.wait_for(pair.db2)
        pair.cluster.standby(pair.db1, on=False)
        pair.cluster.settle()
        pair.cluster.standby(pair.db2)
        replies.wait_for(pair.db1)
    assert replies.path() == ["db1", "db2", "db1"]
    tell("away at a standby, EC2's 1.5 s included", replies.outages())


def test_the_node_dies(pair):
    with pair.replies() as replies:
        replies.wait_for(pair.db1)
        pair.db1.power_off()
        replies.wait_for(pair.db2)
    assert replies.path() == ["db1", "db2"]
    assert pair.db1.instance.state == "stopped"
    tell("away at a node's death", replies.outages())
    pair.cluster.back(pair.db1)
    assert SERVICE not in pair.db1.run("ip", "address").stdout


def test_ec2_is_away_as_it_stops(pair):
    """Nothing of the address is left on the node; the ENI stays for who starts next."""
    pair.ec2.off()
    pair.cluster.crm("resource", "stop", RESOURCE)
    try:
        wait_for(lambda: SERVICE not in pair.db1.run("ip", "address").stdout, "the address to go")
        pair.cluster.settle()
        assert "MYHA" not in pair.db1.run("ip", "rule").stdout
        assert pair.cluster.where(RESOURCE) is None and pair.cluster.failures() == []
    finally:
        pair.ec2.on()
        pair.cluster.crm("resource", "start", RESOURCE)
        pair.cluster.wait_for(RESOURCE, pair.db1)


def mtu_of(node):
    return node.run("cat", "/sys/class/net/eth1/mtu").stdout.strip()


def record_of(node):
    """The file that each start writes anew."""
    return node.run("sh", "-c", "stat -c %i /run/myha/resource-*.mac").stdout


def test_a_change_that_does_not_concern_the_service(pair):
    """The monitor repairs another MTU, and the resource is not restarted for it."""
    with pair.replies() as replies:
        replies.wait_for(pair.db1)
        usual, record = mtu_of(pair.db1), record_of(pair.db1)
        pair.db1.run("ip", "link", "set", "eth1", "mtu", "1400")
        wait_for(lambda: mtu_of(pair.db1) == usual, "the usual MTU")
        wait_for(lambda: any("policy: repaired" in one for one in pair.cluster.failures(degraded=True)),
                 "the monitor to be degraded")
        pair.cluster.settle()
        assert pair.cluster.failures() == []
        replies.wait_for(pair.db1)
    assert replies.path() == ["db1"]
    assert record_of(pair.db1) == record, "the resource was started again"


@pytest.mark.long
def test_the_rule_goes(pair):
    """By another tool's hand; the next monitor notices, and the cluster repairs it."""
    with pair.replies() as replies:
        replies.wait_for(pair.db1)
        pair.db1.run("ip", "rule", "del", "pref", "100")
        gone = time.monotonic()
        wait_for(lambda: "MYHA" in pair.db1.run("ip", "rule").stdout, "the rule", interval=0.02)
        tell("from the rule's end to its return", [time.monotonic() - gone])
        pair.cluster.settle()
        replies.wait_for(pair.db1)
    assert replies.path() == ["db1"]


# The cluster's tools accept the agents.

def agents(pair):
    tables = ",".join(table.id for table in pair.scene.route_tables)
    other = pair.scene.service_eni("10.0.1.77")
    return {"overlay-ip": {"ip": OVERLAY, "routing_table": tables}, "eni": {"eni": other.id}}


def each(option, parameters):
    """The option once for each parameter."""
    return [word for name, value in parameters.items() for word in (option, f"{name}={value}")]


def test_metadata(pair):
    """They are as the resource agents' own document type wants them."""
    schema, = run("find", pair.db1.path("/usr/share/resource-agents"), "-name",
                  "ra-api-1.dtd").stdout.split()
    for agent in ("overlay-ip", "eni"):
        shown = pair.db1.run("crm_resource", "--show-metadata", f"ocf:myha:{agent}").stdout
        assert f'<resource-agent name="{agent}"' in shown
        run("xmllint", "--noout", "--dtdvalid", schema, "-", input=shown)
        pair.db1.run("crm", "ra", "info", f"ocf:myha:{agent}")


def test_tester(pair):
    """ocf-tester starts, stops and monitors in each order that a cluster may."""
    for agent, parameters in agents(pair).items():
        told = pair.db2.run("ocf-tester", "-n", f"tester_{agent}", *each("-o", parameters),
                            f"/usr/lib/ocf/resource.d/myha/{agent}", check=False, timeout=120)
        assert told.returncode == 0, told.stdout + told.stderr
        assert f"/usr/lib/ocf/resource.d/myha/{agent} passed all tests" in told.stdout


@pytest.mark.long
def test_validation(pair):
    """crm_resource lets the agent check the parameters of a resource that does not exist yet."""
    for agent, parameters in agents(pair).items():
        pair.db1.run("crm_resource", "--validate", "--class", "ocf", "--provider", "myha",
                     "--agent", agent, *each("--option", parameters))
