# SPDX-License-Identifier: Apache-2.0
"""Fixtures for the tests of "myha check": a node, the findings on it, and their remedies, run as they
are printed. A remedy is a shell script: what is no command in it stands behind a "#"."""

import copy
import json
import os
import re

import pytest

from lab.cloud import Route
from lab.scene import OVERLAY

ROLE = "myha-node"
OTHER_ACCOUNT = "210987654321"


class Patient:
    """A node, and the findings of "myha check" on it."""

    def __init__(self, scene, node):
        self.scene, self.node, self.ec2 = scene, node, scene.ec2
        # Printed commands are run as root: in the node's own file system, and in no other.
        mine, theirs = (os.stat(f"/proc/{pid}/ns/mnt").st_ino for pid in ("self", node.pid))
        assert mine != theirs

    def check(self, *arguments, status=None, env=()):
        """Findings by their id; good: the lines of what is in order, by area."""
        program = getattr(self.node, "install", None)
        program = [program.program] if program else ["myha"]
        result = self.node.run("env", *env, *program, "check", "--json", *arguments, check=False)
        assert result.stderr == "", result
        areas = json.loads(result.stdout)["areas"]
        self.good = {area["area"]: area["good"] for area in areas}
        self.states = {area["area"]: area["state"] for area in areas}
        findings = [finding for area in areas for finding in area["findings"]]
        severities = {finding["severity"] for finding in findings}
        expected = 1 if "unknown" in severities else 3 if severities - {"note"} else 0
        assert result.returncode == expected, result
        assert status is None or result.returncode == status, (result.returncode, findings)
        return findings

    def ids(self, *arguments, notes=False, **options):
        return [finding["id"] for finding in self.check(*arguments, **options)
                if notes or finding["severity"] != "note"]

    def carry_out(self, finding, pause=0):
        """The remedy, as it is printed, with a pause between its lines."""
        assert finding["remedy"], finding
        program = getattr(self.node, "install", None)
        path = f"{program.tree}/usr/sbin:" if program else ""
        remedy = finding["remedy"].replace("\n", f"\nsleep {pause}\n") if pause else finding["remedy"]
        result = self.node.run(
            "env", f"PATH={path}/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-exc", remedy,
            check=False, timeout=120)
        assert result.returncode == 0, (finding, result)

    def cure(self, *ids):
        """Exactly these are found; their remedies are run; then nothing is found."""
        findings = [one for one in self.check() if one["severity"] != "note"]
        assert [one["id"] for one in findings] == list(ids), findings
        for finding in findings:
            self.carry_out(finding)
        assert self.ids(status=0) == []


def policy(scene, *, interfaces="", tables=None, rest="", more=""):
    listed = ", ".join(table.id for table in scene.route_tables) if tables is None else tables
    listed = f"[{listed}]" if tables is None else tables
    return (f"version: 1\n{interfaces}{more}overlays:\n  sapascs: {{address: {OVERLAY}, "
            f"route-tables: {listed}{rest}}}\n")


ETH1 = "interfaces: {eth1: {}}\n"
ETH1_BY_ADDRESS = "interfaces: {eth1: {source: addresses}}\n"


def sound(scene, node, text):
    """A node with nothing to complain of: its overlay is routed to it, its interfaces are set up."""
    scene.introduce(node)
    node.set_policy(text)
    node.eth0.source_dest_check = False
    for table in scene.route_tables:
        table.routes[f"{OVERLAY}/32"] = Route(f"{OVERLAY}/32", node.eth0.id)
    scene.vpc.sync_routes()
    patient = Patient(scene, node)
    if isinstance(text, str) and "overlays" in text:
        patient.carry_out({"remedy": "myha boot --timeout 20"})
    return patient


def allow(scene, node, *arguments):
    """Have IAM allow what `iam-policy` prints, and return it."""
    program = getattr(node, "install", None)
    printed = node.run(*([program.program] if program else ["myha"]), "iam-policy", *arguments)
    document = json.loads(printed.stdout)
    scene.ec2.engine.iam.policies[ROLE] = [document]
    return document


@pytest.fixture
def patient(scene):
    """A node without a system, with an overlay and a service ENI."""
    node = scene.bare_node("db1")
    scene.ec2  # noqa: B018: it is to be there before the policy names its tables
    node.hot_attach(scene.service_eni())
    # Files of a node with a system, for the areas that this test is not about.
    for name in ("myha@.service", "myha-boot.service"):
        node.write(f"/etc/systemd/system/{name}", "[Unit]\n")
    node.write("/etc/udev/rules.d/90-myha.rules", "#\n")
    wants = node.path("/etc/systemd/system/multi-user.target.wants")
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "myha-boot.service").symlink_to("../myha-boot.service")
    return sound(scene, node, policy(scene, interfaces=ETH1))


def without(document, permission):
    reduced = copy.deepcopy(document)
    for statement in reduced["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != permission]
    reduced["Statement"] = [one for one in reduced["Statement"] if one["Action"]]
    return reduced


def permissions_of(document):
    return list(dict.fromkeys(
        one for statement in document["Statement"] for one in statement["Action"]))


def missing_of(findings):
    """The permissions that are said to be missing."""
    return [re.match(r"IAM does not permit (\S+) on ", one["what"])[1] for one in findings
            if one["id"] == "permission-missing"]
