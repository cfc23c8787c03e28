# SPDX-License-Identifier: Apache-2.0
"""A change of the lab's EC2 moves packets in the lab's VPC, and interfaces of its nodes."""

import time

import botocore.config
import botocore.session
import pytest

from lab.client import Service, Watch
from lab.host import LabError, wait_for
from lab.scene import OVERLAY, OVERLAY6

FAMILIES = [(OVERLAY, 32, "DestinationCidrBlock"), (OVERLAY6, 128, "DestinationIpv6CidrBlock")]


@pytest.fixture
def ec2(scene):
    """botocore's client; the API is in the VPC, and for it on this machine too."""
    port = scene.ec2.listen("127.0.0.1", 0)
    user = scene.cloud.create_user("tester")
    return botocore.session.Session().create_client(
        "ec2", region_name="eu-central-1", endpoint_url=f"https://127.0.0.1:{port}",
        verify=str(scene.ec2.authority.bundle), aws_access_key_id=user.access_key,
        aws_secret_access_key=user.secret_key,
        config=botocore.config.Config(retries={"total_max_attempts": 1}))


def place(node, address, length):
    node.run("ip", "address", "add", f"{address}/{length}", "dev", "lo")


def let_through(ec2, *nodes):
    for node in nodes:
        ec2.modify_network_interface_attribute(NetworkInterfaceId=node.eth0.id,
                                               SourceDestCheck={"Value": False})


@pytest.mark.parametrize("address, length, key", FAMILIES)
def test_packets_follow_the_route(scene, ec2, address, length, key):
    """To a node in each zone, by both tables; not past a source/destination check."""
    client, nodes = scene.client(), scene.overlay_pair()
    for node in nodes:
        place(node, address, length)
        Service(node, address)
    assert client.ask(address, timeout=1) is None
    named = {"RouteTableId": scene.client_table.id, key: f"{address}/{length}"}
    ec2.create_route(**named, NetworkInterfaceId=nodes[0].eth0.id)
    assert client.ask(address, timeout=0.3) is None, "the check does not drop"
    let_through(ec2, *nodes)
    # Neighbours over IPv6 are not there before the link-local address has been checked.
    wait_for(lambda: client.ask(address) == "db1", "a reply")
    for node in (nodes[1], nodes[0], nodes[1]):
        ec2.replace_route(**named, NetworkInterfaceId=node.eth0.id)
        assert client.ask(address) == node.name
    # The other table, which the nodes use, has no such route; what is inside the VPC stays there.
    table, = ec2.describe_route_tables(RouteTableIds=[scene.main_table.id])["RouteTables"]
    assert len(table["Routes"]) == 2
    ec2.delete_route(**named)
    assert client.ask(address, timeout=0.3) is None


def test_the_check_is_for_both_directions(scene, ec2):
    """A reply from a foreign address is lost while the sender's check is on."""
    client, (node, _) = scene.client(), scene.overlay_pair()
    place(node, OVERLAY, 32)
    Service(node, OVERLAY)
    scene.vpc.router.run("ip", "route", "add", f"{OVERLAY}/32", "via", node.eth0.ipv4s[0],
                         "dev", scene.vpc.link_of(node.eth0), "onlink")
    assert client.ask(OVERLAY, timeout=0.3) is None
    let_through(ec2, node)
    assert client.ask(OVERLAY) == "db1"


def test_a_client_follows_a_route_at_once(scene, ec2):
    """A client that asks every 10 ms: no question that begins after the change is for the old node."""
    client, nodes = scene.client(), scene.overlay_pair()
    for node in nodes:
        place(node, OVERLAY, 32)
        Service(node, OVERLAY)
    let_through(ec2, *nodes)
    named = {"RouteTableId": scene.client_table.id, "DestinationCidrBlock": f"{OVERLAY}/32"}
    ec2.create_route(**named, NetworkInterfaceId=nodes[0].eth0.id)
    with Watch(client, OVERLAY, lambda: None) as watch:
        wait_for(lambda: watch.replies, "a reply")
        ec2.replace_route(**named, NetworkInterfaceId=nodes[1].eth0.id)
        changed = time.monotonic()
        wait_for(lambda: watch.replies[-1][1] == "db2", "a reply from db2")
    print(f"away for {1000 * watch.away(*nodes):.0f} ms, {len(watch.replies)} replies")
    assert [who for _, who in watch.replies] == sorted(who for _, who in watch.replies)
    assert {who for at, who in watch.replies if at > changed} <= {"db2"}


def test_an_interface_moves_between_nodes(scene, ec2):
    """Attach and detach are what the nodes see, and IMDS tells."""
    nodes = scene.bare_node("db1"), scene.bare_node("db2")
    eni = scene.service_eni()
    scene.ec2.engine.delays.attach = scene.ec2.engine.delays.detach = 0.1
    before = nodes[0].view()
    for number, node in enumerate((*nodes, nodes[0])):
        start = time.monotonic()
        attachment = ec2.attach_network_interface(
            NetworkInterfaceId=eni.id, InstanceId=node.instance.id, DeviceIndex=1)["AttachmentId"]
        wait_for(lambda: f"link eth1 down mtu 9001 {eni.mac}" in node.view(), "eth1")
        assert time.monotonic() - start >= 0.1
        if number == 2:
            break
        ec2.detach_network_interface(AttachmentId=attachment)
        wait_for(lambda: eni.status == "available", "the detach")
        assert node.view() == before or node is not nodes[0]
    with pytest.raises(LabError):
        nodes[1].run("ip", "link", "show", "eth1")


def test_an_address_moves_between_interfaces(scene, ec2):
    """AllowReassignment takes it from the one and gives it to the other."""
    client = scene.client()
    nodes = scene.bare_node("db1"), scene.bare_node("db2")
    address = "10.0.0.100"
    for node in nodes:
        place(node, address, 32)
        Service(node, address)
    for node in (*nodes, nodes[0]):
        ec2.assign_private_ip_addresses(NetworkInterfaceId=node.eth0.id, AllowReassignment=True,
                                        PrivateIpAddresses=[address])
        assert client.ask(address) == node.name


def test_a_node_that_is_stopped(scene, ec2):
    """Its route becomes a black hole."""
    _, node = scene.overlay_pair()
    let_through(ec2, node)
    named = {"RouteTableId": scene.main_table.id, "DestinationCidrBlock": f"{OVERLAY}/32"}
    ec2.create_route(**named, NetworkInterfaceId=node.eth0.id)
    ec2.stop_instances(InstanceIds=[node.instance.id])
    wait_for(lambda: not node.running and node.instance.state == "stopped", "the stop")
    table, = ec2.describe_route_tables(RouteTableIds=[scene.main_table.id])["RouteTables"]
    assert table["Routes"][-1]["State"] == "blackhole"


WHO_AM_I = """
import botocore.session
session = botocore.session.Session()
print(session.create_client("sts", region_name="eu-central-1").get_caller_identity()["Arn"])
print(len(session.create_client("ec2", region_name="eu-central-1").describe_route_tables()
          ["RouteTables"]))
"""


def test_a_node_finds_the_api_by_its_name(scene):
    """And trusts it, over both families; with the keys that IMDS gives it is let in."""
    node, _ = scene.overlay_pair()
    for name in ("ec2.eu-central-1.amazonaws.com", "sts.eu-central-1.amazonaws.com",
                 "[2001:db8:1234:ff::254]"):
        told = node.run("openssl", "s_client", "-brief", "-verify_return_error", "-CApath",
                        "/etc/ssl/certs", "-connect", f"{name}:443", input="")
        assert "Verification: OK" in told.stderr
    told = node.run("env", "-i", "HOME=/nowhere", "AWS_STS_REGIONAL_ENDPOINTS=regional",
                    f"AWS_CA_BUNDLE={scene.ec2.authority.bundle}",
                    "/usr/bin/python3", "-c", WHO_AM_I)
    assert told.stdout == "arn:aws:sts::111122223333:assumed-role/myha-node/" \
        f"{node.instance.id}\n2\n"
