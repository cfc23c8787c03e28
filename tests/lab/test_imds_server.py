# SPDX-License-Identifier: Apache-2.0
"""The lab's own metadata service does what EC2's does: what the other tests stand on."""

import http.client

import pytest

from lab.cloud import Cloud, Lag
from lab.imds import Server

TTL = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN = "X-aws-ec2-metadata-token"
MACS = "/latest/meta-data/network/interfaces/macs/"


@pytest.fixture
def cloud():
    return Cloud()


@pytest.fixture
def ask(cloud):
    """ask(method, path, headers) → status and body, as a node with an IPv4-only ENI and an
    IPv6-only one."""
    four, six = cloud.create_subnet("10.0.1.0/24"), cloud.create_subnet(None, ["2001:db8:6::/64"])
    instance = cloud.create_instance()
    cloud.attach(cloud.create_eni(four, ["10.0.1.10", "10.0.1.11"]), instance, 0)
    cloud.attach(cloud.create_eni(six, ipv6s=["2001:db8:6::10"]), instance, 1)
    server = Server(cloud, always=instance.id)
    connection = http.client.HTTPConnection("127.0.0.1", server.listen("127.0.0.1", 0), timeout=5)

    def send(method, path, headers=None):
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read().decode()

    yield send
    connection.close()
    server.do_off()


@pytest.fixture
def get(ask):
    """get(path) with a good token."""
    status, token = ask("PUT", "/latest/api/token", {TTL: "60"})
    assert status == 200
    return lambda path: ask("GET", path, {TOKEN: token})


@pytest.mark.parametrize("headers, status", [
    ({TTL: "1"}, 200), ({TTL: "21600"}, 200), ({}, 400), ({TTL: "0"}, 400), ({TTL: "21601"}, 400),
    ({TTL: "-1"}, 400), ({TTL: "60s"}, 400), ({TTL: ""}, 400),
    ({TTL: "60", "X-Forwarded-For": "10.0.0.1"}, 403)])
def test_token(ask, headers, status):
    """A token is had by a PUT with a proper life time, not through a proxy."""
    assert ask("PUT", "/latest/api/token", headers)[0] == status


@pytest.mark.parametrize("headers", [{}, {TOKEN: "wrong"}])
def test_no_response_without_a_token(ask, headers):
    """Version 2 only."""
    assert ask("GET", "/latest/meta-data/mac", headers) == (401, "")


def test_a_token_is_the_instances_own(cloud, ask, get):
    """And ends with its life time; here with the instance's metadata switched off."""
    instance, = cloud.instances.values()
    assert get("/latest/meta-data/instance-id") == (200, instance.id)
    instance.imds = False
    assert get("/latest/meta-data/instance-id")[0] == 403


def test_listings(cloud, get):
    """A key that has keys below it ends in a slash."""
    first, second = (eni.mac for eni in cloud.enis.values())
    assert get(MACS) == (200, f"{first}/\n{second}/")
    assert get("/latest/meta-data/mac") == (200, first)
    assert get("/latest/meta-data/iam/security-credentials/") == (200, "myha-node")
    assert get("/latest/meta-data/nonsense")[0] == 404


def test_an_eni_has_only_its_own_keys(cloud, get):
    """An IPv6-only ENI has no IPv4 key, and the other way round."""
    four, six = cloud.enis.values()
    assert get(f"{MACS}{four.mac}/local-ipv4s") == (200, "10.0.1.10\n10.0.1.11")
    assert get(f"{MACS}{four.mac}/subnet-ipv4-cidr-block") == (200, "10.0.1.0/24")
    assert get(f"{MACS}{six.mac}/ipv6s") == (200, "2001:db8:6::10")
    assert get(f"{MACS}{six.mac}/device-number") == (200, "1")
    for mac, key in ((four.mac, "ipv6s"), (four.mac, "subnet-ipv6-cidr-blocks"),
                     (four.mac, "ipv4-prefix"), (six.mac, "local-ipv4s"),
                     (six.mac, "subnet-ipv4-cidr-block"), (six.mac, "network-card")):
        assert get(f"{MACS}{mac}/{key}")[0] == 404, key


def test_lag(cloud, get):
    """A fresh ENI is not listed, then reads as device 0, then has no addresses."""
    four, six = cloud.enis.values()
    four.lag = Lag(addresses=60)
    six.lag = Lag(mac=60)
    assert get(MACS) == (200, f"{four.mac}/")
    assert get(f"{MACS}{four.mac}/local-ipv4s")[0] == 404
    six.lag = Lag(device_number=60)
    assert get(f"{MACS}{six.mac}/device-number") == (200, "0")


def test_the_cloud_travels_as_json(cloud, ask):
    """The lab's servers receive the state unchanged."""
    assert Cloud.from_json(cloud.to_json()) == cloud
