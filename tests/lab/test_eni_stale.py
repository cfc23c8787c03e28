# SPDX-License-Identifier: Apache-2.0
"""ENIs and secondary addresses while EC2 shows what was before, and without leave to attach: what is said
to be done is done, and nothing is taken from a node that another one may not have."""

import json

import pytest

from lab.client import Service
from lab.host import wait_for
from lab.scene import SERVICE

ADDRESS = "10.0.0.100"


@pytest.fixture
def pair(scene):
    return scene.service_pair()


def good(node, *arguments):
    done = node.myha(*arguments)
    assert done.returncode == 0, done.stderr
    return done


def perform(scene, action, **arguments):
    """An action of another principal."""
    scene.ec2.engine.perform(scene.cloud.create_user("operator"), "ec2", action, arguments)


def actions(scene):
    return [one["action"] for one in scene.ec2.requests()]


@pytest.mark.parametrize("age", [0.3, 1, 2.5, 5])
def test_an_eni_moves_though_reads_are_old(scene, pair, age):
    """There and back, at once after another: each move ends when the ENI is where it was wanted."""
    eni, client = scene.service_eni(), scene.client()
    scene.ec2.engine.consistency = age
    for node, other in (pair, pair[::-1], pair):
        good(node, "--timeout", "60", "eni", "move", SERVICE)
        assert eni.instance == node.instance.id
        assert client.ask(SERVICE) == node.name
        other.myha("detach", "eth1", check=True)


def test_reads_older_than_the_deadline_leave_the_end_unknown(scene, pair):
    """Exit 5 names the request that EC2 accepted, and the state that it shows."""
    eni = scene.service_eni()
    good(pair[0], "eni", "move", SERVICE)
    scene.ec2.engine.consistency = 3600
    done = pair[1].myha("--timeout", "10", "eni", "move", eni.id)
    assert done.returncode == 5
    assert "EC2 accepted the detachment from " + pair[0].instance.id + \
        ", but still shows the ENI there" in done.stderr


def test_an_eni_that_came_a_moment_ago_is_moved_and_detached(scene, pair):
    """A read is compared with the host, which has no link, or has one."""
    eni = scene.service_eni()
    good(pair[0], "eni", "move", SERVICE)
    scene.ec2.engine.consistency = 2
    perform(scene, "DetachNetworkInterface", AttachmentId=eni.attachment)
    wait_for(lambda: "eth1" not in pair[0].run("ip", "-br", "link").stdout, "eth1 to go")
    good(pair[0], "--timeout", "60", "eni", "move", SERVICE)
    assert eni.instance == pair[0].instance.id
    good(pair[0], "--timeout", "60", "eni", "detach", SERVICE)
    assert eni.status == "available"


def test_an_eni_that_was_made_a_moment_ago(scene, pair):
    scene.ec2.engine.consistency = 2.5
    made = good(pair[0], "--timeout", "60", "eni", "create", "--subnet", scene.service.id)
    assert made.stdout.strip() in scene.cloud.enis


@pytest.mark.parametrize("age", [0.3, 2, 5])
def test_an_address_moves_though_reads_are_old(scene, pair, age):
    client = scene.client()
    for node in pair:
        Service(node, ADDRESS)
    scene.ec2.engine.consistency = age
    for node in (*pair, pair[0]):
        good(node, "--timeout", "60", "address", "move", ADDRESS)
        assert ADDRESS in node.eth0.ipv4s
        assert client.ask(ADDRESS) == node.name


def test_an_address_that_another_node_took_a_moment_ago_is_not_here(scene, pair):
    """A read that is older than that shows it here: it is read again, and moved."""
    client = scene.client()
    Service(pair[0], ADDRESS)
    good(pair[0], "address", "move", ADDRESS)
    scene.ec2.engine.consistency = 2
    perform(scene, "AssignPrivateIpAddresses", NetworkInterfaceId=pair[1].eth0.id,
            PrivateIpAddresses=[ADDRESS], AllowReassignment=True)
    good(pair[0], "--timeout", "60", "address", "move", ADDRESS)
    assert ADDRESS in pair[0].eth0.ipv4s and client.ask(ADDRESS) == "db1"


def allow(*names):
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": [f"ec2:{name}" for name in names], "Resource": "*"}]}


@pytest.mark.parametrize("by", ["id", "address"])
def test_a_node_that_may_not_attach_does_not_detach(scene, pair, by):
    """The ENI stays where it is, and exit 4 says what IAM does not permit."""
    eni = scene.service_eni()
    good(pair[0], "eni", "move", SERVICE)
    scene.ec2.engine.iam.policies["myha-node"] = [
        allow("DescribeNetworkInterfaces", "DescribeInstances", "DetachNetworkInterface")]
    attachment, _ = eni.attachment, scene.ec2.requests()
    for more in ((), ("--dry-run",)):
        done = pair[1].myha("eni", "move", eni.id if by == "id" else SERVICE, *more)
        assert "DetachNetworkInterface" not in actions(scene)
        assert eni.attachment == attachment and eni.instance == pair[0].instance.id
        assert done.returncode == 4, done.stderr
        assert f"IAM does not permit ec2:AttachNetworkInterface on {eni.id}" in done.stderr


def test_leave_to_attach_is_asked_for_beside_the_first_read(scene, pair):
    """It costs no round trip: by id it goes out with the reads, and by address alone."""
    eni = scene.service_eni()
    good(pair[0], "eni", "move", SERVICE)
    scene.ec2.requests()
    good(pair[1], "eni", "move", eni.id)
    made = [one for one in actions(scene) if not one.startswith("Describe")]
    assert made == ["AttachNetworkInterface", "DetachNetworkInterface", "AttachNetworkInterface"]


def test_json_of_a_refused_move_has_the_eni(scene, pair):
    """An instance's primary ENI cannot be moved: what is told is which one it is."""
    done = pair[0].myha("eni", "move", pair[1].eth0.ipv4s[0], "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["eni"]["eni"] == pair[1].eth0.id
    assert told["eni"]["attachment"]["instance"] == pair[1].instance.id
    assert told["before"] == pair[1].instance.id and told["state"] == "failed"


def test_json_of_what_was_not_found_has_no_eni(scene, pair):
    done = pair[0].myha("eni", "move", "10.0.1.99", "--json")
    assert done.returncode == 1 and json.loads(done.stdout)["eni"] is None
