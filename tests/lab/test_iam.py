# SPDX-License-Identifier: Apache-2.0
"""`iam-policy` prints the permissions that IAM must grant: with them each command succeeds, each action is
needed by one of the commands, and `check` names an action that was removed."""

import json

import pytest
from check_fixtures import ROLE, missing_of, permissions_of, without

from lab.cloud import Route
from lab.scene import OVERLAY, SERVICE

DESTINATION = f"{OVERLAY}/32"
ADDRESS = "10.0.0.100"


class Pair:
    """Two nodes of one zone, whose role may do what the first one's policy file needs."""

    def __init__(self, scene, policy, *arguments):
        self.scene, self.ec2 = scene, scene.ec2
        self.nodes = self.one, self.two = scene.bare_node("db1"), scene.bare_node("db2")
        scene.introduce(*self.nodes)
        for node in self.nodes:
            node.set_policy(policy.format(", ".join(table.id for table in scene.route_tables)))
        # It asks EC2 nothing.
        self.document = json.loads(self.good(self.one, "iam-policy", *arguments))
        assert self.ec2.requests() == []
        self.ec2.engine.iam.policies[ROLE] = [self.document]

    def good(self, node, *words, env=()):
        ran = node.run("env", *env, node.install.program, *words, check=False)
        assert ran.returncode == 0, (words, ran)
        return ran.stdout

    def agent(self, node, agent, **parameters):
        """A resource's life under a cluster."""
        words = [f"OCF_RESKEY_{name}={value}" for name, value in parameters.items()]
        for action in ("start", "monitor", "stop"):
            self.good(node, "ocf", agent, action, env=[
                *words, "OCF_RESKEY_CRM_meta_timeout=20000", "OCF_RESKEY_CRM_meta_interval="
                f"{10000 if action == 'monitor' else 0}"])

    def sent(self):
        """The permissions that were needed since the last call, each of which was given: EC2 responds with
        DryRunOperation to a dry run that IAM allows."""
        requests = self.ec2.requests()
        assert [one for one in requests if one["code"] not in (None, "DryRunOperation")] == []
        sent = {f"ec2:{one['action']}" for one in requests}
        return sent | ({"ec2:CreateTags"} if any(
            name.startswith("TagSpecification") for one in requests for name in one["parameters"])
            else set())


def overlay(pair):
    """All commands; the check is on at first."""
    one, two = pair.nodes
    pair.good(one, "overlay", "create", "sapascs")
    assert not one.eth0.source_dest_check
    pair.good(one, "overlay", "show", "sapascs")
    pair.good(two, "overlay", "move", "sapascs")
    pair.good(two, "overlay", "move", "--to", one.instance.id, "sapascs")
    pair.good(two, "overlay", "move", "--to", two.eth0.id, "sapascs")
    pair.good(two, "overlay", "move", "sapascs")
    pair.good(two, "overlay", "release", "sapascs")
    pair.good(two, "overlay", "release", "--delete-route", "sapascs")
    pair.good(two, "overlay", "create", "sapascs")
    pair.good(two, "overlay", "delete", "sapascs")
    pair.good(two, "overlay", "create", "sapascs")
    pair.agent(one, "overlay-ip", name="sapascs", monapi="true")
    pair.good(two, "overlay", "release", "sapascs")
    pair.good(two, "status")


def eni(pair):
    one, two = pair.nodes
    made = pair.good(one, "eni", "create", "--subnet", pair.scene.service.id, "--address", SERVICE,
                     "--tag", "Name=ascs").strip()
    pair.good(one, "eni", "list")
    pair.good(one, "eni", "list", "--tag", "Name=ascs")
    pair.good(one, "eni", "show", SERVICE)
    pair.good(one, "eni", "move", SERVICE)
    pair.good(two, "eni", "move", made)
    pair.good(one, "eni", "move", SERVICE, "--no-wait")
    pair.good(one, "eni", "detach", SERVICE)
    pair.agent(two, "eni", ip=SERVICE)
    pair.good(one, "eni", "move", SERVICE)


def address(pair):
    for node in (*pair.nodes, pair.one):
        pair.good(node, "address", "move", ADDRESS)


def boot(pair):
    """The state before a boot: the routes lead here, the check is on, and the address is not there."""
    pair.one.eth0.source_dest_check = True
    for table in pair.scene.route_tables:
        table.routes[DESTINATION] = Route(DESTINATION, pair.one.eth0.id)
    pair.scene.vpc.sync_routes()
    pair.good(pair.one, "boot", "--timeout", "20")
    assert not pair.one.eth0.source_dest_check
    assert DESTINATION in pair.one.run("ip", "-4", "address").stdout


def overlay_agent(pair):
    """Routes are made at first, and taken over then; the check is on at first."""
    for node in (*pair.nodes, pair.one):
        pair.agent(node, "overlay-ip", name="sapascs", monapi="true")
    assert not pair.one.eth0.source_dest_check


def eni_agent(pair):
    pair.scene.service_eni()
    for node in (*pair.nodes, pair.one):
        pair.agent(node, "eni", ip=SERVICE)


OVERLAYS = "version: 1\noverlays: {{sapascs: {{address: " + OVERLAY + ", route-tables: [{}]}}}}\n"
ALL_TABLES = "version: 1\noverlays: {{sapascs: {{address: " + OVERLAY + ", route-tables: vpc}}}}\n"
INTERFACES = "version: 1\ninterfaces: {{eth1: {{}}}}\n"
BOTH = OVERLAYS + "interfaces: {{eth1: {{}}}}\n"
USES = {
    "overlay": (OVERLAYS, ["--for", "overlay"], [overlay]),
    "eni": (INTERFACES, ["--for", "eni"], [eni]),
    "address": ("version: 1\n", ["--for", "address"], [address]),
    "boot": (BOTH, ["--for", "boot"], [boot]),
    "cluster": (BOTH, ["--for", "cluster"], [overlay_agent, eni_agent]),
    "cluster, of overlays": (OVERLAYS, ["--for", "cluster"], [overlay_agent]),
    "cluster, of interfaces": (INTERFACES, ["--for", "cluster"], [eni_agent]),
    "by default": (BOTH, [], [boot, overlay, eni]),
    "by default, of overlays": (OVERLAYS, [], [overlay, boot]),
    "by default, of interfaces": (INTERFACES, [], [eni]),
    "several": (BOTH, ["--for", "address", "--for", "boot"], [boot, address]),
}


# Permissions that cannot be probed without another one, and the reason.
UNTRIED = {
    "ec2:CreateNetworkInterface": {
        "ec2:CreateTags": "the probe requires ec2:CreateNetworkInterface, which IAM does not "
                          "permit"},
    "ec2:DescribeNetworkInterfaces": {
        "ec2:DetachNetworkInterface": "finding an ENI for the DryRun requires "
                                      "ec2:DescribeNetworkInterfaces, which IAM does not permit"},
}


@pytest.mark.parametrize("use", USES)
def test_the_least_that_is_enough(scene, use):
    policy, arguments, commands = USES[use]
    pair = Pair(scene, policy, *arguments)
    for run in commands:
        run(pair)
    permissions = permissions_of(pair.document)
    assert pair.sent() == set(permissions)

    def check():
        ran = pair.one.myha("check", "--json", *arguments)
        return [finding for area in json.loads(ran.stdout)["areas"]
                if area["area"] == "permissions" for finding in area["findings"]]

    assert check() == []
    for permission in permissions:
        pair.ec2.engine.iam.policies[ROLE] = [without(pair.document, permission)]
        findings = check()
        assert missing_of(findings) == [permission], findings
        others = [one["what"] for one in findings if one["id"] != "permission-missing"]
        untried = [name for name in UNTRIED.get(permission, []) if name in permissions]
        assert others == [f"{name} cannot be checked: {UNTRIED[permission][name]}"
                          for name in untried], permission


def test_no_use_is_left_out(scene):
    """Those that the program knows are those of this file; `check` needs nothing."""
    node = scene.bare_node()
    node.set_policy("version: 1\n")
    refused = node.myha("iam-policy", "--for", "nothing")
    assert refused.returncode == 2
    known = refused.stderr.partition("; valid uses: ")[2].strip().split(", ")
    assert known == [use for use in USES if use in known] + ["check"]
    assert node.myha("iam-policy", "--for", "check").stdout == ""


def test_the_vpc_alone(scene):
    """Statements that are limited to the VPC do not permit a table of another VPC."""
    pair = Pair(scene, ALL_TABLES, "--for", "overlay")
    pair.good(pair.one, "overlay", "create", "sapascs", "--route-table", scene.main_table.id)
    overlay_move = ["overlay", "move", "sapascs"]
    pair.good(pair.one, *overlay_move)
    scene.main_table.vpc = "vpc-0f0f0f0f0f0f0f0f0"
    refused = pair.two.myha(*overlay_move, "--route-table", scene.main_table.id)
    assert refused.returncode != 0, refused
