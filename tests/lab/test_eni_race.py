# SPDX-License-Identifier: Apache-2.0
"""Two nodes that move the same ENI, or the same secondary address, at the same instant: one has it in
the end and succeeds, the other one fails and says who has it, and what both move is never lost."""

import collections
import re
import subprocess

import pytest

from lab.ec2_faults import Meeting
from lab.effort import rounds
from lab.host import PATIENCE, wait_for
from lab.node import POLICY_ETH1
from lab.scene import SERVICE

ADDRESS = "10.0.0.100"


def races(installed):
    return max(rounds(installed, 20), 5)


@pytest.fixture
def trio(scene):
    """Three nodes of one zone whose policy lists eth1."""
    nodes = [scene.bare_node(name) for name in ("db1", "db2", "db3")]
    scene.introduce(*nodes)
    for node in nodes:
        node.set_policy(POLICY_ETH1)
    return nodes


def race(scene, nodes, reads, *arguments):
    """Run a command on all nodes at the same instant. The responses to the first read, of so many requests,
    are held until all nodes have sent theirs, however busy the machine is. Returns each node's exit status
    and last line."""
    scene.ec2.faults.set([{"kind": "late", "action": "DescribeNetworkInterfaces",
                           "value": Meeting(len(nodes)), "times": reads * len(nodes)}])
    started = [subprocess.Popen([str(word) for word in node.command(node.install.program, *arguments)],
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
               for node in nodes]
    said = [process.communicate(timeout=60) for process in started]
    return {node: (process.returncode, err.strip().splitlines()[-1:])
            for node, process, (_, err) in zip(nodes, started, said)}


def check(ends, winner, where):
    """Exit 0 is the winner's alone; the other one names who has it."""
    status = {node.name: end[0] for node, end in ends.items()}
    loser, = [node for node in ends if node is not winner]
    assert status == {winner.name: 0, loser.name: 1}, (where, ends)
    line, = ends[loser][1]
    assert re.search("during this move: repeat the move if the (ENI|address) belongs here", line) \
        and winner.instance.id in line, (where, line)


def test_an_eni_that_is_taken_before_its_link_comes(scene, trio, monkeypatch):
    """The one that waits for the link does not wait until its deadline, and names who has the ENI."""
    eni, (one, two, _) = scene.service_eni(), trio
    network = scene.ec2.engine.network
    plug = network.plug
    monkeypatch.setattr(network, "plug",
                        lambda eni: None if eni.instance == one.instance.id else plug(eni))
    words = one.command(one.install.program, "--timeout", 20 * PATIENCE, "eni", "move", SERVICE)
    waiting = subprocess.Popen([str(word) for word in words], text=True, stderr=subprocess.PIPE)
    try:
        wait_for(lambda: eni.instance == one.instance.id and eni.attachment_status == "attached",
                 "the attachment")
        assert two.myha("eni", "move", SERVICE).returncode == 0
        _, said = waiting.communicate(timeout=2 * PATIENCE)
    finally:
        waiting.kill()
    assert waiting.returncode == 1
    assert f"another program attached the ENI to {two.instance.id} during this move: repeat the " \
        "move if the ENI belongs here" in said.splitlines()[-1]
    assert "eth1" in two.run("ip", "-br", "link").stdout


@pytest.mark.parametrize("before", ["available", "attached to a third node"])
def test_an_eni(installed, scene, trio, before):
    eni, (one, two, third) = scene.service_eni(), trio
    scene.ec2.engine.delays.detach = scene.ec2.engine.delays.attach = 0.1
    won, winner = collections.Counter(), third
    for number in range(races(installed)):
        if before == "available":
            assert winner.myha("eni", "detach", SERVICE).returncode == 0
        else:
            assert third.myha("eni", "move", SERVICE).returncode == 0
        for node in trio:
            node.myha("detach", "eth1", check=True)
        ends = race(scene, (one, two), 1, "eni", "move", SERVICE)
        assert eni.status == "in-use" and eni.attachment_status == "attached", (number, ends)
        winner, = [node for node in (one, two) if node.instance.id == eni.instance]
        check(ends, winner, number)
        won[winner.name] += 1
        # The winner's link is set up, and no other node has one.
        for node in trio:
            links = node.run("ip", "-br", "link").stdout
            assert ("eth1" in links) == (node is winner), (number, node.name)
            rules = node.run("ip", "rule").stdout
            assert ("from 10.0.1.0/24 lookup" in rules) == (node is winner), (number, node.name)
        assert [one.id for one in scene.cloud.enis_of(winner.instance)] == [winner.eth0.id, eni.id]
    print(f"rounds, {before}: {dict(won)}")


@pytest.mark.parametrize("before", ["assigned to no node", "a third node's"])
def test_an_address(installed, scene, trio, before):
    one, two, third = trio
    won = collections.Counter()

    def owners():
        return [node for node in trio if ADDRESS in node.eth0.ipv4s]

    def holders():
        return [node for node in trio
                if f" {ADDRESS}/" in node.run("ip", "-br", "-4", "address").stdout]

    for number in range(races(installed)):
        for node in holders():
            node.run("ip", "address", "del", f"{ADDRESS}/32", "dev", "eth0")
        for node in owners():
            node.eth0.ipv4s.remove(ADDRESS)
            scene.vpc.readdress(node.eth0)
        scene.vpc.publish()
        if before == "a third node's":
            assert third.myha("address", "move", ADDRESS).returncode == 0
            third.run("ip", "address", "del", f"{ADDRESS}/32", "dev", "eth0")
        ends = race(scene, (one, two), 2, "address", "move", ADDRESS)
        winner, = owners()
        check(ends, winner, number)
        won[winner.name] += 1
        assert holders() == [winner], (number, ends)
    print(f"rounds, {before}: {dict(won)}")
