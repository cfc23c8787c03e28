# SPDX-License-Identifier: Apache-2.0
"""ENIs with IPv6, of a dual-stack subnet and of one with IPv6 alone. The router makes itself known
by router advertisements, so an attach waits for one."""

import pytest

from lab.client import Capture, Service
from lab.expected import classic, settled
from lab.kernel_view import difference
from lab.scene import SERVICE6


def ipv6_part(eni, subnet):
    """The lines that an attach adds for IPv6, those of the kernel included."""
    lines = [f"+ rule6 100: from {subnet} lookup 100 proto 77",
             f"+ route6 {subnet} dev eth1 table 100 proto 77 metric 1024 pref medium",
             "+ route6 default via fe80::1 dev eth1 table 100 proto 77 metric 1024 pref medium",
             # The kernel's own (protocol 9), which it makes of the advertisement.
             "+ route6 default via fe80::1 dev eth1 proto 9 metric 1024 hoplimit 64 pref medium"]
    for address in eni.ipv6s:
        lines += [f"+ address {address}/128 dev eth1 noprefixroute",
                  f"+ route6 local {address} dev eth1 table 255 proto 2 metric 0 pref medium"]
    return sorted(lines)


def test_dual_stack(scene, node):
    """Both families on a real node: a client gets replies over both through eth1."""
    client = scene.client()
    Service(node, SERVICE6)
    eni = scene.cloud.create_eni(scene.dual, ["10.0.2.10"], ipv6s=[SERVICE6])
    before = node.view()
    node.hot_attach(eni)
    node.wait_for_unit("myha@eth1.service")
    settled(node, before, sorted([*classic(eni, subnet="10.0.2.0/24"),
                                  *ipv6_part(eni, "2001:db8:1234:2::/64")]))
    with Capture(scene.vpc, eni, f"ip6 and tcp and src host {SERVICE6}",
                 last="length 4") as capture:
        assert client.ask(SERVICE6) == "db1"
    assert any("length 4" in line for line in capture.lines), capture.lines
    node.hot_detach()
    node.wait_for_unit("myha@eth1.service", "inactive")
    assert difference(before, node.view()) == []


def test_ipv6_only(scene, bare):
    """No IPv4 keys in IMDS at all: no IPv4 rule, route or address."""
    eni = scene.cloud.create_eni(scene.six, ipv6s=["2001:db8:1234:6::10", "2001:db8:1234:6::11"])
    before = bare.view()
    bare.hot_attach(eni)
    result = bare.myha("attach", "eth1", "--timeout", "20")
    assert result.returncode == 0, result
    settled(bare, before, sorted([*ipv6_part(eni, "2001:db8:1234:6::/64"),
                                  f"+ link eth1 up mtu 9001 {eni.mac}", "+ eth1 rp_filter 2"]))
    bare.hot_detach()
    assert bare.myha("detach", "eth1").returncode == 0
    assert difference(before, bare.view()) == []


def test_prefixes_of_both_families(scene, bare):
    """Delegated prefixes are sources too where addresses are, not the subnet."""
    bare.set_policy("version: 1\ninterfaces: {eth1: {source: addresses}}\n")
    eni = scene.cloud.create_eni(scene.dual, ["10.0.2.10"], ipv6s=["2001:db8:1234:2::10"],
                                 ipv4_prefixes=["10.0.2.16/28"],
                                 ipv6_prefixes=["2001:db8:1234:2:8000::/80"])
    bare.hot_attach(eni)
    result = bare.myha("attach", "eth1", "--timeout", "20")
    assert result.returncode == 0, result
    rules = [line for line in bare.view() if line.startswith("rule") and "lookup 100" in line]
    assert rules == sorted([
        "rule4 100: from 10.0.2.10 lookup 100 proto 77",
        "rule4 100: from 10.0.2.16/28 lookup 100 proto 77",
        "rule6 100: from 2001:db8:1234:2::10 lookup 100 proto 77",
        "rule6 100: from 2001:db8:1234:2:8000::/80 lookup 100 proto 77"])


@pytest.mark.parametrize("silent, timeout, status", [(3600, "2", 5), (1.5, "60", 0)])
def test_the_router_is_waited_for(scene, bare, silent, timeout, status):
    """A link's first advertisement takes a second and more; a deadline before that is told as such,
    one after it is met."""
    scene.vpc.advertise_after = silent
    eni = scene.cloud.create_eni(scene.six, ipv6s=["2001:db8:1234:6::10"])
    bare.hot_attach(eni)
    result = bare.myha("attach", "eth1", "--timeout", timeout)
    assert result.returncode == status, result


@pytest.mark.parametrize("where", ["default", "eth1"])
def test_ipv6_disabled_on_the_host(scene, bare, where):
    """As a hardening guide has it: the ENI's IPv4 half serves, a note says what is left out, and check
    has it as well."""
    if where == "default":
        bare.run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
    bare.hot_attach(scene.cloud.create_eni(scene.dual, ["10.0.2.10"], ipv6s=["2001:db8:1234:2::10"]))
    if where == "eth1":
        bare.run("sysctl", "-qw", "net.ipv6.conf.eth1.disable_ipv6=1")
    note = "eth1: IPv6 is disabled on eth1: IPv6 addresses of the ENI are not configured"
    result = bare.myha("attach", "eth1")
    assert result.returncode == 0, result
    assert result.stderr.count(note) == 1, result
    assert "rule4 100: from 10.0.2.0/24 lookup 100 proto 77" in bare.view()
    assert bare.myha("plan", "eth1").returncode == 0
    assert note in bare.myha("check", "--timeout", "15").stdout
