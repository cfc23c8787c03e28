# SPDX-License-Identifier: Apache-2.0
"""Secondary addresses on their hosts: metadata that are older than EC2's API undo nothing, and an address
is taken off a host by its name."""

import contextlib
import json
import subprocess
import threading

import pytest

from lab.host import wait_for
from lab.node import POLICY_ETH1
from lab.scene import OVERLAY

ADDRESS, ON_ETH0 = "10.0.1.50", "10.0.0.50"


@pytest.fixture
def pair(scene):
    """Two nodes with an ENI each in the service's subnet, which the policy lists and is attached."""
    nodes = scene.bare_node("db1"), scene.bare_node("db2")
    scene.introduce(*nodes)
    for number, node in enumerate(nodes):
        node.set_policy(POLICY_ETH1)
        node.hot_attach(scene.service_eni(f"10.0.1.1{number}"))
        node.myha("attach", "eth1", check=True)
    return nodes


def has_address(node, address=ADDRESS):
    return f" {address}/" in node.run("ip", "-br", "-4", "address").stdout


@contextlib.contextmanager
def metadata_stand_still(scene):
    """EC2's metadata do not show changes by its API."""
    scene.vpc.publish, publish = lambda: None, scene.vpc.publish
    try:
        yield
    finally:
        scene.vpc.publish = publish


def move(node, *more):
    done = node.myha("address", "move", ADDRESS, "--interface", "eth1", *more)
    assert done.returncode == 0, done.stderr


def let_a_minute_pass(node):
    """In the record, which is what tells how old a change is."""
    path = "/run/myha/eth1.json"
    record = json.loads(node.run("cat", path).stdout)
    for change in record["changes"]:
        change["at"] -= 60000
    node.run("sh", "-c", f"cat > {path}", input=json.dumps(record))


@pytest.mark.parametrize("by", [("attach", "eth1"), ("boot",)])
def test_a_moved_address_stays_while_metadata_lag(scene, pair, by):
    """It is not deleted for metadata that are older than the move; a minute later they are believed."""
    with metadata_stand_still(scene):
        move(pair[0])
    for _ in range(2):
        done = pair[0].myha(*by)
        assert done.returncode == 0 and has_address(pair[0]), done.stderr
    assert "10.0.1.50 was assigned: using the record instead" in done.stderr
    let_a_minute_pass(pair[0])
    assert pair[0].myha(*by).returncode == 0
    assert not has_address(pair[0])


def test_metadata_are_believed_as_soon_as_they_list_a_moved_address(scene, pair):
    """From then on they are not older any more: what another node takes later goes at once."""
    move(pair[0])
    scene.vpc.publish()
    assert pair[0].myha("attach", "eth1").returncode == 0 and has_address(pair[0])
    assert "changes" not in json.loads(pair[0].run("cat", "/run/myha/eth1.json").stdout)
    move(pair[1])
    assert pair[0].myha("attach", "eth1").returncode == 0
    assert not has_address(pair[0]) and has_address(pair[1])


def test_a_released_address_is_not_put_back_while_metadata_lag(scene, pair):
    move(pair[0])
    assert pair[0].myha("attach", "eth1").returncode == 0
    with metadata_stand_still(scene):
        move(pair[1])
    assert pair[0].myha("address", "release", ADDRESS).returncode == 0
    for _ in range(2):
        done = pair[0].myha("attach", "eth1")
        assert done.returncode == 0 and not has_address(pair[0]), done.stderr
    scene.vpc.publish()
    assert pair[0].myha("attach", "eth1").returncode == 0 and not has_address(pair[0])
    assert "changes" not in json.loads(pair[0].run("cat", "/run/myha/eth1.json").stdout)


def test_an_address_that_ec2_still_assigns_comes_back_after_a_minute(scene, pair):
    move(pair[0])
    assert pair[0].myha("address", "release", ADDRESS).returncode == 0
    assert pair[0].myha("attach", "eth1").returncode == 0 and not has_address(pair[0])
    let_a_minute_pass(pair[0])
    assert pair[0].myha("attach", "eth1").returncode == 0 and has_address(pair[0])


def test_release_needs_neither_ec2_nor_metadata(scene):
    """Nor a policy: the link is not listed, and the address goes from whichever link has it."""
    node = scene.bare_node("db1")
    node.run("ip", "address", "add", f"{ON_ETH0}/32", "dev", "eth0")
    node.run("ip", "route", "add", "unreachable", "169.254.169.254/32")
    before = node.view()
    dry = node.myha("address", "release", ON_ETH0, "--dry-run")
    assert (dry.returncode, dry.stdout) == (3, f"ip address delete {ON_ETH0}/32 dev eth0  # address "
                                               f"{ON_ETH0} is being released\n")
    assert node.view() == before
    done = node.myha("address", "release", ON_ETH0, "--json")
    assert done.returncode == 0 and not has_address(node, ON_ETH0), done.stderr
    told = json.loads(done.stdout)
    assert (told["state"], told["interface"], len(told["steps"])) == ("changed", "eth0", 1)
    again = node.myha("address", "release", ON_ETH0, "--json")
    assert again.returncode == 0 and again.stderr == ""
    assert json.loads(again.stdout) == {"address": ON_ETH0, "state": "unchanged", "interface": None,
                                        "steps": []}


def test_what_must_not_be_released(scene, pair):
    """The host's own addresses, and an overlay of the policy: exit 2, and nothing is changed."""
    node = pair[0]
    node.set_policy(POLICY_ETH1 + f"overlays: {{sapascs: {{address: {OVERLAY}, "
                                  f"route-tables: [rtb-0123456789abcdef0]}}}}\n")
    node.run("ip", "address", "add", f"{OVERLAY}/32", "dev", "eth0")
    before = node.view()
    for address, words in ((node.eth0.ipv4s[0], "primary address"), ("10.0.1.10", "primary address"),
                           ("127.0.0.1", "not a secondary"), ("169.254.169.254", "not a secondary"),
                           ("fd00:ec2::254", "not a secondary"), ("eth0", "not an IPv4 address"),
                           (OVERLAY, 'run "myha overlay release sapascs"')):
        done = node.myha("address", "release", address)
        assert done.returncode == 2 and words in done.stderr, (address, done.stderr)
    assert node.view() == before


@pytest.mark.parametrize("address, words", [
    ("10.0.1.77", "not in 10.0.0.0/24, the subnet of eth0:"),
    ("10.0.0.1", "EC2 reserves the first four addresses and the last address of 10.0.0.0/24"),
    ("10.0.0.255", "EC2 reserves the first four addresses and the last address of 10.0.0.0/24")])
def test_what_cannot_be_assigned_is_not_put_on_the_link(scene, pair, address, words):
    before, _ = pair[0].view(), scene.ec2.requests()
    done = pair[0].myha("address", "move", address)
    assert done.returncode == 2 and words in done.stderr, done.stderr
    assert pair[0].view() == before and scene.ec2.requests() == []


def test_a_release_wins_over_a_move_that_hangs(scene, pair):
    """The address is off, and stays off whatever the metadata say."""
    go_on = threading.Event()
    scene.ec2.faults.set([{"kind": "held", "action": "AssignPrivateIpAddresses", "value": go_on}])
    moving = subprocess.Popen(
        pair[0].command(pair[0].install.program, "address", "move", ADDRESS, "--interface", "eth1"),
        text=True, stderr=subprocess.PIPE)
    wait_for(lambda: has_address(pair[0]), "the address to be placed")
    assert pair[0].myha("address", "release", ADDRESS).returncode == 0
    assert not has_address(pair[0])
    go_on.set()
    said = moving.communicate()[1]
    assert moving.returncode == 1, said
    assert said.splitlines()[-1].endswith(
        "another run of myha released the address meanwhile: repeat the move on the node that should "
        "hold the address")
    assert pair[0].myha("attach", "eth1").returncode == 0
    assert not has_address(pair[0])


@pytest.mark.parametrize("command", [("detach", "eth1"), ("address", "release", ADDRESS),
                                     ("overlay", "release", OVERLAY)], ids=lambda words: words[0])
def test_letting_go_needs_no_file(scene, bare, command):
    """Whatever fills /run up, an address can be taken off the host: no lock and no record can be written
    then."""
    released = {"detach": "10.0.1.10", "address": ADDRESS, "overlay": OVERLAY}[command[0]]
    bare.set_policy(POLICY_ETH1)
    bare.run("mkdir", "-p", "/run/myha")
    bare.run("mount", "-t", "tmpfs", "-o", "nr_inodes=20", "tmpfs", "/run/myha")
    bare.hot_attach(scene.service_eni("10.0.1.10", ADDRESS))
    bare.myha("attach", "eth1", check=True)
    bare.run("ip", "address", "add", f"{OVERLAY}/32", "dev", "lo")
    bare.run("sh", "-c", "rm -f /run/myha/*.lock; i=0; while :>/run/myha/full$i; do i=$((i+1)); done",
             check=False)
    assert has_address(bare, released)
    done = bare.myha(*command)
    assert done.returncode == 0, done.stderr
    assert "No space left on device" in done.stderr or command[0] == "overlay", done.stderr
    assert not has_address(bare, released)
