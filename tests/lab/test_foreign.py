# SPDX-License-Identifier: Apache-2.0
"""Objects of other software in the kernel stay: byte for byte the same before and after."""

import json

import pytest

from lab.kernel_view import difference
from lab.node import POLICY_ETH1

FOREIGN = """
rule add pref 99 from 10.0.1.0/24 to 10.9.0.0/16 lookup 200
rule add pref 101 from 10.0.1.10 lookup 201
rule add pref 101 fwmark 0x77 lookup 200
rule add pref 50 iif eth0 lookup main protocol 4
rule add pref 10100 from 10.0.1.0/24 lookup 10100
rule add pref 30400 from all to 10.0.1.10 lookup 30400 protocol static
-6 rule add pref 101 from 2001:db8:77::/64 lookup 200
-6 rule add pref 99 fwmark 0x77 lookup 200
route add 10.9.0.0/16 via 10.0.0.1 dev eth0 table 200
route add 10.0.1.0/24 via 10.0.0.1 dev eth0 table 200 metric 77
route add default via 10.0.0.1 dev eth0 table 101 proto static
route add 10.8.0.0/16 via 10.0.0.1 dev eth0 proto 186
route add blackhole 10.6.0.0/16 table 201
-6 route add 2001:db8:77::/64 via fe80::1 dev eth0 table 200
"""


@pytest.mark.parametrize("away", ["detach first", "interface first"])
def test_foreign_rules_and_routes_stay(scene, bare, away):
    """Other tables, other protocols, priorities beside ours."""
    for line in FOREIGN.strip().splitlines():
        bare.run("ip", *line.split())
    before = bare.view()
    bare.hot_attach(scene.service_eni("10.0.1.10", "10.0.1.11"))
    result = bare.myha("attach", "eth1")
    assert result.returncode == 0, result
    assert [line for line in difference(before, bare.view()) if line.startswith("-")] == []
    if away == "interface first":
        bare.hot_detach()
        assert bare.myha("detach", "eth1").returncode == 0
    else:
        assert bare.myha("detach", "eth1").returncode == 0
        bare.hot_detach()
    assert difference(before, bare.view()) == []


FOR_EVER = 0xffffffff


@pytest.mark.parametrize("family", ["IPv4", "IPv6"])
def test_an_address_with_a_lifetime_is_not_in_place(scene, bare, family):
    """As a DHCP client leaves one that is killed: when the lease ends, the service's address would go,
    and the table's routes with it. It is there for ever after attach, and goes with detach."""
    if family == "IPv6":
        eni = scene.cloud.create_eni(scene.dual, ["10.0.2.10"], ipv6s=["2001:db8:1234:2::10"])
        address = "2001:db8:1234:2::10/128"
    else:
        eni = scene.service_eni()
        address = "10.0.1.10/24"
    bare.hot_attach(eni)
    bare.run("ip", "link", "set", "eth1", "up")
    bare.run("ip", "address", "add", address, "dev", "eth1", "valid_lft", "600", "preferred_lft", "300")
    shown = bare.myha("plan", "eth1")
    assert f"address replace {address} dev eth1" in shown.stdout, shown
    result = bare.myha("attach", "eth1")
    assert result.returncode == 0, result
    assert lifetimes(bare, "eth1")[address.partition("/")[0]] == (FOR_EVER, FOR_EVER)
    assert bare.myha("plan", "eth1").returncode == 0
    assert bare.myha("detach", "eth1").returncode == 0
    assert address.partition("/")[0] not in lifetimes(bare, "eth1")


def lifetimes(node, interface):
    """The lifetimes of each address in the kernel: valid and preferred, in seconds."""
    link, = json.loads(node.run("ip", "-json", "address", "show", "dev", interface).stdout)
    return {info["local"]: (info["valid_life_time"], info["preferred_life_time"])
            for info in link["addr_info"]}


IN_THE_WAY = {
    "a route in our table": ("route add 10.9.0.0/16 via 10.0.0.1 dev eth0 table 100 proto static",
                             "table MYHA", "10.9.0.0/16"),
    "a rule of our priority": ("rule add pref 100 from 10.7.0.0/16 lookup 200",
                               "priority 100", "10.7.0.0/16"),
    "a rule to our table": ("rule add pref 40 from 10.7.0.0/16 lookup 100",
                            "table MYHA", "10.7.0.0/16"),
}


@pytest.mark.parametrize("what", IN_THE_WAY)
def test_what_is_in_the_way_is_an_error(scene, bare, what):
    """A table or a priority that is in use by others is an error that says by whom, and nothing is
    changed."""
    command, *named = IN_THE_WAY[what]
    bare.run("ip", *command.split())
    bare.hot_attach(scene.service_eni())
    before = bare.view()
    result = bare.myha("attach", "eth1", "--timeout", "3")
    assert result.returncode == 1, result
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert all(word in result.stderr for word in named), result.stderr
    assert difference(before, bare.view()) == []


def test_addresses_of_other_programs_stay_on_the_interface(scene, bare):
    """An overlay or a cluster's address on eth1 is not EC2's, and not ours to take."""
    bare.hot_attach(scene.service_eni())
    bare.run("ip", "address", "add", "192.168.10.16/32", "dev", "eth1")
    for command in ("attach", "detach"):
        assert bare.myha(command, "eth1").returncode == 0
        assert "address 192.168.10.16/32 dev eth1" in bare.view(), command


@pytest.mark.parametrize("promote", ["0", "1"])
def test_addresses_that_a_colleague_added_stay(scene, bare, promote):
    """The kernel deletes the later addresses of a subnet with the first one, unless promote_secondaries
    is 1; and one that myha added may be there with another length too."""
    bare.hot_attach(scene.service_eni("10.0.1.10", "10.0.1.11"))
    for link in ("all", "eth1"):
        bare.run("sysctl", "-qw", f"net.ipv4.conf.{link}.promote_secondaries={promote}")
    assert bare.myha("attach", "eth1").returncode == 0
    theirs = ["10.0.1.99/24", "10.0.1.98/24", "10.0.1.11/24"]
    for address in theirs:
        bare.run("ip", "address", "add", address, "dev", "eth1")
    shown = bare.myha("detach", "eth1", "--dry-run")
    assert bare.myha("detach", "eth1").returncode == 0
    assert [line.split()[1] for line in bare.view() if line.startswith("address 10.0.1.")] == \
        sorted(theirs)
    assert bare.run("sysctl", "-n", "net.ipv4.conf.eth1.promote_secondaries").stdout.strip() == promote
    assert ("promote_secondaries=1" in shown.stdout) == (promote == "0"), shown


@pytest.mark.parametrize("gone", ["policy", "IMDS", "device", "all"])
def test_detach_works_with_everything_gone(scene, bare, gone):
    """At the end of an ENI's life nothing else can be relied on."""
    before = bare.view()
    bare.set_policy(POLICY_ETH1)
    bare.hot_attach(scene.service_eni("10.0.1.10", "10.0.1.11"))
    without = bare.view()
    assert bare.myha("attach", "eth1").returncode == 0
    if gone in ("policy", "all"):
        bare.path("/etc/myha/policy.yaml").unlink()
    if gone in ("IMDS", "all"):
        scene.vpc.imds.off()
    if gone in ("device", "all"):
        bare.hot_detach()
    result = bare.myha("detach", "eth1")
    assert result.returncode == 0, result
    # A line a change, and nothing else to say.
    assert all("(no longer needed)" in line or "rp_filter" in line
               for line in result.stderr.splitlines()), result.stderr
    left = difference(before if gone in ("device", "all") else without, bare.view())
    # The link stays up: others may use it.
    assert [line for line in left if " link eth1 " not in line] == []


@pytest.mark.parametrize("policy", ["policy", "no policy"])
def test_a_record_that_cannot_be_read_is_kept(scene, bare, policy):
    """Only the record knows which addresses myha added: detach removes what else is known, says what
    stays, and fails."""
    bare.hot_attach(scene.service_eni("10.0.1.10", "10.0.1.11"))
    assert bare.myha("attach", "eth1").returncode == 0
    bare.path("/run/myha/eth1.json").write_text("{}")
    if policy == "no policy":
        bare.path("/etc/myha/policy.yaml").unlink()
    result = bare.myha("detach", "eth1")
    assert result.returncode == 1, result
    assert "/run/myha/eth1.json" in result.stderr and "ip address delete" in result.stderr, result
    assert bare.path("/run/myha/eth1.json").read_text() == "{}"
    assert not [line for line in bare.view() if " proto 77" in line or "protocol 77" in line]
    assert "10.0.1.10" in lifetimes(bare, "eth1") and "10.0.1.11" in lifetimes(bare, "eth1")
