# SPDX-License-Identifier: Apache-2.0
"""The resource agents for Pacemaker: each action by itself, as the cluster would call it."""

import re
import time

import pytest
from boot_fixtures import on

from lab.ec2_engine import SomeReadsAreOld
from lab.expected import classic
from lab.host import LATE
from lab.kernel_view import difference
from lab.scene import OVERLAY, OVERLAY6, SERVICE
from lab.shared import Shared

SUCCESS, GENERIC, ARGS, UNIMPLEMENTED, PERM, INSTALLED, CONFIGURED, NOT_RUNNING = range(8)
DEGRADED = 190
PROBE, RECURRING = "0", "10000"
OVERLAYS = ("192.168.", "2001:db8:ffff::")
DOWN = ["ec2", "imds", "both"]


class Agent:
    """An agent on a node, with the parameters of a resource."""

    def __init__(self, node, agent, **parameters):
        self.node, self.agent, self.parameters = node, agent, parameters
        self.before = node.view()

    def act(self, action, *, interval=PROBE, timeout=10, **more):
        """(exit status, the reason that is given to the cluster)."""
        settings = {**self.parameters, **more, "CRM_meta_timeout": int(timeout * 1000),
                    "CRM_meta_interval": interval}
        words = [f"OCF_RESKEY_{key}={value}" for key, value in settings.items()
                 if value is not None]
        begun = time.monotonic()
        done = self.node.run("env", *words, self.node.install.program, "ocf", self.agent, action,
                             check=False)
        assert time.monotonic() - begun < timeout + LATE
        assert done.stdout == ""
        reason = re.findall(r"^ocf-exit-reason:(.*)$", done.stderr, re.MULTILINE)
        self.said = done.stderr
        assert bool(reason) == (done.returncode not in (SUCCESS, NOT_RUNNING)), done
        return done.returncode, *reason

    def monitor(self, **more):
        return self.act("monitor", interval=RECURRING, **more)

    def changes(self):
        return difference(self.before, self.node.view())


class Pair:
    """Two nodes, an overlay of two tables, and an agent for it on each."""

    def __init__(self, scene):
        self.scene, self.ec2, self.imds = scene, scene.ec2, scene.vpc.imds
        self.nodes = scene.overlay_pair()
        self.tables = ",".join(table.id for table in scene.route_tables)
        self.policy = f"version: 1\noverlays:\n  sapascs: {{address: {OVERLAY}, " \
                      f"route-tables: [{self.tables}]}}\n"
        self.bare = {node.name: node.view() for node in self.nodes}
        self.by_ip = [Agent(node, "overlay-ip", ip=OVERLAY, routing_table=self.tables)
                      for node in self.nodes]
        self.by_name = [Agent(node, "overlay-ip", name="sapascs") for node in self.nodes]

    def reset(self):
        """As at first: nothing runs, nothing is routed, and all answer."""
        self.turn("both", "on")
        self.ec2.faults.set([])
        self.ec2.engine.consistency, self.ec2.engine.ages = 0, None
        self.ec2.engine.forget()
        for table in self.scene.route_tables:
            for destination in [one for one in table.routes if one.startswith(OVERLAYS)]:
                del table.routes[destination]
        for node in self.nodes:
            for name in list(node.attached):
                node.hot_detach(name)
            node.set_policy(self.policy)
            node.run("sh", "-c", "rm -rf /run/myha; ip rule del pref 100 2>/dev/null; true")
            for line in difference(self.bare[node.name], node.view()):
                word = line.split()
                if word[1] == "address":
                    node.run("ip", "address", "del", word[2], "dev", word[4])
        self.scene.vpc.sync_routes()
        assert [node.view() for node in self.nodes] == list(self.bare.values())

    def owners(self, address=OVERLAY, length=32):
        """Of each table: the node that it leads to."""
        found = []
        for table in self.scene.route_tables:
            route = table.routes.get(f"{address}/{length}")
            eni = route and self.scene.cloud.enis[route.target]
            found.append(eni and self.scene.vpc.nodes[eni.instance].name)
        return found

    def turn(self, what, how):
        """Switch EC2, the metadata service or both off or on; asking them is in vain at once."""
        for service, name in ((self.ec2, "ec2"), (self.imds, "imds")):
            if what in (name, "both"):
                getattr(service, how)()


@pytest.fixture(scope="module")
def shared_pair(installed):
    with Shared(installed, Pair) as shared:
        yield shared


@pytest.fixture
def pair(shared_pair, request):
    with shared_pair.lend(request.session) as pair:
        pair.reset()
        yield pair


@pytest.fixture(params=["by_ip", "by_name"])
def agents(request, pair):
    return getattr(pair, request.param)


# overlay-ip.

def test_start_move_and_stop(pair, agents):
    """A resource's life: started here, started there, stopped twice. The route stays."""
    one, two = agents
    assert one.act("monitor") == (NOT_RUNNING,)
    assert one.act("start") == (SUCCESS,)
    assert one.changes() == on("eth0", OVERLAY) and pair.owners() == ["db1", "db1"]
    assert one.act("start") == (SUCCESS,)
    for monapi in ("true", "false"):
        assert one.monitor(monapi=monapi) == (SUCCESS,)
    assert one.act("monitor") == (SUCCESS,)
    assert one.act("status") == (SUCCESS,)
    for _ in range(2):
        assert one.act("stop") == (SUCCESS,)
        assert one.changes() == [] and pair.owners() == ["db1", "db1"]
    assert one.monitor() == (NOT_RUNNING,)
    assert two.act("start") == (SUCCESS,)
    assert two.changes() == on("eth0", OVERLAY) and pair.owners() == ["db2", "db2"]
    assert one.node.run("ls", "/run/myha").stdout.count("resource-") == 0


@pytest.mark.parametrize("what", DOWN)
def test_stop_needs_nobody(pair, agents, what):
    """Nor does a monitor by the kernel alone; and the policy file may have gone."""
    one, _ = agents
    assert one.act("start") == (SUCCESS,)
    pair.turn(what, "off")
    one.node.path("/etc/myha/policy.yaml").unlink()
    assert one.monitor() == (SUCCESS,)
    for _ in range(2 if "ip" in one.parameters else 1):
        assert one.act("stop") == (SUCCESS,)
        assert one.changes() == []


def test_without_the_policy(pair):
    """A node that does not know the overlay cannot have it, and another may."""
    one, two = pair.by_name
    one.node.path("/etc/myha/policy.yaml").unlink()
    said = 'the policy has no overlay "sapascs": add it under overlays, or give an address and ' \
           "--route-table"
    for action in ("monitor", "start", "validate-all", "stop"):
        assert one.act(action) == (INSTALLED, said)
    assert one.changes() == [] and pair.owners() == [None, None]
    assert two.act("start") == (SUCCESS,)


@pytest.mark.parametrize("what", DOWN)
def test_monitor_that_cannot_know(pair, what):
    """What runs goes on; a probe does not guess."""
    one, _ = pair.by_ip
    assert one.act("start") == (SUCCESS,)
    pair.turn(what, "off")
    assert one.monitor(monapi="true", timeout=4)[0] == DEGRADED
    assert one.act("monitor", timeout=4)[0] == GENERIC
    assert one.changes() == on("eth0", OVERLAY)
    pair.turn(what, "on")
    assert one.monitor(monapi="true") == (SUCCESS,)


def test_a_stolen_route(pair, agents):
    """Noticed by asking the API alone; started again it is taken back."""
    one, two = agents
    assert one.act("start") == (SUCCESS,)
    assert two.node.myha("overlay", "move", "sapascs").returncode == 0
    assert one.monitor() == (SUCCESS,)
    assert one.monitor(monapi="true") == (NOT_RUNNING,)
    assert "this host carries the address, but it is routed elsewhere" in one.said
    assert one.act("monitor") == (NOT_RUNNING,)
    assert one.act("start") == (SUCCESS,)
    assert pair.owners() == ["db1", "db1"] and one.monitor(monapi="true") == (SUCCESS,)


def test_a_monitor_that_is_shown_what_was_before_the_start(pair, agents):
    """An old read does not fail what has just been started."""
    one, two = agents
    assert two.act("start") == (SUCCESS,) and two.act("stop") == (SUCCESS,)
    pair.ec2.engine.consistency, pair.ec2.engine.ages = 3600, SomeReadsAreOld(0)
    assert one.act("start") == (SUCCESS,)
    pair.ec2.engine.ages = SomeReadsAreOld(1)
    assert one.monitor(monapi="true") == (SUCCESS,)


def test_half_a_start_is_none(pair, agents):
    """One table is refused: an error, which the same again finishes."""
    one, two = agents
    assert two.act("start") == (SUCCESS,)
    pair.ec2.faults.set([{"kind": "error", "action": "ReplaceRoute", "status": 403,
                          "code": "UnauthorizedOperation",
                          "match": f"RouteTableId={pair.scene.client_table.id}"}])
    status, _ = one.act("start")
    assert status in (GENERIC, PERM)
    assert pair.owners() == ["db1", "db2"]
    assert one.monitor(monapi="true")[0] == GENERIC
    pair.ec2.faults.set([])
    assert one.act("start") == (SUCCESS,)
    assert pair.owners() == ["db1", "db1"] and one.changes() == on("eth0", OVERLAY)


def test_a_start_that_may_not(pair):
    one, two = pair.by_ip
    assert two.act("start") == (SUCCESS,)
    pair.ec2.faults.set([{"kind": "error", "action": "*Route*", "status": 403,
                          "code": "UnauthorizedOperation"}])
    assert one.act("start")[0] == PERM
    assert one.changes() == [] and pair.owners() == ["db2", "db2"]


@pytest.mark.parametrize("what", DOWN)
@pytest.mark.parametrize("timeout", [2, 5])
def test_a_start_ends_in_time(pair, what, timeout):
    one, _ = pair.by_ip
    pair.turn(what, "off")
    assert one.act("start", timeout=timeout)[0] == GENERIC
    assert one.changes() == [] and pair.owners() == [None, None]


@pytest.mark.parametrize("action", ["start", "monitor"])
def test_an_api_that_hangs(pair, action):
    one, _ = pair.by_ip
    if action == "monitor":
        assert one.act("start") == (SUCCESS,)
    pair.ec2.faults.set([{"kind": "hang"}])
    assert one.act(action, timeout=2)[0] == GENERIC
    assert one.act("stop") == (SUCCESS,)


def test_parameters(pair):
    """An interface, a label, IPv6, the older name of ip, and what has no effect."""
    one, _ = pair.by_ip
    assert one.act("start", interface="lo") == (SUCCESS,)
    assert one.changes() == on("lo", OVERLAY)
    assert one.act("stop", interface="lo") == (SUCCESS,)
    assert one.act("start", iflabel="ascs") == (SUCCESS,)
    assert "eth0:ascs" in one.node.run("ip", "-4", "address", "show", "dev", "eth0").stdout
    assert one.act("stop") == (SUCCESS,) and one.changes() == []
    assert one.act("start", ip=None, address=OVERLAY6,
                   routing_table=pair.tables.replace(",", ", ")) == (SUCCESS,)
    assert one.changes() == on("eth0", OVERLAY6)
    assert pair.owners(OVERLAY6, 128) == ["db1", "db1"]
    assert one.act("stop", ip=None, address=OVERLAY6) == (SUCCESS,)
    idle = {"lookup_type": "InstanceId", "auth_type": "role", "awscli": "/usr/bin/aws",
            "curl_retries": "3", "curl_sleep": "1"}
    assert one.act("start", **idle) == (SUCCESS,)
    assert one.monitor(monapi="yes", **idle) == (SUCCESS,)
    assert one.act("stop", **idle) == (SUCCESS,) and one.changes() == []


def test_routes_are_not_made(pair):
    """create_route=false: where a table has none, starting fails and leaves nothing."""
    one, _ = pair.by_ip
    assert one.act("start", create_route="false")[0] != SUCCESS
    assert one.changes() == [] and pair.owners() == [None, None]


def test_another_policy_and_account(pair):
    """policy names another file, and profile is what the API is asked with."""
    one, _ = pair.by_name
    text = one.node.path("/etc/myha/policy.yaml").read_text()
    one.node.write("/etc/other.yaml", text.replace("sapascs", "other"))
    assert one.act("start", name="other", policy="/etc/other.yaml") == (SUCCESS,)
    assert one.act("stop", name="other", policy="/etc/other.yaml") == (SUCCESS,)
    assert one.act("start", profile="nobodys")[0] == INSTALLED
    assert "nobodys" in one.said
    assert one.changes() == []


def test_a_region_without_a_name(pair):
    """Its endpoint's name cannot be resolved; the action still ends in time."""
    one, _ = pair.by_ip
    assert one.act("start", region="eu-west-9", timeout=3)[0] == GENERIC
    assert one.changes() == []


WRONG = [
    ({"ip": None}, "neither name (an overlay of the policy) nor ip is given"),
    ({"routing_table": "rtb-0a1b2c3d,table"},
     'routing_table: "table" is not a route table\'s id (rtb-…)'),
    ({"iflabel": "x" * 16},
     f'iflabel: "{"x" * 16}" is too long: with the interface\'s name and a colon a label has at '
     "most 15 characters"),
]


@pytest.mark.parametrize("wrong, reason", WRONG)
def test_parameters_that_are_wrong(pair, wrong, reason):
    """No node may try; but what was started with others can still be stopped."""
    one, _ = pair.by_ip
    for action in ("validate-all", "start"):
        assert one.act(action, **wrong) == (CONFIGURED, reason)
    assert one.changes() == []
    if "ip" not in wrong:
        assert one.act("start") == (SUCCESS,)
        assert one.act("stop", **wrong) == (SUCCESS,) and one.changes() == []


def test_an_interface_that_this_node_has_not(pair):
    one, _ = pair.by_ip
    assert one.act("start", interface="eth7") == (
        INSTALLED, 'there is no interface eth7 to carry it: see "ip link"')
    assert one.changes() == [] and pair.owners() == [None, None]


def test_what_is_no_action(pair):
    done = pair.nodes[0].myha("ocf", "overlay-ip", "promote")
    assert (done.returncode, done.stderr) == (
        UNIMPLEMENTED, 'myha: overlay-ip knows no action "promote"\n')
    assert pair.nodes[0].myha("ocf", "nothing", "start").returncode == ARGS


# eni.

@pytest.fixture(params=["eni", "ip"])
def movers(request, pair):
    if not hasattr(pair, "eni"):
        pair.eni = pair.scene.service_eni()
    for node in pair.nodes:
        node.set_policy("version: 1\ninterfaces: {eth1: {}}\n")
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
        assert one.act("monitor", timeout=3)[0] == GENERIC
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
