# SPDX-License-Identifier: Apache-2.0
"""Wrong command lines and policies, and missing permissions: one clear line, an exit status that says whose
turn it is, and nothing is changed."""

import json

import pytest
from boot_fixtures import on
from overlay_fixtures import NAME, READ, check, read_tables

from lab.ec2 import environment
from lab.scene import OVERLAY

MISSING = "rtb-0123456789abcdef0"
OUTSIDE = "192.168.10.77"


def refused(pair, *words, status=2, sent=(), **options):
    """The only line that a run says which changes nothing."""
    before = pair.state()
    ran = pair.run(pair.db1, "overlay", *words, **options)
    assert (ran.status, ran.sent, ran.out) == (status, list(sent), ""), ran
    assert len(ran.said) == 1, ran
    assert pair.state() == before
    return ran.said[0]


@pytest.mark.parametrize("words, line", [
    (["move", "sapacs"], 'the policy has no overlay "sapacs": did you mean "sapascs"?'),
    (["move", "saper"], 'the policy has no overlay "saper": did you mean "sapers"?'),
    (["show", "oracle"], 'the policy has no overlay "oracle": add the overlay to the policy, or give an '
     "address and --route-table"),
    (["move", OUTSIDE], f"{OUTSIDE}: the policy has no overlay with this address: give the route "
     "tables with --route-table, or add the overlay to the policy"),
    (["release", OUTSIDE, "--delete-route"], f"{OUTSIDE}: the policy has no overlay with this "
     "address: give the route tables with --route-table, or add the overlay to the policy"),
    (["move", "sapascs\u200b"], '"sapascs???": character 8 is U+200B (ZERO WIDTH SPACE), which cannot '
     "be seen: retype the argument"),
    (["move", ""], 'the policy has no overlay "": add the overlay to the policy, or give an address and '
     "--route-table")])
def test_names(pair, words, line):
    assert refused(pair, *words) == line


# An address that the policy file would not let through is none on the command line either.
@pytest.mark.parametrize("address, what", [
    ("127.0.0.1", "a loopback address"), ("::1", "a loopback address"),
    ("0.0.0.0", "an unspecified address"), ("::", "an unspecified address"), ("224.0.0.1", "a multicast address"),
    ("ff02::1", "a multicast address"), ("255.255.255.255", "a reserved address"),
    ("169.254.169.254", "a link-local address"), ("fe80::1", "a link-local address"),
    ("::ffff:192.168.10.16", "an IPv4-mapped IPv6 address"),
    ("fd00:ec2::254", "reserved by EC2 (fd00:ec2::/32)")])
def test_addresses_that_can_be_no_overlay(pair, address, what):
    for words in (["move", address, "--route-table", pair.tables["main"].id],
                  ["release", address]):
        assert refused(pair, *words) == f"{address} is {what} and cannot be an overlay"


@pytest.mark.parametrize("address", ["192.168.10.300", "192.168.10", "192.168.010.016", "10",
                                     f"{OVERLAY}/33", "2001:db8::g", "sapascs.example"])
def test_addresses_that_are_none(pair, address):
    line = refused(pair, "move", address, "--route-table", pair.tables["main"].id)
    assert line == f'the policy has no overlay "{address}": add the overlay to the policy, or give an ' \
        "address and --route-table"


def test_the_hosts_own_addresses(pair):
    """A slip of the keyboard must not take the host off the network."""
    own = pair.db1.eth0.ipv4s[0]
    table = ["--route-table", pair.tables["main"].id]
    for words in (["release", own], ["delete", own, *table], ["move", own, *table],
                  ["move", "10.0.0.200", *table], ["create", "10.0.0.200", *table]):
        assert refused(pair, *words) == f"{words[1]}: {words[1]} is in 10.0.0.0/24, the subnet " \
            "of eth0, and cannot be an overlay"
    assert pair.run(pair.db1, "overlay", "release", "10.0.0.200").status == 0
    assert pair.added(pair.db1) == []


def test_the_hosts_own_address_as_an_overlay_of_the_policy(pair):
    """Nor must a mistake in the policy."""
    own = pair.db1.eth0.ipv4s[0]
    pair.db1.set_policy(f"version: 1\noverlays: {{mistake: {{address: {own}, route-tables: vpc}}}}\n")
    for command in ("release", "move", "delete"):
        assert refused(pair, command, "mistake") == f"mistake: {own} is in 10.0.0.0/24, the subnet of " \
            "eth0, and cannot be an overlay"


def test_an_address_with_its_length(pair):
    """As some write it; another length is a network's."""
    table = ["--route-table", pair.tables["main"].id]
    assert pair.run(pair.db1, "overlay", "move", f"{OVERLAY}/32", *table).status == 0
    assert pair.added(pair.db1) == on("eth0", OVERLAY)
    assert pair.run(pair.db1, "overlay", "release", f"{OVERLAY}/32").status == 0
    assert refused(pair, "move", "192.168.10.16/24", *table) == \
        "192.168.10.16/24 is a network: an overlay is a single address, without a prefix length"


@pytest.mark.parametrize("address, cidr", [("10.0.200.9", "10.0.0.0/16"),
                                           ("2001:db8:1234:77::9", "2001:db8:1234::/56")])
@pytest.mark.parametrize("command", ["move", "create", "delete"])
def test_an_address_inside_the_vpc(pair, command, address, cidr):
    """From the command line, and from the policy, which does not know the VPC."""
    table = pair.tables["main"].id
    words = f"{address} is inside {cidr} of VPC vpc: an overlay address must be outside the VPC"
    sent = [read_tables("main"), *([check("db1")] if command != "delete" else [])]
    assert refused(pair, command, address, "--route-table", table, sent=sent) == \
        f"{address}: {words}"
    pair.db1.set_policy(f"version: 1\noverlays: {{inside: {{address: '{address}', "
                        f"route-tables: [{table}]}}}}\n")
    assert refused(pair, command, "inside", sent=sent) == f"inside: {words}"


def test_tables(pair):
    """Of another form, another VPC, or none at all, each is named."""
    other = pair.cloud.create_route_table(vpc="vpc-0123456789abcdef0")
    try:
        assert refused(pair, "move", NAME, "--route-table", "sapascs") == \
            "--route-table sapascs: not an id of the form rtb-…"
        assert refused(pair, "move", NAME, "--route-table", other.id,
                       sent=[read_tables(other.id), check("db1")]) == \
            f"{NAME}: route table {other.id} belongs to VPC vpc-0123456789abcdef0, not to " \
            "this host's VPC, vpc"
        assert refused(pair, "move", NAME, "--route-table", pair.tables["main"].id,
                       "--route-table", MISSING, status=1,
                       sent=[f"{read_tables('main', MISSING)} → InvalidRouteTableID.NotFound",
                              check("db1")]) == \
            f"{NAME}: route table {MISSING} does not exist in this account and region: " \
            "DescribeRouteTables: InvalidRouteTableID.NotFound: The routeTable ID " \
            f"'{MISSING}' does not exist"
    finally:
        del pair.cloud.route_tables[other.id]


@pytest.mark.parametrize("words, line", [
    (["move"], "overlay move requires OVERLAY: usage: myha overlay move OVERLAY"),
    (["move", NAME, "db2"], 'overlay move: unexpected argument "db2": usage: myha overlay move '
     "OVERLAY"),
    (["move", NAME, "--to", "db2"], f"{NAME}: --to db2: neither the id of an ENI (eni-…) nor of an "
     "instance (i-…)"),
    (["move", NAME, "--to", ""], "--to requires ENI|INSTANCE"),
    (["move", NAME, "--tp", "x"], "unknown option --tp, did you mean --to?"),
    (["move", NAME, "--force"], "unknown option --force: see \"myha --help\""),
    (["move", NAME, "--interface", "eth9"], f"{NAME}: there is no interface eth9 for the address: see "
     '"ip link"'),
    (["move", NAME, "--timeout", "0"], "--timeout 0: not a number of seconds above 0, such as 10 "
     "or 0.5"),
    (["crate", NAME], 'unknown command "overlay", did you mean "overlay create"?')])
def test_usage(pair, words, line):
    assert refused(pair, *words) == line


@pytest.mark.parametrize("policy, line", [
    ("version: 1\n", 'the policy has no overlay "sapascs": add the overlay to the policy, or give an '
     "address and --route-table"),
    ("version: 1\noverlays: {sapascs: {address: 192.168.10.16, interfce: lo}}\n",
     '/etc/myha/policy.yaml:2:46: unknown key "interfce", did you mean "interface"?'),
    (None, "policy file /etc/myha/policy.yaml does not exist: create the file (see myha.policy(5)) "
     "or give its path with --policy")])
def test_policy_files(pair, policy, line):
    if policy:
        pair.db1.set_policy(policy)
    else:
        pair.db1.path("/etc/myha/policy.yaml").unlink()
    before = pair.state()
    ran = pair.run(pair.db1, "overlay", "move", NAME)
    assert (ran.status, ran.sent, ran.said[0]) == (2, [], line)
    assert pair.state() == before


# IAM.

def policy(*denied):
    return [{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": list(denied), "Resource": "*"}]}]


@pytest.mark.parametrize("command, action, resource, arn", [
    ("move", "DescribeRouteTables", "*", "*"),
    ("move", "ReplaceRoute", "main", "arn:aws:ec2:*:*:route-table/main"),
    ("create", "CreateRoute", "main", "arn:aws:ec2:*:*:route-table/main"),
    ("delete", "DeleteRoute", "main", "arn:aws:ec2:*:*:route-table/main"),
    ("move --to", "DescribeInstances", "*", "*")])
def test_what_iam_denies(pair, command, action, resource, arn):
    """Exit 4; the line says what is denied on what, and the statement that would allow it, before
    EC2's own words. Once it is allowed as it says, it works."""
    pair.set_policy(tables=f"[{pair.tables['main'].id}]")
    node = pair.db2 if command == "delete" else pair.db1
    if command != "create":
        pair.route(node)
    pair.ec2.engine.iam.policies["myha-node"] = policy(f"ec2:{action}")
    command, *options = command.split()
    words = [command, NAME, *options, *([pair.db1.instance.id] if options else [])]
    before = pair.state()
    ran = pair.run(pair.db2, "overlay", *words)
    assert ran.status == 4
    said = ran.said[-1].removeprefix(f"{NAME}: ").removeprefix("main: ").removeprefix(
        "instance i-db1: ")
    assert said.startswith(
        f'IAM does not permit ec2:{action} on {resource}: allow "ec2:{action}" on "{arn}" (see '
        '"myha iam-policy"): UnauthorizedOperation: User: arn:aws:sts::111122223333:assumed-role/'
        f"myha-node/i-db2 is not authorized to perform: ec2:{action}"), said
    assert pair.state() == before
    ids = {name: one for one, name in pair.names().items()}
    allowed = arn.replace("main", ids["main"])
    document = [{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "NotAction": f"ec2:{action}", "Resource": "*"},
        {"Effect": "Allow", "Action": f"ec2:{action}", "Resource": allowed}]}]
    pair.ec2.engine.iam.policies["myha-node"] = document
    assert pair.run(pair.db2, "overlay", *words).status == 0


def test_the_least_that_iam_policy_prints_is_enough(pair):
    """For every command on every overlay of the policy; and no more than that: another table is not
    permitted."""
    printed = pair.db1.myha("iam-policy", env=pair.environment())
    assert printed.returncode == 0, printed
    pair.ec2.engine.iam.policies["myha-node"] = [json.loads(printed.stdout)]
    for words in (["create", NAME], ["show"], ["move", NAME], ["delete", NAME], ["create", NAME],
                  ["release", NAME, "--delete-route"]):
        assert pair.run(pair.db1, "overlay", *words).status == 0, words
    pair.route(pair.db1)
    assert pair.run(pair.db2, "overlay", "move", NAME).status == 0
    other = pair.cloud.create_route_table()
    try:
        ran = pair.run(pair.db1, "overlay", "move", NAME, "--route-table", other.id)
        assert ran.status == 4
    finally:
        del pair.cloud.route_tables[other.id]


def test_a_host_without_metadata(pair):
    """It cannot know which host it is; with its tables named and its keys in the environment it can
    still hand the routes to another node, and show them."""
    env = {**environment(pair.cloud.create_user("tester")), "AWS_REGION": "eu-central-1",
           "AWS_EC2_METADATA_DISABLED": "true"}
    pair.route(pair.db1)
    assert refused(pair, "move", NAME, status=1, env=env) == \
        f"{NAME}: the metadata service is disabled: AWS_EC2_METADATA_DISABLED is \"true\": " \
        "unset this variable"
    ran = pair.run(pair.db1, "overlay", "move", NAME, "--to", pair.db2.eth0.id, env=env)
    assert ran.status == 0 and ran.sent[0] == READ
    assert pair.routes()["main"][f"{OVERLAY}/32"] == "db2"
