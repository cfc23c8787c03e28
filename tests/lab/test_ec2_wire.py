# SPDX-License-Identifier: Apache-2.0
"""The lab's own EC2 lets in what EC2 would let in, by form, signature and policy, and goes wrong
where it is told to."""

import email.utils
import http.client
import json
import pathlib
import socket
import ssl
import subprocess
import time
from xml.etree import ElementTree

import pytest
from botocore.exceptions import BotoCoreError, ClientError, SSLError
from botocore.parsers import ResponseParserError
from ec2_fixtures import OVERLAY, Setup, refused

from lab.cloud import Cloud, Route
from lab.host import LATE

ASKED = {"DestinationCidrBlock": OVERLAY}


# Parameters.

def code_of(response):
    status, document = response
    root = ElementTree.fromstring(document)
    code = next((one.text for one in root.iter() if one.tag.rpartition("}")[2] == "Code"), None)
    return status, code


DESCRIBE = {"Action": "DescribeRouteTables"}


@pytest.mark.parametrize("body, code", [
    ({}, "MissingAction"),
    ({"Action": "DescribeNothing"}, "InvalidAction"),
    ({**DESCRIBE, "Version": "2000-01-01"}, "NoSuchVersion"),
    ({**DESCRIBE, "Colour": "red"}, "UnknownParameter"),
    ({**DESCRIBE, "routeTableId.1": "rtb-1"}, "UnknownParameter"),
    ({**DESCRIBE, "RouteTableId.member.1": "rtb-1"}, "InvalidParameterValue"),
    ({**DESCRIBE, "RouteTableId": "rtb-1"}, "UnknownParameter"),
    ({**DESCRIBE, "RouteTableId.0": "rtb-1"}, "InvalidParameterValue"),
    ({**DESCRIBE, "RouteTableId.2": "rtb-1"}, "InvalidParameterValue"),
    ({**DESCRIBE, "Filter.1.Name": "vpc-id", "Filter.1.Values.1": "x"}, "UnknownParameter"),
    ({**DESCRIBE, "MaxResults": "ten"}, "InvalidParameterValue"),
    ({**DESCRIBE, "DryRun": "True"}, "InvalidParameterValue"),
    ("Action=DescribeVpcs&Version=2016-11-15&DryRun=true&DryRun=true",
     "InvalidParameterCombination"),
    ({"Action": "DeleteRoute", "DestinationCidrBlock": OVERLAY}, "MissingParameter"),
    ({"Action": "DescribeInstanceAttribute", "InstanceId": "i-1", "Attribute": "colour"},
     "InvalidParameterValue"),
    ({"Action": "AssignPrivateIpAddresses", "NetworkInterfaceId": "eni-1", "DryRun": "true"},
     "UnknownParameter")])
def test_parameters_are_those_of_the_model(post, body, code):
    assert code_of(post(body)) == (400, code)


def test_a_response_as_it_is_on_the_wire(post, setup):
    status, document = post({"Action": "DeleteRoute", "RouteTableId": setup.main.id,
                             "DestinationCidrBlock": OVERLAY})
    request_id = document.partition("<RequestID>")[2].partition("<")[0]
    assert (status, document) == (
        400, '<?xml version="1.0" encoding="UTF-8"?>\n<Response>\n<Errors><Error><Code>'
        "InvalidRoute.NotFound</Code><Message>no route with destination-cidr-block "
        f"192.168.10.16/32 in route table {setup.main.id}</Message></Error></Errors>\n"
        f"<RequestID>{request_id}</RequestID>\n</Response>\n")
    setup.main.routes[OVERLAY] = Route(OVERLAY, setup.eni1.id)
    status, document = post({"Action": "DeleteRoute", "RouteTableId": setup.main.id,
                             "DestinationCidrBlock": OVERLAY})
    request_id = document.partition("<requestId>")[2].partition("<")[0]
    assert (status, document) == (
        200, '<?xml version="1.0" encoding="UTF-8"?>\n<DeleteRouteResponse xmlns='
        f'"http://ec2.amazonaws.com/doc/2016-11-15/">\n<requestId>{request_id}</requestId>\n'
        "<return>true</return>\n</DeleteRouteResponse>\n")


# Signatures.

def changed(name, function):
    def change(headers):
        headers[name] = function(headers[name])
    return change


def without(name):
    return lambda headers: headers.pop(name)


@pytest.mark.parametrize("options, code", [
    ({}, (200, None)),
    ({"headers": {"X-Odd": "  a   b\tc "}}, (200, None)),
    ({"after": without("Authorization")}, (400, "MissingParameter")),
    ({"after": changed("Authorization", lambda text: text[:-1] + "x")},
     (400, "IncompleteSignature")),
    ({"after": changed("Authorization", lambda text: text[:-8] + "01234567")},
     (403, "SignatureDoesNotMatch")),
    ({"after": changed("Content-Type", lambda text: text.replace("; charset=utf-8", ""))},
     (403, "SignatureDoesNotMatch")),
    ({"after": changed("Authorization", lambda text: text.replace(";x-amz-date", ""))},
     (403, "SignatureDoesNotMatch")),
    ({"after": lambda headers: headers.update({"X-Amz-Meta": "unsigned"})},
     (403, "SignatureDoesNotMatch")),
    ({"after": lambda headers: headers.update({"X-Amz-Security-Token": "stray"})},
     (403, "SignatureDoesNotMatch")),
    ({"service": "sts"}, (403, "SignatureDoesNotMatch")),
    ({"region": "us-east-1"}, (403, "SignatureDoesNotMatch"))])
def test_signatures(post, options, code):
    assert code_of(post(DESCRIBE, **options)) == code


def test_whose_keys(post, setup, make_client, user):
    role = setup.cloud.credentials_of(setup.one)
    assert code_of(post(DESCRIBE, credentials=role)) == (200, None)
    assert code_of(post(DESCRIBE, credentials=Cloud().create_user("nobody"))) == \
        (401, "AuthFailure")
    for change in ({"token": None}, {"token": "wrong"}):
        other = type(role)(**{**vars(role), **change})
        assert code_of(post(DESCRIBE, credentials=other)) == (401, "AuthFailure")
    other = type(role)(**{**vars(role), "secret_key": "wrong"})
    assert code_of(post(DESCRIBE, credentials=other)) == (403, "SignatureDoesNotMatch")
    role.expires = time.time() - 1
    assert code_of(post(DESCRIBE, credentials=role)) == (400, "RequestExpired")
    refused(make_client(role, "sts").get_caller_identity, "ExpiredToken", 403)


@pytest.mark.parametrize("offset, code", [
    (0, (200, None)), (14 * 60, (200, None)), (-14 * 60, (200, None)),
    (16 * 60, (400, "RequestExpired")), (-16 * 60, (400, "RequestExpired"))])
def test_clocks(post, setup, offset, code):
    setup.cloud.clock_offset = offset
    assert code_of(post(DESCRIBE)) == code


def test_the_date_is_of_ec2s_clock(ec2, setup, server):
    setup.cloud.clock_offset = 7200
    with pytest.raises(ClientError) as caught:
        ec2.describe_vpcs()
    date = caught.value.response["ResponseMetadata"]["HTTPHeaders"]["date"]
    assert abs(email.utils.parsedate_to_datetime(date).timestamp() - time.time() - 7200) < LATE


# IAM.

def statement(effect, action, resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def test_iam(ec2, setup, server):
    tables = "arn:aws:ec2:eu-central-1:111122223333:route-table"
    sent = {"RouteTableId": setup.main.id, "DestinationCidrBlock": OVERLAY,
             "NetworkInterfaceId": setup.eni1.id}
    policies = server.engine.iam.policies

    def policy(*statements):
        policies["tester"] = [{"Version": "2012-10-17", "Statement": list(statements)}]

    policy(statement("Allow", "ec2:Describe*"))
    ec2.describe_route_tables()
    assert refused(ec2.create_route, "UnauthorizedOperation", 403, **sent) == \
        "You are not authorized to perform this operation. User: " \
        "arn:aws:iam::111122223333:user/tester is not authorized to perform: ec2:CreateRoute on " \
        f"resource: {tables}/{setup.main.id} because no identity-based policy allows the " \
        "ec2:CreateRoute action"
    refused(ec2.create_route, "UnauthorizedOperation", 403, DryRun=True, **sent)
    refused(ec2.create_route, "UnauthorizedOperation", 403, **{**sent, "RouteTableId": "rtb-0"})
    policy(statement("Allow", ["ec2:createroute"], [f"{tables}/{setup.main.id}"]))
    refused(ec2.create_route, "DryRunOperation", 412, DryRun=True, **sent)
    assert setup.main.routes == {}
    ec2.create_route(**sent)
    refused(ec2.create_route, "UnauthorizedOperation", 403,
            **{**sent, "RouteTableId": setup.table.id})
    refused(ec2.describe_route_tables, "UnauthorizedOperation", 403)
    policy(statement("Allow", "*"), statement("Deny", "ec2:*Route", f"{tables}/*"))
    assert "with an explicit deny" in refused(ec2.create_route, "UnauthorizedOperation", 403,
                                              **sent)
    policy(statement("Allow", "ec2:*", Condition={
        "StringEquals": {"ec2:ResourceTag/Name": "b"}}))
    refused(ec2.create_route, "UnauthorizedOperation", 403, **sent)
    ec2.create_route(**{**sent, "RouteTableId": setup.table.id})


def test_iam_of_what_is_made(ec2, setup, server):
    """Tags are a permission of their own, in a dry run too; groups are the VPC's, the ENI not yet."""
    sent = {"SubnetId": setup.a.id, "DryRun": True}
    tagged = {**sent, "TagSpecifications": [{
        "ResourceType": "network-interface", "Tags": [{"Key": "Name", "Value": "x"}]}]}
    within = {"ArnLike": {"ec2:Vpc": f"arn:aws:ec2:*:*:vpc/{setup.cloud.vpc}"}}
    make = statement("Allow", "ec2:CreateNetworkInterface",
                     ["arn:aws:ec2:*:*:subnet/*", "arn:aws:ec2:*:*:security-group/*"],
                     Condition=within)
    enis = statement("Allow", "ec2:CreateNetworkInterface", "arn:aws:ec2:*:*:network-interface/*")
    policies = server.engine.iam.policies
    policies["tester"] = [{"Version": "2012-10-17", "Statement": [make, enis]}]
    refused(ec2.create_network_interface, "DryRunOperation", 412, **sent)
    assert "ec2:CreateTags on resource" in refused(
        ec2.create_network_interface, "UnauthorizedOperation", 403, **tagged)
    policies["tester"][0]["Statement"] = [make, {**enis, "Condition": within}]
    assert ":network-interface/*" in refused(
        ec2.create_network_interface, "UnauthorizedOperation", 403, **sent)
    assert len(setup.cloud.enis) == 3


# Faults.

def test_latency(ec2, setup, server):
    server.latency = 0.1
    server.faults.set([{"kind": "latency", "value": 0.1, "action": "DescribeVpcs"}])
    start = time.monotonic()
    ec2.describe_vpcs()
    assert time.monotonic() - start >= 0.2


def test_errors_for_some_requests(ec2, setup, server):
    server.faults.set([
        {"kind": "error", "code": "Unavailable", "status": 503, "times": 1, "skip": 1},
        {"kind": "error", "code": "InternalError", "match": f"RouteTableId.1={setup.table.id}"}])
    ec2.describe_vpcs()
    refused(ec2.describe_vpcs, "Unavailable", 503)
    ec2.describe_route_tables(RouteTableIds=[setup.main.id])
    refused(ec2.describe_route_tables, "InternalError", 500, RouteTableIds=[setup.table.id])


def test_throttling(ec2, setup, server, clock):
    """A bucket an action, which fills up again."""
    server.faults.throttle([{"action": "DescribeV*", "capacity": 3, "refill": 2}])
    for _ in range(3):
        ec2.describe_vpcs()
    assert refused(ec2.describe_vpcs, "RequestLimitExceeded", 503) == "Request limit exceeded."
    ec2.describe_subnets()
    clock.advance(0.55)
    ec2.describe_vpcs()


@pytest.mark.parametrize("fault, done", [
    ({"kind": "lost"}, True), ({"kind": "lost", "value": "reset"}, True),
    ({"kind": "cut"}, False), ({"kind": "truncated"}, True), ({"kind": "hang"}, False)])
def test_responses_that_do_not_come(make_client, user, setup, server, fault, done):
    client = make_client(user, config={"read_timeout": 0.5})
    server.faults.set([{**fault, "action": "CreateRoute"}])
    with pytest.raises((BotoCoreError, ResponseParserError)):
        client.create_route(RouteTableId=setup.main.id, NetworkInterfaceId=setup.eni1.id,
                            **ASKED)
    assert (OVERLAY in setup.main.routes) == done


@pytest.mark.parametrize("fault, code", [
    ({"kind": "html", "status": 502}, 502), ({"kind": "empty", "status": 503}, 503),
    ({"kind": "html", "status": 403, "value": "<!DOCTYPE html>no"}, 403)])
def test_responses_from_something_else(post, server, fault, code):
    server.faults.set([fault])
    status, document = post(DESCRIBE)
    assert status == code and "xml" not in document


def test_a_slow_response_and_a_redirect(post, server):
    server.faults.set([{"kind": "slow", "value": 0.0001, "times": 1},
                       {"kind": "redirect", "value": "https://elsewhere.example/"}])
    assert code_of(post(DESCRIBE)) == (200, None)
    assert post(DESCRIBE)[0] == 307


def test_a_huge_response(post, server):
    server.faults.set([{"kind": "huge"}])
    assert len(post(DESCRIBE)[1]) == 3 + (64 << 20)


@pytest.mark.parametrize("style", [
    {"namespace": "urn:elsewhere"}, {"reverse": True}, {"chunked": True},
    {"envelope": "ErrorResponse"}, {"namespace": "urn:x", "prefix": "e", "reverse": True}])
def test_other_ways_to_say_the_same(post, setup, server, style):
    def names(document):
        return sorted((one.tag.rpartition("}")[2], one.text) for one in
                      ElementTree.fromstring(document).iter()
                      if one.tag.rpartition("}")[2].lower() != "requestid")

    sent = {"Action": "ReplaceRoute", "RouteTableId": setup.main.id, **ASKED,
             "NetworkInterfaceId": setup.eni1.id}
    plain, bad = post(DESCRIBE)[1], code_of(post(sent))
    server.faults.set([{"kind": "style", "value": style}])
    other, again = post(DESCRIBE)[1], post(sent)
    assert names(other) == names(plain)
    assert code_of(again) == bad
    if "envelope" in style:
        assert "<ErrorResponse xmlns=" in again[1]
    if "prefix" in style:
        assert '<e:DescribeRouteTablesResponse xmlns:e="urn:x">' in other


def test_requests_are_recorded(ec2, setup, server, user):
    ec2.describe_route_tables(RouteTableIds=[setup.main.id])
    seen, = server.requests()
    assert (seen["action"], seen["status"], seen["code"], seen["principal"]) == \
        ("DescribeRouteTables", 200, None, user.arn)
    assert seen["parameters"] == {"Action": "DescribeRouteTables", "Version": "2016-11-15",
                                  "RouteTableId.1": setup.main.id}
    assert server.requests() == []


# TLS.

@pytest.mark.parametrize("kind, word", [
    ("expired", "expired"), ("stranger", "verify failed"), ("other", "doesn't match")])
def test_certificates(make_client, setup, server, user, kind, word):
    server.present(kind)
    with pytest.raises(SSLError) as caught:
        make_client(user).describe_vpcs()
    assert word in str(caught.value)


def test_a_directory_of_authorities(setup, server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(capath=server.authority.hashed())
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context)
    connection.connect()
    connection.close()


def test_off_and_on(make_client, user, setup, server):
    client = make_client(user)
    client.describe_vpcs()
    server.off()
    with pytest.raises(BotoCoreError):
        client.describe_vpcs()
    server.on()
    client.describe_vpcs()


def test_as_a_program(tmp_path, session):
    """With a state from a file, keys in a file, and a socket to drive it by."""
    cloud = Setup(Cloud()).cloud
    (tmp_path / "state").write_text(cloud.to_json())
    process = subprocess.Popen(
        ["/usr/bin/python3", "-m", "lab.ec2", "--listen=127.0.0.1:0", "--state", tmp_path / "state",
         "--ca", tmp_path / "ca", "--control", tmp_path / "control"], stdout=subprocess.PIPE,
        text=True, cwd=pathlib.Path(__file__).parent)
    try:
        port = process.stdout.readline().split()[-1]
        assert process.stdout.readline() == "ready\n"
        words = (tmp_path / "ca/credentials").read_text().split()
        client = session.create_client(
            "ec2", region_name="eu-central-1", endpoint_url=f"https://127.0.0.1:{port}",
            verify=str(tmp_path / "ca/ca.pem"), aws_access_key_id=words[3],
            aws_secret_access_key=words[6])
        assert len(client.describe_route_tables()["RouteTables"]) == 2
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(tmp_path / "control"))
            with control.makefile("rw") as stream:
                stream.write('{"do": "requests"}\n')
                stream.flush()
                seen, = json.loads(stream.readline())
        assert seen["action"] == "DescribeRouteTables"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_it_is_quick(ec2, setup, server):
    ec2.create_route(RouteTableId=setup.main.id, NetworkInterfaceId=setup.eni1.id, **ASKED)
    server.requests()
    for _ in range(50):
        ec2.replace_route(RouteTableId=setup.main.id, NetworkInterfaceId=setup.eni1.id, **ASKED)
    took = sorted(one["responded"] - one["arrived"] for one in server.requests())
    print(f"a response takes {1000 * took[25]:.2f} ms")
    assert took[0] < 0.002  # the quickest: a busy machine interrupts most of them
