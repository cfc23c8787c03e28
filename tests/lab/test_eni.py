# SPDX-License-Identifier: Apache-2.0
"""ENI commands against the lab's EC2: interfaces move between nodes, and packets follow them."""

import json
import subprocess
import time

import pytest

from lab.cloud import Lag
from lab.client import Service
from lab.effort import rounds
from lab.node import POLICY_ETH1
from lab.scene import SERVICE


@pytest.fixture
def pair(scene):
    return scene.service_pair()


def moved(node, *arguments):
    """The seconds that a move took, which went well."""
    start = time.monotonic()
    done = node.myha("eni", "move", SERVICE, *arguments)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - start


def test_to_and_fro(scene, installed, pair):
    """The client gets replies from the node that has it, after every move; nothing is left behind."""
    eni, client = scene.service_eni(), scene.client()
    moved(pair[0])
    for number in range(rounds(installed, 200)):
        node, other = pair[(number + 1) % 2], pair[number % 2]
        moved(node)
        if number % 10 == 0:
            assert client.ask(SERVICE) == node.name, number
        other.myha("detach", "eth1", check=True)
        assert "10.0.1.0/24" not in other.run("ip", "rule").stdout, number
    assert eni.status == "in-use"


def test_here_already(scene, pair):
    """The second run reads, and changes nothing; not in EC2 and not on the host."""
    scene.service_eni()
    moved(pair[0])
    before, _ = pair[0].view(), scene.ec2.requests()
    moved(pair[0])
    assert pair[0].view() == before
    assert {one["action"] for one in scene.ec2.requests()} <= \
        {"DescribeNetworkInterfaces", "DescribeInstances"}


def test_as_soon_as_ec2_lets(installed, scene, pair):
    """With EC2's usual delays a move takes the sum of them and what this machine needs for one without
    delays. Twice that is allowed: a move that polls less and less often would need more."""
    eni, delays, needed, spent = scene.service_eni(), scene.ec2.engine.delays, [], []
    moved(pair[0])
    for _ in range(max(rounds(installed, 4), 2)):
        delays.detach, delays.attach, delays.imds = 2, 1.5, Lag(mac=1)
        spent.append(moved(pair[1]))
        delays.detach, delays.attach, delays.imds = 0, 0, Lag()
        needed.append(moved(pair[0]))
    print("moved in", ", ".join(f"{seconds:.2f} s" for seconds in spent), "; without delays in",
          ", ".join(f"{seconds:.2f} s" for seconds in needed))
    assert eni.status == "in-use"
    assert min(spent) >= 3.5
    assert min(spent) < 2 * (2 + 1.5 + 1 + min(needed))


def test_what_cannot_work_is_refused_before_anything_is_changed(scene, pair):
    other_zone = scene.cloud.create_eni(scene.second, ["10.0.16.77"])
    cases = [("10.0.16.77", "eu-central-1b"), (pair[1].eth0.ipv4s[0], "primary"),
             ("10.0.1.99", "there is no ENI with the address 10.0.1.99")]
    scene.ec2.requests()
    for address, words in cases:
        done = pair[0].myha("eni", "move", address)
        assert done.returncode == 1 and words in done.stderr, done.stderr
        assert done.stderr.count("\n") == 1
    assert {one["action"] for one in scene.ec2.requests()} <= \
        {"DescribeNetworkInterfaces", "DescribeInstances"}
    assert other_zone.status == "available"


def test_a_dry_run_prints_what_is_then_done(scene, pair):
    eni = scene.service_eni()
    moved(pair[0])
    scene.ec2.requests()
    done = pair[1].myha("eni", "move", SERVICE, "--dry-run")
    attachment = eni.attachment
    assert done.returncode == 3
    assert done.stdout == (
        f"aws ec2 detach-network-interface --attachment-id {attachment}\n"
        f"aws ec2 attach-network-interface --network-interface-id {eni.id} "
        f"--instance-id {pair[1].instance.id} --device-index 1\n")
    assert {one["action"] for one in scene.ec2.requests()} <= \
        {"DescribeNetworkInterfaces", "DescribeInstances", "AttachNetworkInterface"}
    assert eni.attachment == attachment and eni.attachment_status == "attached"


def test_create_list_show_detach(scene, pair):
    node = pair[0]
    create = ("eni", "create", "--subnet", scene.service.id, "--address", SERVICE, "--description",
              "SAP ASCS", "--tag", "Name=ascs", "--client-token", "once")
    scene.ec2.requests()
    shown = node.myha(*create, "--dry-run")
    assert (shown.returncode, shown.stdout) == (3, (
        f"aws ec2 create-network-interface --subnet-id {scene.service.id} --private-ip-addresses "
        f"Primary=true,PrivateIpAddress={SERVICE} --description 'SAP ASCS' --tag-specifications "
        "'ResourceType=network-interface,Tags=[{Key=Name,Value=ascs}]' --client-token once\n"))
    assert scene.ec2.requests() == []
    made = node.myha(*create)
    assert made.returncode == 0, made.stderr
    name = made.stdout.strip()
    assert node.myha(*create).stdout.strip() == name, "the token made a second one"
    assert node.myha("eni", "show", SERVICE).stdout.startswith(f"eni               {name}\n")
    listed = json.loads(node.myha("eni", "list", "--tag", "Name=ascs", "--json").stdout)["enis"]
    assert [one["eni"] for one in listed] == [name]
    assert listed[0]["addresses"] == [SERVICE] and listed[0]["status"] == "available"
    moved(node)
    refused = pair[1].myha("eni", "detach", name)
    assert refused.returncode == 1 and node.instance.id in refused.stderr
    assert node.myha("eni", "detach", name).returncode == 0
    again = json.loads(node.myha("eni", "list", "--status", "available", "--json").stdout)["enis"]
    assert [one["eni"] for one in again] == [name]
    assert node.myha("eni", "detach", name).returncode == 0, "it is detached already"


def test_an_address_moves(scene, pair):
    """A secondary address of the primary ENIs, and a client that asks for it."""
    client, address = scene.client(), "10.0.0.100"
    for node in pair:
        Service(node, address)
    for node in (*pair, pair[0]):
        done = node.myha("address", "move", address)
        assert done.returncode == 0, done.stderr
        assert client.ask(address) == node.name
    refused = pair[0].myha("address", "move", pair[1].eth0.ipv4s[0])
    assert refused.returncode == 1 and "primary" in refused.stderr
    assert client.ask(address) == pair[0].name


def test_on_booted_nodes_a_client_is_away_for_the_move_alone(scene):
    """udev's unit and the command work on the same interface at the same time."""
    nodes = scene.system_node("db1"), scene.system_node("db2")
    scene.introduce(*nodes)
    eni, client = scene.service_eni(), scene.client()
    for node in nodes:
        node.set_policy(POLICY_ETH1)
        node.boot()
        Service(node, SERVICE)
    for node in (*nodes, nodes[0]):
        done = node.myha("eni", "move", SERVICE)
        assert done.returncode == 0, done.stderr
        assert client.ask(SERVICE) == node.name
        node.wait_for_unit("myha@eth1.service")
    nodes[1].wait_for_unit("myha@eth1.service", "inactive")
    assert eni.instance == nodes[0].instance.id


def test_a_killed_move_is_finished_by_the_next_one(scene, pair):
    eni = scene.service_eni()
    moved(pair[0])
    scene.ec2.engine.delays.detach = scene.ec2.engine.delays.attach = 0.2
    for delay in (0.02, 0.1, 0.25, 0.4):
        process = subprocess.Popen(
            [*map(str, pair[1].command(pair[1].install.program, "eni", "move", SERVICE))],
            stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.kill()
        process.wait()
        moved(pair[1])
        assert "from 10.0.1.0/24 lookup" in pair[1].run("ip", "rule").stdout
        moved(pair[0])
        pair[1].myha("detach", "eth1", check=True)
    assert eni.status == "in-use"
