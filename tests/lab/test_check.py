# SPDX-License-Identifier: Apache-2.0
"""`myha check` finds and names each problem; the problem is gone once the remedy was run as printed."""

import json
import os
import re
import subprocess

import pytest
from check_fixtures import (ETH1, OTHER_ACCOUNT, ROLE, allow, missing_of, permissions_of, policy,
                            without)

from lab.cloud import Route
from lab.node import POLICY_ETH1
from lab.scene import OVERLAY


def on_terminal(patient, *environment):
    """The output if standard output is a terminal."""
    master, slave = os.openpty()
    with os.fdopen(master, "rb") as screen, os.fdopen(slave, "wb") as stdout:
        subprocess.run(patient.node.command("env", *environment, patient.node.install.program,
                                            "check"), stdout=stdout, timeout=30, check=True)
        return os.read(screen.fileno(), 65536).decode()


def test_nothing_is_wrong(scene, patient):
    document = allow(scene, patient.node)
    assert patient.check(status=0) == []
    assert set(patient.states.values()) == {"ok"}
    assert "IMDSv2 at http://169.254.169.254 responds in " in patient.good["metadata"]
    assert f":assumed-role/{ROLE}/" in patient.good["credentials"]
    assert patient.good["permissions"] == \
        f"IAM allows all {len(permissions_of(document))} required permissions"
    text = patient.node.run(patient.node.install.program, "check").stdout.splitlines()
    assert [line.split("  ")[0] for line in text] == [
        "policy", "metadata", "credentials", "clock", "permissions", "overlays", "host",
        "other tools", "no problems found"]
    assert "\033" not in "".join(text)
    assert "\033[32mok\033[0m" in on_terminal(patient)
    assert "\033" not in on_terminal(patient, "NO_COLOR=1")


def test_each_permission_is_named(scene, patient):
    """Exactly the part that was removed from the printed policy."""
    iam = scene.ec2.engine.iam
    document = allow(scene, patient.node)
    permissions, remedies = permissions_of(document), []
    assert len(permissions) > 10
    for permission in permissions:
        iam.policies[ROLE] = [without(document, permission)]
        findings = patient.check()
        assert missing_of(findings) == [permission], (permission, findings)
        missing, = [one for one in findings if one["id"] == "permission-missing"]
        command = re.fullmatch(
            rf"aws iam put-role-policy --role-name {ROLE} --policy-name "
            rf"myha-{permission.partition(':')[2]} --policy-document '(.*)'", missing["remedy"])
        remedies.append(json.loads(command[1]))
    # All the remedies together are what IAM lacked.
    iam.policies[ROLE] = remedies
    assert patient.check(status=0) == []


def test_a_resource_is_named(scene, patient):
    """One of two tables; and a statement that denies."""
    iam = scene.ec2.engine.iam
    document = allow(scene, patient.node)
    for statement in document["Statement"]:
        if statement["Sid"] == "MyhaOverlayMove":
            statement["Resource"] = [one for one in statement["Resource"]
                                     if scene.main_table.id not in one]
    finding, = patient.check(status=3)
    arn = f"arn:aws:ec2:{scene.cloud.region}:{scene.cloud.account}:route-table/" \
          f"{scene.main_table.id}"
    assert finding["what"] == f"IAM does not permit ec2:ReplaceRoute on {arn} " \
                              "(statement MyhaOverlayMove)"
    iam.policies[ROLE] = [json.loads(patient.node.run(
        patient.node.install.program, "iam-policy").stdout), {
        "Version": "2012-10-17", "Statement": [{
            "Effect": "Deny", "Action": "ec2:DeleteRoute", "Resource": "*"}]}]
    finding, = patient.check(status=3)
    assert finding["what"].endswith("(statement MyhaOverlayCreateDelete): another statement "
                                    "denies the action")


def test_no_permission_at_all(scene, patient):
    """Many are missing: one remedy for all."""
    scene.ec2.engine.iam.policies[ROLE] = [{"Version": "2012-10-17", "Statement": []}]
    findings = patient.check(status=1)
    missing = [one for one in findings if one["id"] == "permission-missing"]
    assert {one["remedy"] for one in missing} == {
        "myha iam-policy >myha-iam.json\naws iam put-role-policy --role-name myha-node "
        "--policy-name myha --policy-document file://myha-iam.json"}
    text = patient.node.run(patient.node.install.program, "check", check=False).stdout
    assert text.count("put-role-policy") == 1


@pytest.mark.parametrize("use", ["boot", "address"])
def test_only_what_is_asked_for(scene, patient, use):
    if use == "address":
        patient.node.set_policy(POLICY_ETH1)
    allow(scene, patient.node, "--for", use)
    scene.ec2.requests()
    assert patient.check("--for", use, status=0) == []
    if use == "boot":
        return
    # EC2 has no dry run of it. What the ENI has already is assigned to it, which changes nothing; a
    # service that refuses that for another reason has told nothing.
    node = patient.node
    probe, = [one["parameters"] for one in scene.ec2.requests()
              if one["action"] == "AssignPrivateIpAddresses"]
    assert {name: value for name, value in probe.items() if name not in ("Action", "Version")} == {
        "NetworkInterfaceId": node.eth0.id, "PrivateIpAddress.1": node.eth0.ipv4s[0]}
    scene.ec2.faults.set([{"kind": "error", "action": "AssignPrivateIpAddresses", "status": 400,
                           "code": "InvalidParameterValue", "message": "It is assigned."}])
    finding, = patient.check("--for", use, status=0)
    assert (finding["severity"], finding["what"]) == (
        "note", "ec2:AssignPrivateIpAddresses cannot be checked: EC2's response to the probe on "
        f"{node.eth0.id} is InvalidParameterValue: It is assigned.")


def test_tables_of_the_vpc(scene, patient):
    """Those that have the route; without any, any one of the VPC."""
    patient.node.set_policy(policy(scene, tables="vpc"))
    allow(scene, patient.node)
    assert patient.check(status=0) == []
    for table in scene.route_tables:
        table.routes.clear()
    assert patient.ids(status=3) == ["route-missing"]


def test_tables_of_the_vpc_with_a_route_to_a_gateway(scene, patient):
    """It is named, and is nothing wrong."""
    patient.node.set_policy(policy(scene, tables="vpc"))
    allow(scene, patient.node)
    for route in scene.client_table.routes.values():
        route.target = "tgw-0a1b2c3d"
    note, = patient.check(status=0)
    assert (note["severity"], note["id"]) == ("note", "route-not-covered")
    assert f"{scene.client_table.id}: route to " in note["what"]
    assert " points to tgw-0a1b2c3d (active)" in note["what"]


def test_enis_that_are_named(scene, patient):
    """They are tried, and no other is allowed: on a standby node, that of the other one."""
    node, eni = patient.node, patient.node.attached["eth1"]
    node.set_policy(f"version: 1\ninterfaces: {{eth1: {{match: {{name: eth1, eni: {eni.id}, "
                    f"subnet: {eni.subnet}}}}}}}\n")
    document = allow(scene, node)
    assert patient.check(status=0) == []
    node.hot_detach()
    patient.carry_out({"remedy": "myha detach eth1"})
    # Attached nowhere, it cannot be tried whether it may be detached.
    assert [one["id"] for one in patient.check(status=0)] == [
        "permission-unknown", "interface-absent"]
    other = scene.cloud.create_instance()
    scene.cloud.attach(eni, other, 1)
    assert [one["id"] for one in patient.check(status=0)] == ["interface-absent"]
    for permission in ("ec2:DetachNetworkInterface", "ec2:AttachNetworkInterface"):
        scene.ec2.engine.iam.policies[ROLE] = [without(document, permission)]
        assert missing_of(patient.check(status=3)) == [permission]


def test_tables_of_another_account(scene, patient):
    """By the role that is assumed: its permissions, and that to assume it."""
    iam = scene.ec2.engine.iam
    role = scene.cloud.create_role("overlay", OTHER_ACCOUNT)
    for table in scene.route_tables:
        table.owner = OTHER_ACCOUNT
    patient.node.set_policy(policy(scene, rest=f", role-arn: '{role.arn}'"))
    document = allow(scene, patient.node)
    theirs = json.loads(patient.node.run(patient.node.install.program, "iam-policy", "--for-role",
                                      role.arn).stdout)
    iam.policies["overlay"] = [theirs]
    assert patient.check(status=0) == []
    for permission in permissions_of(theirs):
        iam.policies["overlay"] = [without(theirs, permission)]
        assert missing_of(patient.check()) == [permission]
    iam.policies["overlay"] = [theirs]
    iam.policies[ROLE] = [without(document, "sts:AssumeRole")]
    assert missing_of(patient.check(status=1)) == ["sts:AssumeRole"]


# Services that do not respond.

def test_no_policy(scene, patient):
    """The first minute of a new user: that is reported first, and the rest is checked."""
    patient.node.path("/etc/myha/policy.yaml").unlink()
    findings = patient.check(status=3)
    assert [one["id"] for one in findings][0] == "policy-missing"
    assert patient.states["metadata"] == patient.states["clock"] == patient.states["credentials"] == "ok"
    patient.carry_out(findings[0])
    assert "policy-missing" not in patient.ids()
    patient.node.run("chmod", "o+w", "/etc/myha/policy.yaml")
    findings = patient.check(status=3)
    assert findings[0]["id"] == "policy-owner"
    patient.carry_out(findings[0])
    assert "policy-owner" not in patient.ids()
    patient.node.set_policy("version: 1\ninterface: {}\n")
    finding = patient.check(status=3)[0]
    assert finding["id"] == "policy-wrong"
    assert finding["what"] == "/etc/myha/policy.yaml:2:1: unknown key \"interface\", did you " \
                              "mean \"interfaces\"?"


def test_no_metadata(scene, patient):
    """Off in four ways."""
    imds = scene.vpc.imds
    assert "imds-disabled" in patient.ids(env=["AWS_EC2_METADATA_DISABLED=true"], status=1)
    imds.faults({"kind": 403})
    finding = next(one for one in patient.check(status=1) if one["id"] == "imds-off")
    assert re.fullmatch(r"aws ec2 modify-instance-metadata-options --instance-id \S+ "
                        r"--http-endpoint enabled", finding["remedy"])
    imds.faults({"kind": "hang", "path": "/latest/api/token"})
    assert "imds-hop-limit" in patient.ids(status=1)
    imds.faults({"kind": 404, "path": "/latest/api/token"})
    assert "imds-no-tokens" in patient.ids(status=1)
    imds.faults()
    imds.off()
    findings = patient.check(status=1)
    assert "imds-unreachable" in [one["id"] for one in findings]
    # Nothing is taken for fine: what hangs on it is unknown, and said to be.
    assert {patient.states[area] for area in ("metadata", "credentials", "clock", "permissions",
                                           "overlays", "host")} == {"unknown"}


def test_no_credentials(scene, patient):
    patient.node.instance.role = None
    scene.vpc.publish()
    findings = patient.check(status=1)
    finding = next(one for one in findings if one["id"] == "credentials-missing")
    assert f"--instance-id {patient.node.instance.id} " in finding["remedy"]
    # Who has interfaces alone needs none.
    patient.node.set_policy(POLICY_ETH1)
    assert patient.ids(status=0) == []


def test_no_response_from_ec2(scene, patient):
    scene.ec2.off()
    findings = patient.check("--timeout", "20", status=1)
    assert patient.states["metadata"] == patient.states["host"] == "ok"
    assert patient.states["permissions"] == patient.states["overlays"] == "unknown"
    assert any(one["id"] == "ec2-unreachable" for one in findings)
    # Who has interfaces alone does without it.
    patient.node.set_policy(POLICY_ETH1)
    assert patient.ids(status=0) == []
    assert patient.states["permissions"] == patient.states["clock"] == "note"


def test_clock(scene, patient):
    for offset, severities in ((45, []), (-100, ["warning"]), (400, ["error"])):
        scene.cloud.clock_offset = offset
        found = [one["severity"] for one in patient.check() if one["id"] == "clock-wrong"]
        assert found == severities, offset


# Overlays.

def test_routes(scene, patient):
    node, destination = patient.node, f"{OVERLAY}/32"
    main, client = scene.route_tables
    other = scene.cloud.create_eni(scene.primary, ["10.0.0.99"])

    def routes(*targets, origin="CreateRoute"):
        for table, target in zip(scene.route_tables, targets):
            table.routes.pop(destination, None)
            if target:
                table.routes[destination] = Route(destination, target, origin)
        scene.vpc.sync_routes()

    routes(node.eth0.id, None)
    patient.cure("route-missing")
    assert client.routes[destination].target == node.eth0.id
    routes(None, None)
    patient.cure("route-missing", "route-missing")
    # The other node's ENI is gone: a route to nowhere.
    routes(other.id, node.eth0.id)
    patient.cure("route-blackhole", "route-differs")
    instance = scene.cloud.create_instance()
    scene.cloud.attach(other, instance, 0)
    routes(other.id, node.eth0.id)
    patient.cure("route-differs")
    # This node is not the active one, and does not know.
    routes(other.id, other.id)
    patient.cure("overlay-twice")
    routes(node.eth0.id, node.eth0.id)
    patient.cure("overlay-not-here")
    node.eth0.source_dest_check = True
    patient.cure("source-dest-check")
    routes(node.eth0.id, node.eth0.id, origin="Advertisement")
    assert patient.ids(status=3) == ["route-advertised", "route-advertised"]


ANEW = """# restart the resource in the cluster: crm_resource --resource RESOURCE --restart
# or move the resource to another node: crm_resource --resource RESOURCE --move --node NODE"""
CREATE = """# on the node that runs the resource, or is to run it:
myha overlay create sapascs"""
AWS_CHECK = "aws ec2 modify-network-interface-attribute --network-interface-id {eni} " \
            "--no-source-dest-check"


def test_an_overlay_of_a_cluster(scene, patient):
    """The cluster's own tool moves it; by myha nothing is done but what no resource can do."""
    node, destination = patient.node, f"{OVERLAY}/32"
    node.set_policy(policy(scene, rest=", managed-by: cluster"))
    there = scene.cloud.create_eni(scene.primary, ["10.0.0.98"])
    scene.cloud.attach(there, scene.cloud.create_instance(), 0)
    gone = scene.cloud.create_eni(scene.primary, ["10.0.0.99"])
    off, placed = ("ip", "address", "del", destination, "dev", "eth0"), \
        ("ip", "address", "add", destination, "dev", "eth0", "noprefixroute")
    here, node_of = node.eth0.id, there.id

    def found(*targets):
        for table, target in zip(scene.route_tables, targets):
            table.routes.pop(destination, None)
            if target:
                table.routes[destination] = Route(destination, target)
        scene.vpc.sync_routes()
        return [(one["id"], one["severity"], one["remedy"]) for one in patient.check()]

    assert found(here, here) == []
    assert found(here, node_of) == [("route-differs", "error", ANEW)]
    assert found(gone.id, gone.id) == [("route-blackhole", "error", ANEW)] * 2 + [
        ("overlay-twice", "error", "# make the cluster detect where the resource runs: crm_resource "
         "--resource RESOURCE --refresh")]
    missing = found(here, None)
    assert missing == [("route-missing", "error", CREATE)]
    patient.carry_out({"remedy": missing[0][2]})
    assert patient.check(status=0) == []
    node.eth0.source_dest_check = True
    assert found(here, here) == [("source-dest-check", "error", AWS_CHECK.format(eni=here))]
    node.eth0.source_dest_check = False
    # Its resource is stopped, which is the cluster's to decide.
    node.run(*off)
    assert found(here, here) == [("overlay-not-here", "note", ANEW)]
    assert found(there.id, gone.id) == [
        ("route-blackhole", "error", ANEW), ("route-differs", "error", ANEW)]
    assert found(None, None) == [("route-missing", "error", CREATE)] * 2
    node.run(*placed)


def test_where_an_overlay_is_wrong(scene, patient):
    patient.node.set_policy(policy(scene).replace(OVERLAY, "10.0.200.7"))
    assert "overlay-inside-vpc" in patient.ids(status=3)
    patient.node.set_policy(policy(scene, tables="[rtb-0123456789abcdef0]"))
    finding = next(one for one in patient.check() if one["id"] == "overlay-failed")
    assert "rtb-0123456789abcdef0" in finding["what"]


# The host.

def test_host(scene, patient):
    node = patient.node
    node.run("sh", "-ec", """
        ip link set dev eth1 mtu 1400
        ip rule add pref 90 from 10.0.1.0/24 lookup main
        ip address add 10.0.1.10/32 dev lo
        rm /etc/iproute2/rt_tables.d/myha.conf
    """)
    patient.cure("interface-differs", "rule-shadowed", "address-twice", "table-name-missing")
    node.run("ip", "rule", "add", "pref", "100", "from", "10.7.0.0/16", "lookup", "200")
    patient.cure("table-or-priority-taken")
    # As wg-quick, a VPN of some users and a firewall add them: each is named in full, and goes.
    node.run("ip", "-batch", "-", input="""
        rule add pref 91 not from all fwmark 0xca6c lookup 200
        rule add pref 92 from 10.0.1.10 uidrange 0-999 ipproto tcp lookup 200
        rule add pref 93 from 10.0.1.0/24 prohibit
        rule add pref 94 from all goto 32766
        rule add pref 95 fwmark 0x1 lookup 200
        rule add pref 96 iif eth0 lookup 200
    """)
    assert "another program's rule with priority 91 comes before the interface's rule" in \
        node.myha("attach", "eth1").stderr
    drift = node.myha("status", check=False)
    assert drift.returncode == 3 and "    drift: another program's rule with priority 91 comes " \
        "before the interface's rule with priority 100, and sends the interface's traffic to " \
        'another table: see "myha check"' in \
        drift.stdout.splitlines()
    interface, = json.loads(node.myha("status", "--json", check=False).stdout)["interfaces"]
    assert (interface["state"], interface["drift"]) == ("drift", [])
    assert "priority 91" in interface["trouble"]["text"]
    patient.cure(*["rule-shadowed"] * 4)
    assert node.myha("status").returncode == 0
    node.run("ip", "-batch", "-", input="rule del pref 95\nrule del pref 96\n")
    node.hot_detach()
    finding, absent = patient.check(status=3)
    assert (finding["id"], absent["id"]) == ("interface-left", "interface-absent")
    # On the standby node, too: that the table will be taken when it must not.
    node.run("ip", "route", "add", "10.9.0.0/16", "dev", "eth0", "table", "100")
    assert patient.ids(status=3) == ["interface-left", "table-or-priority-taken"]
    patient.cure("interface-left", "table-or-priority-taken")
