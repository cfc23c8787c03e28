# SPDX-License-Identifier: Apache-2.0
"""The doctor: what is wrong is found and named, and gone once the remedy was run as it is printed.

A remedy is a shell script: what is no command in it stands behind a "#".
"""

import copy
import json
import os
import re
import subprocess

import pytest

from lab.cloud import Route
from lab.node import POLICY_ETH1
from lab.scene import OVERLAY

ROLE = "myha-node"
OTHER_ACCOUNT = "210987654321"


class Patient:
    """A node, and what the doctor says of it."""

    def __init__(self, scene, node):
        self.scene, self.node, self.ec2 = scene, node, scene.ec2

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

    def carry_out(self, finding):
        """The remedy, as it is printed."""
        assert finding["remedy"], finding
        program = getattr(self.node, "install", None)
        path = f"{program.tree}/usr/sbin:" if program else ""
        result = self.node.run(
            "env", f"PATH={path}/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-exc", finding["remedy"],
            check=False)
        assert result.returncode == 0, (finding, result)

    def cure(self, *ids):
        """Exactly these are found; their remedies are carried out; then nothing is."""
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
    # What a node with a system brings, for the parts that this one is not asked about.
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


def on_terminal(patient, *environment):
    """What is printed where standard output is one."""
    master, slave = os.openpty()
    with os.fdopen(master, "rb") as screen, os.fdopen(slave, "wb") as stdout:
        subprocess.run(patient.node.command("env", *environment, patient.node.install.program,
                                            "check"), stdout=stdout, timeout=30, check=True)
        return os.read(screen.fileno(), 65536).decode()


def test_nothing_is_wrong(scene, patient):
    document = allow(scene, patient.node)
    assert patient.check(status=0) == []
    assert set(patient.states.values()) == {"ok"}
    assert "version 2 at http://169.254.169.254 in " in patient.good["metadata"]
    assert f":assumed-role/{ROLE}/" in patient.good["credentials"]
    assert patient.good["permissions"] == \
        f"IAM allows {len(permissions_of(document))} of what is needed"
    text = patient.node.run(patient.node.install.program, "check").stdout.splitlines()
    assert [line.split("  ")[0] for line in text] == [
        "policy", "metadata", "credentials", "clock", "permissions", "overlays", "host",
        "other tools", "nothing is wrong"]
    assert "\033" not in "".join(text)
    assert "\033[32mok\033[0m" in on_terminal(patient)
    assert "\033" not in on_terminal(patient, "NO_COLOR=1")


def test_each_permission_is_named(scene, patient):
    """What is taken out of the printed policy, and nothing else."""
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
                                    "denies it")


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
    findings = patient.check("--for", use, status=0)
    # EC2 has no dry run of AssignPrivateIpAddresses, which is said.
    assert [(one["severity"], one["what"]) for one in findings] == ([] if use == "boot" else [
        ("note", "ec2:AssignPrivateIpAddresses cannot be checked: EC2 knows no dry run of it")])


def test_tables_of_the_vpc(scene, patient):
    """Those that have the route; without any, any one of the VPC."""
    patient.node.set_policy(policy(scene, tables="vpc"))
    allow(scene, patient.node)
    assert patient.check(status=0) == []
    for table in scene.route_tables:
        table.routes.clear()
    assert patient.ids(status=3) == ["route-missing"]


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


# What cannot be asked.

def test_no_policy(scene, patient):
    """The first minute of a new user: that is said first, and the rest is looked at."""
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


def test_no_answer_from_ec2(scene, patient):
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
    node.hot_detach()
    finding, absent = patient.check(status=3)
    assert (finding["id"], absent["id"]) == ("interface-left", "interface-absent")
    # On the standby node, too: that the table will be taken when it must not.
    node.run("ip", "route", "add", "10.9.0.0/16", "dev", "eth0", "table", "100")
    assert patient.ids(status=3) == ["interface-left", "table-or-priority-taken"]
    patient.cure("interface-left", "table-or-priority-taken")


# Other tools, on a node that boots.

def test_networkd(scene, installed):
    """Without our drop-in; with it, not restarted; managing what is ours."""
    node = scene.system_node(networkd=True)
    scene.ec2  # noqa: B018
    drop_in, = installed.install.tree.glob("**/networkd.conf.d/*.conf")
    mask = node.path(f"/etc/systemd/networkd.conf.d/{drop_in.name}")
    mask.parent.mkdir(parents=True, exist_ok=True)
    mask.symlink_to("/dev/null")
    node.boot()
    node.wait_for_networkd("eth0")
    node.hot_attach(scene.service_eni())
    patient = sound(scene, node, policy(scene, interfaces=ETH1))
    found = patient.check(status=3)
    assert [one["id"] for one in found] == ["networkd-drops-rules", "networkd-drops-overlay"]
    patient.cure("networkd-drops-rules", "networkd-drops-overlay")
    # What was cured stays: networkd starts anew, and takes nothing away.
    before = node.view()
    node.systemctl("restart", "systemd-networkd.service")
    node.wait_for_networkd("eth0")
    assert node.view() == before
    assert patient.ids(status=0) == []

    # Written after networkd was started.
    node.run("sh", "-ec", "sleep 2.5; touch /etc/systemd/networkd.conf.d/90-myha.conf")
    patient.cure("networkd-not-restarted")

    # A file for all interfaces, as images have them.
    node.write("/etc/systemd/network/10-all.network",
               "[Match]\nName=eth1\n[Network]\nAddress=10.0.1.10/24\nLinkLocalAddressing=no\n")
    node.run("networkctl", "reload")
    node.wait_for_networkd("eth1")
    node.run("myha", "attach", "eth1")
    patient.cure("networkd-manages-interface")

    # It is to manage it, and has to leave the routes.
    node.path("/etc/systemd/network/05-myha-eth1.network").unlink()
    node.set_policy(policy(scene, interfaces="interfaces: {eth1: {addresses: none}}\n"))
    node.run("networkctl", "reload")
    node.wait_for_networkd("eth1")
    node.run("myha", "attach", "eth1")
    before = node.view()
    node.systemctl("restart", "systemd-networkd.service")
    node.wait_for_networkd("eth1")
    assert node.view() != before
    node.run("myha", "attach", "eth1")
    patient.cure("networkd-drops-routes")
    before = node.view()
    node.systemctl("restart", "systemd-networkd.service")
    node.wait_for_networkd("eth1")
    assert node.view() == before


# In the order in which they are told.
TOOLS = {
    "old-script": {"/sbin/ifup.local": "#!/bin/sh\nip rule add from 10.0.1.0/24 table MYHA\n"},
    # It writes the state file of each link that it manages, and leaves one when it is told to.
    "network-manager-manages-interface": {
        "/etc/systemd/system/NetworkManager.service":
            "[Service]\nExecStart=/usr/sbin/NetworkManager infinity\nExecReload=true\n",
        "/run/NetworkManager/devices/{index}": "[device]\nmanaged=true\nnm-owned=false\n",
        "/usr/bin/nmcli": "#!/bin/sh\n[ \"$*\" = \"device set eth1 managed no\" ] &&\n"
            "sed -i s/managed=true/managed=false/ /run/NetworkManager/devices/{index}\n"},
    "nm-cloud-setup-enabled": {
        "/usr/lib/systemd/system/nm-cloud-setup.service":
            "[Service]\nType=oneshot\nExecStart=/bin/true\n[Install]\n"
            "WantedBy=multi-user.target\n",
        "/usr/lib/systemd/system/nm-cloud-setup.timer":
            "[Timer]\nOnBootSec=60\n[Install]\nWantedBy=timers.target\n"},
    "cloud-init-hotplug": {
        "/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "24.1.3"\n',
        "/etc/cloud/cloud.cfg": "datasource_list: [ Ec2, None ]\n"},
    "net-utils-manages-interface": {
        "/usr/lib/systemd/system/policy-routes@.service":
            "[Service]\nExecStart=/bin/true\n",
        "/usr/lib/systemd/system/refresh-policy-routes@.service":
            "[Service]\nType=oneshot\nExecStart=/bin/true\n",
        "/usr/lib/systemd/system/refresh-policy-routes@.timer":
            "[Timer]\nOnActiveSec=60\n[Install]\nWantedBy=timers.target\n"},
    "cloud-netconfig-manages-interface": {
        "/usr/lib/cloud-netconfig/functions.cloud-netconfig": "",
        "/etc/sysconfig/network/config": "NETCONFIG_MODULES_ORDER=\"cloud-netconfig\"\n",
        "/etc/sysconfig/network/ifcfg-eth1":
            "STARTMODE=\"hotplug\"\nBOOTPROTO=\"dhcp\"\nCLOUD_NETCONFIG_MANAGE=\"yes\"\n"},
}


def test_other_tools(scene):
    """Their files are found; with what is printed against each, nothing is left."""
    node = scene.system_node()
    scene.ec2  # noqa: B018
    node.boot()
    node.hot_attach(scene.service_eni())
    patient = sound(scene, node, policy(scene, interfaces=ETH1))
    assert patient.ids(status=0) == []
    index = node.run("cat", "/sys/class/net/eth1/ifindex").stdout.strip()
    for files in TOOLS.values():
        for name, text in files.items():
            node.write(name.replace("{index}", index), text.replace("{index}", index))
    node.run("sh", "-ec", "cp /bin/sleep /usr/sbin/NetworkManager; chmod +x /usr/bin/nmcli")
    node.systemctl("enable", "nm-cloud-setup.timer", "nm-cloud-setup.service")
    node.systemctl("start", "NetworkManager.service")
    patient.cure(*TOOLS)


def test_what_myha_needs(scene, node):
    patient = sound(scene, node, POLICY_ETH1)
    node.write("/etc/udev/rules.d/90-myha.rules", "")
    node.systemctl("disable", "myha-boot.service")
    node.hot_attach(scene.service_eni())
    node.run("myha", "attach", "eth1")
    # myha sets it at attach: it is drift, and strict.
    node.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/eth1/rp_filter")
    patient.cure("interface-differs", "udev-rule-missing", "boot-unit-disabled",
                 "rp-filter-strict")
    node.systemctl("mask", "myha@.service", "myha-boot.service")
    patient.cure("unit-missing", "unit-missing")
