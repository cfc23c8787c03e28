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
from lab.shared import shared_fixture

SIX = "2001:db8:1234:6::10"
POLICY = "version: 1\ninterfaces: {eth1: {}}\n"


shared_pair = shared_fixture(Pair)


@pytest.fixture
def pair(pair):
    for node in pair.nodes:
        node.set_policy(POLICY)
    if not hasattr(pair, "eni"):
        pair.eni = pair.scene.service_eni()
    return pair


@pytest.fixture
def node(pair):
    return pair.nodes[0]


def agent_of(node, name):
    """An agent for the node's own primary ENI."""
    return Agent(node, "eni", **{name: node.eth0.id if name == "eni" else node.eth0.ipv4s[0]})


UNFIT = [("127.0.0.1", "a loopback address"), ("::1", "a loopback address"),
         ("169.254.169.254", "a link-local address"), ("fe80::1", "a link-local address"),
         ("fd00:ec2::254", "reserved by EC2 (fd00:ec2::/32)"), ("224.0.0.1", "a multicast address"),
         ("0.0.0.0", "an unspecified address")]


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
          ("OWN", "but this address belongs to eth0: compare \"ip address\" with the addresses of both ENIs "
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


RESTORES = 'run "myha attach eth1"'
UNLINKED = 'the link is down, or has no carrier: see "ip link"'
LOST = [(["rule", "del", "pref", "100"], f"the rule for this address is missing: {RESTORES}"),
        (["route", "del", "default", "table", "100"],
         f"the default route for this address is missing: {RESTORES}"),
        (["address", "del", f"{SERVICE}/24", "dev", "eth1"], f"the address is missing: {RESTORES}"),
        (["link", "set", "eth1", "down"], UNLINKED)]


@pytest.mark.parametrize("lost, words", LOST)
@pytest.mark.parametrize("imds", ["on", "off"])
def test_what_the_service_needs_is_lost(pair, movers, lost, words, imds):
    """A failure, also where the metadata service does not respond; a start puts it right."""
    one, _ = movers
    assert one.act("start", timeout=30) == (SUCCESS,)
    one.node.run("ip", *lost)
    pair.turn("imds", imds)
    failed = (GENERIC, f"{SERVICE} on eth1: {words}")
    assert one.monitor() == failed and one.act("monitor") == failed
    pair.turn("imds", "on")
    assert one.act("start", timeout=30) == (SUCCESS,) and one.monitor() == (SUCCESS,)


def test_the_carrier_is_lost(pair, movers):
    one, _ = movers
    assert one.act("start", timeout=30) == (SUCCESS,)
    pair.scene.vpc.set_carrier(pair.eni, "down")
    assert one.monitor() == (GENERIC, f"{SERVICE} on eth1: {UNLINKED}")
    pair.scene.vpc.set_carrier(pair.eni, "up")
    assert one.monitor() == (SUCCESS,)


NEXT = "10.0.1.11"
EXCEPT = "version: 1\ninterfaces: {eth1: {except: [10.9.0.0/16]}}\n"


def assign(pair, *addresses):
    pair.eni.ipv4s[1:] = addresses
    pair.scene.vpc.publish()


def neighbour(node, action):
    node.run("ip", "address", action, "10.0.1.20/24", "dev", "eth2")


# The state before the start, and a later change.
CHANGES = {
    "mtu": (None, lambda pair, node: node.run("ip", "link", "set", "eth1", "mtu", "1400")),
    "assigned": (None, lambda pair, node: assign(pair, NEXT)),
    "unassigned": (lambda pair, node: assign(pair, NEXT), lambda pair, node: assign(pair)),
    "except": (None, lambda pair, node: node.set_policy(EXCEPT)),
    "no-except": (lambda pair, node: node.set_policy(EXCEPT),
                  lambda pair, node: node.set_policy(POLICY)),
    "neighbour": (None, lambda pair, node: neighbour(node, "add")),
    "no-neighbour": (lambda pair, node: neighbour(node, "add"),
                     lambda pair, node: neighbour(node, "del")),
}


@pytest.fixture
def beside(pair, node):
    """A link that may get an address in the service ENI's subnet; and EC2 as it was, afterwards."""
    node.run("ip", "link", "add", "eth2", "type", "veth", "peer", "name", "far")
    node.run("ip", "link", "set", "eth2", "up")
    yield
    node.run("ip", "link", "del", "eth2")
    assign(pair)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_does_not_concern_the_service(pair, movers, node, beside, change):
    """The resource runs on; the monitor makes the change good where it can."""
    one, _ = movers
    before, after = CHANGES[change]
    if before:
        before(pair, node)
    assert one.act("start", timeout=30) == (SUCCESS,) and one.monitor() == (SUCCESS,)
    after(pair, node)
    assert one.act("monitor") == (SUCCESS,), "a probe"
    assert node.myha("plan", "eth1").returncode == 3, "a probe changes nothing"
    assert one.monitor() == (DEGRADED, "eth1 differed from the policy: repaired, the service "
                             "was not affected")
    assert one.monitor() == (SUCCESS,)
    assert node.myha("plan", "eth1").returncode == 0
    assert one.act("stop") == (SUCCESS,)


def test_metadata_that_do_not_list_the_service_address(pair, node, beside):
    """They may be old: the address stays, and the resource is degraded."""
    assign(pair, NEXT)
    one = Agent(node, "eni", ip=NEXT)
    assert one.act("start", timeout=30) == (SUCCESS,)
    assign(pair)
    for _ in range(2):
        assert one.monitor() == (DEGRADED, f"EC2's metadata do not list {NEXT} for eth1: assign the address to the ENI again, "
                                 "or stop the resource")
    assert NEXT in node.run("ip", "address").stdout
    assert one.act("stop") == (SUCCESS,) and NEXT not in node.run("ip", "address").stdout


@pytest.mark.parametrize("what", DOWN)
def test_stopping_an_eni_without_policy_and_ec2(pair, movers, what):
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


SIXES = "2001:db8:1234:2::10"


@pytest.fixture
def silent(pair):
    """A dual-stack ENI whose router is never advertised."""
    if not hasattr(pair, "dual"):
        pair.dual = pair.scene.cloud.create_eni(pair.scene.dual, ["10.0.2.10"], ipv6s=[SIXES])
    pair.scene.vpc.advertise_after = 3600
    yield pair.dual
    pair.scene.vpc.advertise_after = 0


@pytest.mark.parametrize("name", ["eni", "ip"])
def test_a_dual_stack_eni_without_a_router_of_ipv6(node, silent, name):
    """IPv4, which is the service's, is complete: started, running, and IPv6 is a note."""
    one = Agent(node, "eni", **{name: silent.id if name == "eni" else "10.0.2.10"})
    assert one.act("start", timeout=30) == (SUCCESS,)
    assert "eth1: waiting: no IPv6 router has been advertised on the link yet" in one.said
    assert "from 10.0.2.0/24 lookup" in node.run("ip", "rule").stdout
    assert one.act("monitor") == one.monitor() == (SUCCESS,)
    assert one.act("stop") == (SUCCESS,) and one.monitor() == (NOT_RUNNING,)


def test_an_ipv6_service_without_a_router(node, silent):
    """The service's own family decides: no client would get a reply."""
    one = Agent(node, "eni", ip=SIXES)
    assert one.act("start", timeout=5)[0] == GENERIC
    assert one.monitor() == (GENERIC, f'{SIXES} on eth1: the rule for this address is missing: '
                             'run "myha attach eth1"')
    assert one.act("stop") == (SUCCESS,) and one.monitor() == (NOT_RUNNING,)


def test_a_bridge_with_the_enis_mac_address(pair, movers, node):
    """As libvirt and others make: the ENI is the device, before its start and after it."""
    one, _ = movers
    for name in ("br-0", "br-9"):
        node.run("ip", "link", "add", name, "address", pair.eni.mac, "type", "bridge")
        if name == "br-0":
            assert one.act("start", timeout=30) == (SUCCESS,)
            assert "from 10.0.1.0/24 lookup" in node.run("ip", "rule").stdout
    try:
        assert one.act("monitor") == one.monitor() == (SUCCESS,)
        assert one.act("stop") == (SUCCESS,) and one.monitor() == (NOT_RUNNING,)
        assert not [line for line in one.changes() if SERVICE in line or "lookup" in line]
    finally:
        for name in ("br-0", "br-9"):
            node.run("ip", "link", "del", name)


@pytest.mark.parametrize("what", DOWN)
def test_starting_an_eni_ends_in_time(pair, movers, what):
    one, _ = movers
    pair.turn(what, "off")
    assert one.act("start", timeout=2)[0] == GENERIC
    assert one.changes() == []


ENI_WRONG = [
    ({"eni": None, "ip": None}, "set exactly one of the parameters eni and ip"),
    ({"eni": "eni-0123", "ip": SERVICE}, "set exactly one of the parameters eni and ip"),
    ({"force_after": "soon"}, 'force_after: "soon" is not a number of seconds'),
]


@pytest.mark.parametrize("wrong, reason", ENI_WRONG)
def test_eni_parameters_that_are_wrong(pair, wrong, reason):
    agent = Agent(pair.nodes[0], "eni", **{"ip": SERVICE, **wrong})
    for action in ("validate-all", "start"):
        assert agent.act(action) == (CONFIGURED, reason)
    assert agent.changes() == []
