# SPDX-License-Identifier: Apache-2.0
"""A real cluster of two nodes in two zones, with fencing, that manages an overlay address.

In no test do two nodes reply at once: clients in both zones send a request every 10 ms, and the node that replied is
compared as a whole.
"""

import json
import time

import pytest
from cluster_fixtures import INTERVAL, overlay_pair, tell

from lab.cloud import Route
from lab.cluster import AWSCLI
from lab.effort import rounds
from lab.host import LATE, PATIENCE, Host, wait_for
from lab.netlink import Monitor
from lab.scene import OVERLAY, Scene
from lab.shared import shared_fixture

RESOURCE = "ip_sapascs"
DUMMY_STATE = "/run/Dummy-measure.state"


def make_pair(scene):
    pair = overlay_pair(scene)
    pair.configure("overlay")
    return pair


shared_pair = shared_fixture(make_pair)


def test_standby(pair):
    """Before a patch: the address goes with the resource, there and back."""
    with pair.replies() as replies:
        replies.wait_for(pair.db1)
        pair.cluster.standby(pair.db1)
        replies.wait_for(pair.db2)
        pair.cluster.standby(pair.db1, on=False)
        pair.cluster.settle()
        pair.cluster.standby(pair.db2)
        replies.wait_for(pair.db1)
    assert replies.path() == ["db1", "db2", "db1"]
    tell("away at a standby", replies.outages())


def started_dummy(node):
    """When the dummy resource was started on the node; 0: it is not."""
    try:
        return node.path(DUMMY_STATE).stat().st_mtime
    except FileNotFoundError:
        return 0


def test_the_node_dies(pair):
    """Fenced, and taken over, in a time that is compared with what the cluster itself needs for a
    resource that does nothing."""
    pair.cluster.configure("primitive measure ocf:pacemaker:Dummy",
                           f"colocation measure_there inf: measure {RESOURCE}")
    pair.cluster.wait_for("measure", pair.db1)
    assert started_dummy(pair.db2) == 0
    with pair.replies() as replies:
        replies.wait_for(pair.db1)
        wall, died = time.time(), time.monotonic()
        pair.db1.power_off()
        replies.wait_for(pair.db2)
        wait_for(lambda: started_dummy(pair.db2), "the dummy on db2")
    assert replies.path() == ["db1", "db2"]
    assert pair.db1.instance.state == "stopped"
    ours, cluster = replies.first(pair.db2, died) - died, started_dummy(pair.db2) - wall
    tell("from the death to the first reply, and to the start of a dummy", (ours, cluster))
    pair.cluster.back(pair.db1)
    pair.cluster.crm("--force", "configure", "delete", "measure")
    assert ours <= 2 * cluster + LATE


def test_the_nodes_lose_sight_of_each_other(pair):
    """One shoots the other; which one, the delay of its fencing decides."""
    pair.cluster.move(RESOURCE, pair.db2)
    pair.cluster.settle()
    with pair.replies() as replies:
        replies.wait_for(pair.db2)
        pair.cluster.cut()
        try:
            replies.wait_for(pair.db1)
        finally:
            pair.cluster.cut(heal=True)
        assert pair.db2.instance.state == "stopped" and pair.db1.instance.state == "running"
        pair.cluster.back(pair.db2)
    assert replies.path() == ["db2", "db1"]
    tell("away while the nodes were cut off from each other", replies.outages())


def deleted_addresses(monitor):
    return [event for event in monitor.events if event.type == "deladdr"]


def is_starting(node):
    return node.run("pgrep", "-f", "myha ocf overlay-ip start", check=False).stdout


def test_ec2_is_away_as_it_starts(pair):
    with pair.replies() as replies:
        replies.wait_for(pair.db1)
        pair.ec2.off()
        pair.cluster.standby(pair.db1)
        wait_for(lambda: is_starting(pair.db2), "a start on db2", interval=0.05)
        time.sleep(3)
        pair.ec2.on()
        back = time.monotonic()
        replies.wait_for(pair.db2)
    assert replies.path() == ["db1", "db2"]
    tell("from EC2's return to the first reply", [replies.first(pair.db2, back) - back])


@pytest.mark.long
def test_ec2_is_away_for_longer_than_a_start_may_take(pair):
    """The start fails, and is tried again until it succeeds; no cleanup is needed."""
    with pair.replies() as replies:
        replies.wait_for(pair.db1)
        pair.ec2.off()
        pair.cluster.standby(pair.db1)
        wait_for(pair.cluster.failures, "a failure", 2 * PATIENCE, 0.2)
        pair.ec2.on()
        replies.wait_for(pair.db2)
    assert replies.path() == ["db1", "db2"]


def test_ec2_is_away_as_it_stops(pair):
    """Stopping needs the kernel alone."""
    pair.ec2.off()
    pair.cluster.crm("resource", "stop", RESOURCE)
    try:
        wait_for(lambda: OVERLAY not in pair.db1.run("ip", "address").stdout, "the address to go")
        pair.cluster.settle()
        assert pair.cluster.where(RESOURCE) is None and pair.cluster.failures() == []
    finally:
        pair.ec2.on()
        pair.cluster.crm("resource", "start", RESOURCE)
        pair.cluster.wait_for(RESOURCE, pair.db1)


@pytest.mark.parametrize("what", ["ec2", "imds"])
def test_a_refresh_while_ec2_or_its_metadata_are_away(pair, what):
    """The cluster probes for what runs, and lets it run."""
    service = pair.ec2 if what == "ec2" else pair.scene.vpc.imds
    with Monitor(pair.db1.pid) as monitor, pair.replies() as replies:
        replies.wait_for(pair.db1)
        service.off()
        try:
            pair.db1.run("crm_resource", "--refresh", "--resource", RESOURCE)
            pair.cluster.settle()
            assert pair.cluster.where(RESOURCE) == "db1"
            # Each is shown as degraded, the probe first.
            assert any(line.startswith(f"{RESOURCE}_monitor_0 on db1")
                       for line in pair.cluster.failures(degraded=True))
        finally:
            service.on()
    assert replies.path() == ["db1"] and deleted_addresses(monitor) == []


OTHER = "192.168.10.77"


def test_a_bridge_with_a_network_around_the_address(pair):
    """As Docker's: what runs goes on, can be stopped and started, and no node is fenced for it."""
    tables = ",".join(table.id for table in pair.scene.route_tables)
    pair.cluster.configure(
        f"primitive ip_other ocf:myha:overlay-ip params ip={OTHER} routing_table={tables} "
        "op start timeout=60 interval=0 op stop timeout=20 interval=0",
        "location other_here ip_other inf: db1")
    pair.cluster.wait_for("ip_other", pair.db1)
    pair.db1.run("ip", "link", "add", "br-1", "type", "bridge")
    pair.db1.run("ip", "address", "add", "192.168.0.1/20", "dev", "br-1")
    try:
        with Monitor(pair.db1.pid) as monitor:
            pair.db1.run("crm_resource", "--refresh", "--resource", "ip_other")
            pair.cluster.settle()
            assert pair.cluster.where("ip_other") == "db1" and deleted_addresses(monitor) == []
        pair.cluster.crm("resource", "stop", "ip_other")
        pair.cluster.settle()
        assert OTHER not in pair.db1.run("ip", "address").stdout
        pair.cluster.crm("resource", "start", "ip_other")
        pair.cluster.wait_for("ip_other", pair.db1)
        assert pair.cluster.failures() == []
    finally:
        pair.cluster.crm("--force", "configure", "delete", "other_here", "ip_other")
        pair.db1.run("ip", "link", "del", "br-1")
    assert all(node.running for node in pair.nodes)


@pytest.mark.parametrize("parameters", [
    "overlay-ip", "overlay-ip params ip=127.0.0.1", "overlay-ip params name=a/b",
    "overlay-ip params ip=OWN routing_table=TABLES", "eni", "eni params ip=garbage"])
def test_a_resource_with_wrong_parameters(pair, parameters):
    """Its start fails, and nothing else happens: no node is fenced, and what runs goes on."""
    tables = ",".join(table.id for table in pair.scene.route_tables)
    parameters = parameters.replace("OWN", pair.db1.eth0.ipv4s[0]).replace("TABLES", tables)
    with Monitor(pair.db1.pid) as monitor, pair.replies() as replies:
        replies.wait_for(pair.db1)
        pair.cluster.configure(f"primitive wrong ocf:myha:{parameters} "
                               "op start timeout=60 interval=0 op stop timeout=20 interval=0")
        try:
            wait_for(pair.cluster.failures, "the start to fail", interval=0.1)
            pair.cluster.settle()
            assert {line.split()[0] for line in pair.cluster.failures()} == {"wrong_start_0"}
            assert pair.cluster.where("wrong") is None
        finally:
            pair.cluster.crm("--force", "configure", "delete", "wrong")
            pair.cluster.forget_failures()
        pair.cluster.settle()
        assert all(node.running for node in pair.nodes)
        assert pair.cluster.where(RESOURCE) == "db1"
    assert replies.path() == ["db1"] and deleted_addresses(monitor) == []


@pytest.mark.long
@pytest.mark.parametrize("fault", ["away", "throttled", "denied"])
def test_ec2_fails_a_monitor(pair, fault):
    """A running resource continues to run."""
    with Monitor(pair.db1.pid) as monitor, pair.replies() as replies:
        replies.wait_for(pair.db1)
        if fault == "away":
            pair.ec2.off()
        elif fault == "throttled":
            pair.ec2.faults.throttle([{"action": "*", "capacity": 0, "refill": 0.001}])
        else:
            pair.ec2.faults.set([{"kind": "error", "action": "DescribeRouteTables", "status": 403,
                                  "code": "UnauthorizedOperation"}])
        time.sleep(3 * INTERVAL + 1)
        assert pair.cluster.where(RESOURCE) == "db1"
        pair.ec2.on()
        pair.ec2.faults.throttle([])
        pair.ec2.faults.set([])
    assert replies.path() == ["db1"] and deleted_addresses(monitor) == []


@pytest.mark.long
def test_throttled_as_it_moves(pair):
    with pair.replies() as replies:
        replies.wait_for(pair.db1)
        pair.ec2.faults.throttle([{"action": "*", "capacity": 1, "refill": 2}])
        pair.cluster.standby(pair.db1)
        replies.wait_for(pair.db2)
    assert replies.path() == ["db1", "db2"]
    tell("away where EC2 takes two requests a second", replies.outages())


@pytest.mark.long
def test_credentials_have_expired(pair):
    """Of the node that is to take over; IMDS gives new ones after a while."""
    cloud, vpc = pair.scene.cloud, pair.scene.vpc
    cloud.renew(pair.db2.instance, seconds=-60)
    vpc.publish()
    with pair.replies() as replies:
        replies.wait_for(pair.db1)
        pair.cluster.standby(pair.db1)
        wait_for(lambda: is_starting(pair.db2), "a start on db2", interval=0.05)
        time.sleep(2)
        cloud.renew(pair.db2.instance)
        vpc.publish()
        replies.wait_for(pair.db2)
    assert replies.path() == ["db1", "db2"]


def test_a_route_is_stolen(pair):
    """By hand; the next monitor notices, and it is taken back."""
    scene = pair.scene
    with pair.replies() as replies:
        replies.wait_for(pair.db1)
        stolen = time.monotonic()
        for table in scene.route_tables:
            table.routes[f"{OVERLAY}/32"] = Route(f"{OVERLAY}/32", pair.db2.eth0.id)
        scene.vpc.sync_routes()
        wait_for(lambda: all(table.routes[f"{OVERLAY}/32"].target == pair.db1.eth0.id
                             for table in scene.route_tables), "the routes to be back")
        back = time.monotonic() - stolen
        pair.cluster.settle()
        replies.wait_for(pair.db1)
    assert replies.path() == ["db1"]
    tell("from the theft to the routes' being back", [back])


def test_check_sees_the_cluster(pair):
    """A resource for an overlay that the policy file leaves to a boot is found; as it is, nothing is."""
    policy = pair.db1.path("/etc/myha/policy.yaml").read_text()

    def found():
        told = json.loads(pair.db1.myha("check", "--json").stdout)
        return [one["what"] for area in told["areas"] for one in area["findings"]
                if one["id"] == "cluster-manages-overlay"]

    assert found() == []
    pair.db1.set_policy(policy.replace(", managed-by: cluster", ""))
    try:
        assert found() == [
            "Pacemaker resource ip_sapascs (overlay-ip) and myha boot both manage the address of overlay "
            "sapascs: a boot can place the address on this host while the cluster runs the resource on "
            "another node"]
    finally:
        pair.db1.set_policy(policy)


def test_to_and_fro(installed, pair):
    moves = rounds(installed, 100)
    with pair.replies() as replies:
        replies.wait_for(pair.db1)
        for number in range(moves):
            node = pair.nodes[(number + 1) % 2]
            pair.cluster.move(RESOURCE, node)
            replies.wait_for(node)
    assert replies.path() == ["db1", *(("db2", "db1") * moves)[:moves]]
    assert pair.cluster.failures() == []
    times = sorted(replies.outages())
    tell(f"away at {moves} moves: shortest, median, longest",
         (times[0], times[len(times) // 2], times[-1]))


@pytest.mark.long
def test_coming_from_another_agent(installed):
    """A resource of ocf:heartbeat:aws-vpc-move-ip becomes ours as the manual says, and the way back;
    the address stays on its node and the client gets replies all the time."""
    with Host() as host:
        scene = Scene(host, installed)
        pair = overlay_pair(scene, AWSCLI)
        tables = ",".join(table.id for table in scene.route_tables)
        for node in pair.nodes:
            node.write("/root/lab.pem", scene.ec2.authority.bundle.read_text())
            node.write("/root/.aws/config",
                       "[default]\nregion = eu-central-1\nca_bundle = /root/lab.pem\n")
        pair.db1.myha("overlay", "create", "sapascs", check=True)
        pair.cluster.configure(
            "property start-failure-is-fatal=false",
            f"primitive {RESOURCE} ocf:heartbeat:aws-vpc-move-ip params ip={OVERLAY} "
            f"routing_table={tables} interface=eth0 monapi=false awscli=/usr/bin/aws "
            "op start timeout=180 interval=0 op stop timeout=180 interval=0 "
            "op monitor timeout=60 interval=20")
        pair.cluster.wait_for(RESOURCE, pair.db1)
        with Monitor(pair.db1.pid) as monitor, pair.replies() as replies:
            replies.wait_for(pair.db1)
            pair.configure("migration")
            assert "ocf:myha:overlay-ip" in pair.cluster.crm("configure", "show", RESOURCE).stdout
            pair.cluster.wait_for(RESOURCE, pair.db1)
        assert replies.path() == ["db1"] and deleted_addresses(monitor) == []
        with pair.replies() as replies:
            replies.wait_for(pair.db1)
            pair.cluster.standby(pair.db1)
            replies.wait_for(pair.db2)
        assert replies.path() == ["db1", "db2"] and pair.cluster.failures() == []
