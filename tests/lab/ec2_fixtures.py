# SPDX-License-Identifier: Apache-2.0
"""Fixtures for the tests of the lab's own EC2: a server without a network, and botocore's client."""

import http.client
import ssl
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.session
import pytest
from botocore.exceptions import ClientError

from lab import ec2_engine, ec2_enis, ec2_faults
from lab.cloud import Cloud
from lab.ec2 import Server
from lab.ec2_engine import Engine
from lab.ec2_faults import Faults

OVERLAY, OVERLAY6 = "192.168.10.16/32", "2001:db8:ffff::16/128"


class Setup:
    """A VPC with two subnets in two zones, an instance with one ENI in each, a free ENI in the
    first, and two route tables."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.a = cloud.create_subnet("10.0.1.0/24", ["2001:db8:1234:1::/64"])
        self.b = cloud.create_subnet("10.0.2.0/24", az="eu-central-1b")
        self.one, self.two = cloud.create_instance(), cloud.create_instance(az="eu-central-1b")
        self.eni1, self.eni2 = (cloud.create_eni(self.a, ["10.0.1.11"]),
                                cloud.create_eni(self.b, ["10.0.2.12"]))
        self.free = cloud.create_eni(self.a, ["10.0.1.20", "10.0.1.21"])
        cloud.attach(self.eni1, self.one, 0)
        cloud.attach(self.eni2, self.two, 0)
        self.main = cloud.create_route_table(main=True)
        self.table = cloud.create_route_table(self.b, tags={"Name": "b"})


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    made = Server(Cloud(), tmp_path_factory.mktemp("ca"))
    made.port = made.listen("127.0.0.1", 0)
    yield made
    made.close()


@pytest.fixture(scope="session")
def session():
    return botocore.session.Session()


@pytest.fixture(scope="session")
def user():
    return Cloud().create_user("tester")


@pytest.fixture(scope="session")
def make_client(server, session):
    def make(credentials, service="ec2", **more):
        options = {"connect_timeout": 5, "read_timeout": 5,
                   "parameter_validation": False, "retries": {"total_max_attempts": 1},
                   **more.pop("config", {})}
        return session.create_client(service, **{
            "region_name": "eu-central-1", "endpoint_url": f"https://127.0.0.1:{server.port}",
            "verify": str(server.authority.bundle), "config": botocore.config.Config(**options),
            "aws_access_key_id": credentials.access_key,
            "aws_secret_access_key": credentials.secret_key,
            "aws_session_token": credentials.token, **more})

    return make


@pytest.fixture(scope="session")
def clients(make_client, user):
    return make_client(user), make_client(user, "sts")


@pytest.fixture
def setup(server, user):
    """Everything as new."""
    cloud = Cloud()
    cloud.credentials[user.access_key] = user
    server.engine.close()
    server.engine, server.faults, server.latency = Engine(cloud), Faults(), 0
    server.present("good")
    server.requests()
    return Setup(cloud)


class Clock:
    """EC2's time, which only a test moves on."""

    def __init__(self, server):
        self._server, self._now = server, 1000.0

    def monotonic(self):
        return self._now

    def advance(self, seconds):
        self._now += seconds
        self._server.engine.later(0, lambda: None)  # which wakes up what waits for its time


@pytest.fixture
def clock(server, setup, monkeypatch):
    made = Clock(server)
    for module in (ec2_engine, ec2_enis, ec2_faults):
        monkeypatch.setattr(module, "time", made)
    return made


@pytest.fixture
def ec2(clients, setup):
    return clients[0]


@pytest.fixture
def sts(clients, setup):
    return clients[1]


def refused(function, *code, **arguments):
    """The message with which a call is refused with code and status."""
    with pytest.raises(ClientError) as caught:
        function(**arguments)
    response = caught.value.response
    found = response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
    assert found == (code if len(code) == 2 else (*code, 400)), response
    return response["Error"]["Message"]


@pytest.fixture
def post(server, user, setup):
    """post(body, **changes) → status and document; the request is signed after the changes."""
    context = ssl.create_default_context(cafile=server.authority.bundle)
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=5)

    def send(body, credentials=user, service="ec2", region="eu-central-1", headers=(),
             after=lambda headers: None):
        if not isinstance(body, str):
            body = urllib.parse.urlencode({"Version": "2016-11-15", **body})
        request = botocore.awsrequest.AWSRequest(
            "POST", f"https://127.0.0.1:{server.port}/", data=body, headers={
                "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
                **dict(headers)})
        botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
        sent = dict(request.headers.items())
        after(sent)
        connection.request("POST", "/", body, sent)
        response = connection.getresponse()
        return response.status, response.read().decode()

    yield send
    connection.close()
