# SPDX-License-Identifier: Apache-2.0
"""Who asks, at what time, and whom: clocks that are wrong, credentials that are late, old or none,
roles of another account, certificates and endpoints that are not to be trusted."""

import re
import time

import pytest
from overlay_fixtures import NAME, READ, changes, check, move_requests, refused, table_reads

from lab.ec2 import environment
from lab.host import LATE, PATIENCE, wait_for
from lab.scene import OVERLAY

DESTINATION = f"{OVERLAY}/32"
URL = "https://ec2.eu-central-1.amazonaws.com/"
HOUR = 3600
ROLE_URL = "*/security-credentials/*"


def moved(pair):
    return {table.get(DESTINATION) for table in pair.routes().values()} == {"db2"}


# Clocks.

@pytest.mark.parametrize("hours", [2, -2])
@pytest.mark.parametrize("left", [6 * HOUR, HOUR, 60])
def test_a_wrong_clock(pair, hours, left):
    """EC2's Date tells by how much; one request is lost. Credentials that look expired may be good
    for another minute."""
    pair.cloud.clock_offset = hours * HOUR
    pair.cloud.renew(pair.db2.instance, seconds=left)
    pair.scene.vpc.publish()
    pair.route(pair.db1)
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.status == 0 and moved(pair)
    lost = [line for line in ran.sent if line.endswith("RequestExpired")]
    # Of two that go out at once the second one may not have left when the first one is refused.
    assert lost and len(set(lost)) == len(lost)
    assert set(lost) <= {f"{line} → RequestExpired" for line in (check("db2"), READ)}
    sent = [line for line in ran.sent if line not in lost]
    wanted = move_requests("db2", *changes("ReplaceRoute", DESTINATION, "db2"), on=True)
    assert sorted(sent[:2]) == sorted(wanted[:2]) and sent[2:] == wanted[2:]
    said = [re.fullmatch(r"this host's clock is (\d+) s (ahead of|behind) AWS's: set the clock "
                         r"\(see \"chronyc tracking\"\)", line) for line in ran.said]
    (seconds, side), = [found.groups() for found in said if found]
    assert side == ("behind" if hours > 0 else "ahead of")
    assert abs(int(seconds) - abs(hours) * HOUR) < 5 + ran.took
    expired = "the credentials of role myha-node appear to have expired: check this host's clock"
    assert (expired in ran.said) == (left + hours * HOUR < 0)


def test_a_wrong_clock_at_sts(pair):
    """STS has other words for it."""
    role = foreign_role(pair)
    pair.cloud.clock_offset = 2 * HOUR
    pair.cloud.renew(pair.db2.instance)
    pair.scene.vpc.publish()
    pair.route(pair.db1)
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.status == 0 and moved(pair)
    sent = f"AssumeRole RoleArn={role.arn} RoleSessionName=myha@db2"
    assert sorted(line for line in ran.sent if line.startswith("AssumeRole")) == \
        [sent, f"{sent} → SignatureDoesNotMatch"]


def is_refused_twice(ran, code):
    """No request had another response. One more may be counted, which was cut short when the one beside
    it was refused."""
    return set(table_reads(ran)) == {f"{READ} → {code}"} and len(table_reads(ran)) in (2, 3) and \
        all(line.endswith(f"→ {code}") for line in ran.sent)


# The instance's credentials.

def test_a_refusal_that_passes(pair):
    """New credentials are not known everywhere at once: they are fetched again, once."""
    pair.route(pair.db1)
    for code, status in (("AuthFailure", 401), ("RequestExpired", 400)):
        pair.ec2.faults.set([{"kind": "error", "action": "ReplaceRoute", "code": code,
                              "status": status, "times": 1}])
        pair.scene.vpc.imds.requests()
        ran = pair.run(pair.db2, "overlay", "move", NAME)
        fetched = [one["path"] for one in pair.scene.vpc.imds.requests()["requests"]
                   if one["path"].endswith("/security-credentials/myha-node")]
        assert ran.status == 0 and moved(pair)
        assert len(fetched) == 2
        assert [line.rpartition("→ ")[2] for line in ran.sent
                if line.startswith("ReplaceRoute") and "→" in line] == [code]
        pair.route(pair.db1)


def test_credentials_that_expire_while_one_waits(pair):
    """The metadata service has new ones by then."""
    old = pair.cloud.renew(pair.db2.instance, seconds=6 * HOUR)
    pair.scene.vpc.publish()
    pair.route(pair.db1)
    pair.ec2.faults.set([{"kind": "error", "action": "ReplaceRoute", "code": "Unavailable",
                          "status": 503}])
    process, seen = pair.start(pair.db2, "overlay", "move", NAME), []
    wait_for(lambda: seen.extend(pair.ec2.requests()) or len(seen) > 3, "a few requests")
    old.expires = time.time() - 1
    pair.cloud.renew(pair.db2.instance)
    pair.scene.vpc.publish()
    pair.ec2.faults.set([])
    _, said = process.communicate(timeout=PATIENCE)
    sent = pair.sent()
    assert process.returncode == 0 and moved(pair), said
    assert any(line.endswith("→ RequestExpired") for line in sent), sent


def test_credentials_that_have_expired(pair):
    """And no others are to be had: it says so, and does nothing."""
    pair.cloud.credentials_of(pair.db2.instance).expires = time.time() - 60
    pair.scene.vpc.publish()
    pair.route(pair.db1)
    before = pair.state()
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.status == 1
    assert is_refused_twice(ran, "RequestExpired")
    assert ran.said[-1] == f"{NAME}: DescribeRouteTables: RequestExpired: Request has expired.: " \
        "check the credentials and this host's clock"
    assert pair.state() == before


@pytest.mark.parametrize("fault", [503, 500, "truncated", "latency"])
def test_credentials_that_are_late(pair, fault):
    """The metadata service is queried again."""
    pair.route(pair.db1)
    pair.scene.vpc.imds.faults({"kind": fault, "path": ROLE_URL, "times": 2, "value": 0.2})
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.status == 0 and moved(pair), ran


@pytest.mark.parametrize("fault, words", [
    ("html", "metadata service: credentials of role myha-node: "), ("huge", "metadata service: "),
    ("hang", "metadata service: no valid response from http://169.254.169.254 in "),
    (403, "metadata service: GET http://169.254.169.254/latest/meta-data/iam/security-credentials/"
     "myha-node: HTTP 403")])
def test_credentials_that_are_none(pair, fault, words):
    def begin():
        pair.route(pair.db1)
        pair.scene.vpc.imds.faults({"kind": fault, "path": f"{ROLE_URL}-node"})
        pair.scene.vpc.imds.requests()

    def reached(_):
        return any(one["path"].endswith("-node") for one in pair.scene.vpc.imds.requests()["requests"])

    begin()
    before = pair.state()
    move = pair.db2, "overlay", "move", NAME
    ran = pair.run(*move) if fault != "hang" else pair.run_to_deadline(begin, *move, reached=reached)
    assert (ran.status, ran.sent) == (5 if fault == "hang" else 1, [])
    assert ran.took < (ran.deadline or 0) + LATE
    assert len(ran.said) == 1 and words in ran.said[0], ran
    assert pair.state() == before


def test_no_credentials(pair):
    """Each place that was tried is named, with what it lacks."""
    pair.db2.instance.role = None
    pair.scene.vpc.publish()
    pair.route(pair.db1)
    before = pair.state()
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert (ran.status, ran.sent) == (1, [])
    assert ran.said == [
        f"{NAME}: no credentials: environment (AWS_ACCESS_KEY_ID is not set), profile "
        "(/nonexistent/.aws/credentials: No such file or directory), container (no "
        "AWS_CONTAINER_CREDENTIALS_FULL_URI or ..._RELATIVE_URI is set), instance (the instance "
        "has no role: attach an instance profile)"]
    assert pair.state() == before


def test_wrong_credentials(pair):
    """A key that EC2 does not know, and a secret that is not its."""
    pair.route(pair.db1)
    before = pair.state()
    user = environment(pair.cloud.create_user("tester"))
    for change, code in (({"AWS_ACCESS_KEY_ID": "AKIAAAAAAAAAAAAAAAAA"}, "AuthFailure"),
                         ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "SignatureDoesNotMatch")):
        ran = pair.run(pair.db2, "overlay", "move", NAME, env={**user, **change})
        assert ran.status == 1 and is_refused_twice(ran, code)
        assert ran.said[0].startswith(f"{NAME}: DescribeRouteTables: {code}: ")
        assert ran.said[0].endswith(": check the credentials and this host's clock")
        assert len(ran.said) == 1 and pair.state() == before


# Roles.

def foreign_role(pair, **more):
    """The tables belong to another account, and so does the role that may change them."""
    role = pair.cloud.create_role("overlay", account="444455556666", **more)
    for table in pair.tables.values():
        table.owner = role.account
    pair.set_policy(role=role.arn)
    return role


def test_a_role_of_another_account(pair):
    """It is assumed for the routes; the ENI's check is this account's."""
    role = foreign_role(pair, trusts=["myha-node"])
    pair.route(pair.db1)
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.status == 0 and moved(pair)
    first, *later = move_requests("db2", *changes("ReplaceRoute", DESTINATION, "db2"), on=True)
    assert ran.sent == [*later[:2], f"AssumeRole RoleArn={role.arn} RoleSessionName=myha@db2", first,
                         *later[2:]]
    for words in (["delete"], ["create"], ["show"], ["release", "--delete-route"]):
        assert pair.run(pair.db2, "overlay", words[0], NAME, *words[1:]).status == 0
    assert {table.get(DESTINATION) for table in pair.routes().values()} == {None}


def test_a_role_that_must_not_be_assumed(pair):
    """Then no other identity is used instead, neither for a read nor for a change."""
    role = foreign_role(pair, trusts=["another"])
    pair.route(pair.db1)
    before = pair.state()
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    sent = f"AssumeRole RoleArn={role.arn} RoleSessionName=myha@db2"
    # Requests about the check use the host's own identity.
    assert (ran.status, ran.sent[2:]) == (4, [f"{sent} → AccessDenied"])
    head = f"{NAME}: IAM does not permit sts:AssumeRole on {role.arn}: allow \"sts:AssumeRole\" " \
        'on this role (see "myha iam-policy"), and allow this host\'s role in its trust policy: ' \
        'AccessDenied: '
    assert len(ran.said) == 1 and ran.said[0].startswith(head)
    assert pair.state() == before


def test_sts_does_not_know_the_credentials_yet(pair):
    foreign_role(pair)
    pair.route(pair.db1)
    fault = {"kind": "error", "action": "AssumeRole", "code": "InvalidClientTokenId",
             "status": 403, "message": "words of STS"}
    pair.ec2.faults.set([{**fault, "times": 1}])
    assert pair.run(pair.db2, "overlay", "move", NAME).status == 0 and moved(pair)
    pair.route(pair.db1)
    pair.ec2.faults.set([fault])
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.status == 1
    assert ran.said == [f"{NAME}: cannot assume arn:aws:iam::444455556666:role/overlay: "
                        "InvalidClientTokenId: words of STS"]

    def begin():
        foreign_role(pair)
        pair.ec2.faults.set([{"kind": "hang", "action": "AssumeRole"}])

    ran = pair.run_to_deadline(begin, pair.db2, "overlay", "move", NAME, reached=refused(1))
    assert (ran.status, ran.said) == (5, [f"{NAME}: AssumeRole: timed out: no response from "
                                          "https://sts.eu-central-1.amazonaws.com/"])
    assert ran.took < ran.deadline + LATE


# Whom one asks.

@pytest.mark.parametrize("kind, words", [
    ("expired", "SSL certificate problem: certificate has expired"),
    ("stranger", "SSL certificate problem: unable to get local issuer certificate"),
    ("other", "SSL: no alternative certificate subject name matches target host name "
     "'ec2.eu-central-1.amazonaws.com'")])
def test_a_certificate_that_is_not_to_be_trusted(pair, kind, words):
    pair.route(pair.db1)
    before, connections = pair.state(), pair.ec2.connections
    pair.ec2.present(kind)
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert (ran.status, ran.sent) == (1, [])
    assert ran.said == [
        f"{NAME}: DescribeRouteTables: {URL}: {words}: check the endpoint, this host's clock and the "
        "trusted CA certificates (AWS_CA_BUNDLE, aws.ca-bundle)"]
    # One for the route tables, one for the check beside them.
    assert pair.ec2.connections == connections + 2, "it was tried again"
    assert pair.state() == before


def test_authorities_by_hand(pair):
    """By the environment or the policy; a wrong file says so."""
    pair.ec2.present("stranger")
    bundle = pair.ec2.authority.directory / "stranger/ca.pem"
    pair.db2.write("/etc/myha/ca.pem", bundle.read_text())
    pair.route(pair.db1)
    ran = pair.run(pair.db2, "overlay", "move", NAME, env={"AWS_CA_BUNDLE": "/etc/myha/ca.pem"})
    assert ran.status == 0 and moved(pair)
    pair.route(pair.db1)
    pair.set_policy(more="aws: {ca-bundle: /etc/myha/ca.pem}\n")
    assert pair.run(pair.db2, "overlay", "move", NAME).status == 0 and moved(pair)
    pair.set_policy(more="aws: {ca-bundle: /etc/myha/none.pem}\n")
    before = pair.state()
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.status in (1, 2) and "/etc/myha/none.pem" in ran.said[0], ran
    assert len(ran.said) == 1 and pair.state() == before


def test_endpoints_in_clear(pair):
    """http:// only to this host, or where it was said for EC2 by name; and then it is not kept
    quiet."""
    before = pair.state()
    ran = pair.run(pair.db2, "overlay", "move", NAME,
                   env={"AWS_ENDPOINT_URL": "http://ec2.example"})
    assert (ran.status, ran.sent) == (2, [])
    assert ran.said == [
        f'{NAME}: AWS_ENDPOINT_URL is "http://ec2.example", which is neither encrypted nor on this '
        "host: use https://, or set this endpoint only for ec2"]
    for name, env in (("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
                      ("AWS_ENDPOINT_URL_EC2", "http://10.0.0.1:1")):
        ran = pair.run(pair.db2, "--timeout", "2", "overlay", "move", NAME, env={name: env})
        assert ran.status == 5 and f" {env}/" in ran.said[-1], ran
    assert pair.state() == before
