# SPDX-License-Identifier: Apache-2.0
"""ocf:myha:eni: each action by itself, as the cluster would call it; which link it takes for the service ENI,
and what it leaves alone."""

import concurrent.futures
import os
import signal

import pytest
from ocf_fixtures import (CONFIGURED, DEGRADED, DOWN, GENERIC, INSTALLED, NOT_RUNNING, SUCCESS, Agent, Pair)

from lab.expected import classic
from lab.host import PATIENCE, wait_for
from lab.kernel_view import difference
from lab.scene import SERVICE
from lab.shared import Shared

SIX = "2001:db8:1234:6::10"
POLICY = "version: 1\ninterfaces: {eth1: {}}\n"


@pytest.fixture(scope="module")
def shared_pair(installed):
    with Shared(installed, Pair) as shared:
        yield shared


@pytest.fixture
def pair(shared_pair, request):
    with shared_pair.lend(request.session) as pair:
        pair.reset()
        for node in pair.nodes:
            node.set_policy(POLICY)
        if not hasattr(pair, "eni"):
            pair.eni = pair.scene.service_eni()
        yield pair


@pytest.fixture
def node(pair):
    return pair.nodes[0]


def agent_of(node, name):
    """An agent for the node's own primary ENI."""
    return Agent(node, "eni", **{name: node.eth0.id if name == "eni" else node.eth0.ipv4s[0]})


UNFIT = [("127.0.0.1", "a loopback address"), ("::1", "a loopback address"),
         ("169.254.169.254", "a link-local address"), ("fe80::1", "a link-local address"),
         ("fd00:ec2::254", "reserved by EC2 (fd00:ec2::/32)"), ("224.0.0.1", "a multicast address"),
         ("0.0.0.0", "unspecified")]


@pytest.mark.parametrize("address, what", UNFIT)
def test_an_address_that_no_eni_has(pair, node, address, what):
    """Neither started nor taken away: a stop of 127.0.0.1 leaves the loopback link alone."""
    one = Agent(node, "eni", ip=address)
    for action in ("validate-all", "start"):
        assert one.act(action) == (CONFIGURED, f"{address} is {what} and cannot be the address of an ENI")
    assert one.act("monitor") == one.monitor() == (NOT_RUNNING,)
    assert one.act("stop") == (SUCCESS,)
    assert one.changes() == []


@pytest.mark.parametrize("attached", [False, True])
def test_the_hosts_primary_address(pair, node, attached):
    """A typo in ip= must not cut the node off, also where myha configures the primary ENI."""
    node.set_policy("version: 1\ninterfaces: {eth0: {gateway: \"fe80::1\"}}\n")
    if attached:
        node.myha("attach", "eth0", check=True)
    one = agent_of(node, "ip")
    for action in ("validate-all", "start"):
        assert one.act(action) == (
            INSTALLED, f"{node.eth0.ipv4s[0]} is an address of eth0, which is not a service ENI: give "
            "the address of another ENI")
    assert one.act("monitor") == one.monitor() == (NOT_RUNNING,)
    assert one.act("stop") == (SUCCESS,)
    assert one.changes() == []
    node.myha("detach", "eth0", check=True)


@pytest.mark.parametrize("attached", [False, True])
def test_the_hosts_primary_eni(pair, node, attached):
    """The same by its id."""
    node.set_policy("version: 1\ninterfaces: {eth0: {gateway: \"fe80::1\"}}\n")
    if attached:
        node.myha("attach", "eth0", check=True)
    one = agent_of(node, "eni")
    status, reason = one.act("start")
    assert status == GENERIC and f"{node.eth0.id} is the primary ENI of" in reason
    assert one.act("monitor") == (NOT_RUNNING,)
    assert one.act("stop") == (SUCCESS,)
    assert one.changes() == []
    node.myha("detach", "eth0", check=True)


def test_an_address_of_another_link(pair, node):
    """A bridge's own address is no ENI's: nothing is taken off the bridge."""
    node.run("ip", "link", "add", "br-1", "type", "bridge")
    try:
        node.run("ip", "address", "add", "172.17.0.1/16", "dev", "br-1")
        one = Agent(node, "eni", ip="172.17.0.1")
        assert one.act("monitor") == one.monitor() == (NOT_RUNNING,)
        assert one.act("start")[0] == GENERIC
        assert one.act("stop") == (SUCCESS,)
        assert one.changes() == []
    finally:
        node.run("ip", "link", "del", "br-1")


CLAIMS = [("127.0.0.1", "not a list of IPv4 addresses"),
          ("169.254.169.254", "not a list of IPv4 addresses"),
          ("OWN", "which is the address of eth0: compare \"ip address\" with the addresses of both ENIs "
           "in EC2")]


@pytest.mark.parametrize("claimed, words", CLAIMS)
def test_metadata_that_claim_an_address_of_the_host(pair, node, claimed, words):
    """Nothing is attached: a later detach would take the address away."""
    claimed = claimed.replace("OWN", node.eth0.ipv4s[0])
    node.hot_attach(pair.eni)
    before = node.view()
    pair.eni.ipv4s.append(claimed)
    pair.scene.vpc.publish()
    refused = node.myha("attach", "eth1")
    pair.eni.ipv4s.remove(claimed)
    assert refused.returncode == 1 and claimed in refused.stderr and words in refused.stderr
    assert difference(before, node.view()) == []


# A resource's life.

@pytest.fixture(params=["eni", "ip"])
def movers(request, pair):
    value = pair.eni.id if request.param == "eni" else SERVICE
    return [Agent(node, "eni", **{request.param: value}) for node in pair.nodes]


def test_an_eni_starts_and_stops(pair, movers):
    one, _ = movers
    assert one.act("monitor") == (NOT_RUNNING,)
    for _ in range(2):
        assert one.act("start", timeout=30) == (SUCCESS,)
        assert sorted(line for line in one.changes() if "lookup" in line) == \
            sorted(line for line in classic(pair.eni) if "lookup" in line)
    assert one.act("monitor") == (SUCCESS,) and one.monitor() == (SUCCESS,)
    for _ in range(2):
        assert one.act("stop") == (SUCCESS,)
        assert one.act("monitor") == (NOT_RUNNING,)
        assert not [line for line in one.changes() if SERVICE in line or "lookup" in line]
    assert pair.eni.instance == one.node.instance.id
    assert one.act("start", timeout=30) == (SUCCESS,) and one.monitor() == (SUCCESS,)
    one.node.run("ip", "rule", "del", "pref", "100")
    assert one.monitor() == (GENERIC, 'eth1 is not as the policy wants it: "myha plan eth1" shows '
                             "what is missing")


@pytest.mark.parametrize("what", DOWN)
def test_stopping_an_eni_needs_nobody(pair, movers, what):
    one, _ = movers
    assert one.act("start", timeout=30) == (SUCCESS,)
    pair.turn(what, "off")
    if what != "ec2":
        assert one.monitor(timeout=3)[0] == DEGRADED
        assert one.act("monitor", timeout=3)[0] == DEGRADED
    else:
        assert one.monitor() == (SUCCESS,)
    one.node.path("/etc/myha/policy.yaml").unlink()
    for _ in range(2):
        assert one.act("stop") == (SUCCESS,)
        assert not [line for line in one.changes() if SERVICE in line or "lookup" in line]


def test_an_eni_that_was_taken(pair, movers):
    """Detached, as by a start elsewhere: not running, and stopping is no trouble."""
    one, _ = movers
    assert one.act("start", timeout=30) == (SUCCESS,)
    one.node.hot_detach("eth1")
    assert one.monitor() == (NOT_RUNNING,)
    assert one.act("stop") == (SUCCESS,) and one.changes() == []


@pytest.fixture
def waiting(pair, node):
    """An agent whose start places the address, and then waits for a router that is never advertised."""
    vpc = pair.scene.vpc
    vpc.advertise_after = 3600
    eni = pair.scene.cloud.create_eni(pair.scene.six, ipv6s=[SIX])
    yield Agent(node, "eni", eni=eni.id)
    vpc.advertise_after = 0


def is_placed(node):
    return SIX in node.run("ip", "-6", "address").stdout


def check_that_a_stop_clears(one):
    assert is_placed(one.node)
    assert one.act("stop") == (SUCCESS,)
    assert not is_placed(one.node)
    assert one.act("monitor") == (NOT_RUNNING,)
    assert one.node.run("ls", "/run/myha").stdout.count("resource-") == 0


def test_a_start_that_fails_with_the_address_placed(waiting):
    assert waiting.act("start", timeout=5)[0] == GENERIC
    check_that_a_stop_clears(waiting)


def test_a_start_that_is_killed_with_the_address_placed(waiting, node):
    command = waiting.command("start", timeout=10 * PATIENCE)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(node.run, "sh", "-c", 'echo $$ >/run/start.pid; exec "$@"', "sh", *command,
                    check=False)
        try:
            wait_for(lambda: is_placed(node), "the address")
        finally:
            os.kill(int(node.path("/run/start.pid").read_text()), signal.SIGKILL)
    check_that_a_stop_clears(waiting)


def test_what_was_attached_without_the_agent(pair, movers, node):
    """As by udev: a probe finds it, and a stop takes it away, though no start has left a record."""
    one, _ = movers
    node.hot_attach(pair.eni)
    node.myha("attach", "eth1", check=True)
    assert one.act("monitor") == (SUCCESS,)
    assert one.act("stop") == (SUCCESS,) and one.act("monitor") == (NOT_RUNNING,)
    assert not [line for line in one.changes() if SERVICE in line or "lookup" in line]
    node.myha("attach", "eth1", check=True)
    pair.turn("both", "off")
    assert one.act("stop") == (SUCCESS,)


@pytest.mark.parametrize("what", DOWN)
def test_starting_an_eni_ends_in_time(pair, movers, what):
    one, _ = movers
    pair.turn(what, "off")
    assert one.act("start", timeout=2)[0] == GENERIC
    assert one.changes() == []


ENI_WRONG = [
    ({"eni": None, "ip": None}, "give one of eni and ip"),
    ({"eni": "eni-0123", "ip": SERVICE}, "give one of eni and ip"),
    ({"force_after": "soon"}, 'force_after: "soon" is not a number of seconds'),
]


@pytest.mark.parametrize("wrong, reason", ENI_WRONG)
def test_eni_parameters_that_are_wrong(pair, wrong, reason):
    agent = Agent(pair.nodes[0], "eni", **{"ip": SERVICE, **wrong})
    for action in ("validate-all", "start"):
        assert agent.act(action) == (CONFIGURED, reason)
    assert agent.changes() == []
