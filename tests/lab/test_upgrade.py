# SPDX-License-Identifier: Apache-2.0
"""After an upgrade the new program still reads the records in /run/myha that the version before wrote.

The records are texts, and not made by the program under test. The kernel is set up by hand, as the version
before left it. Each test fails if the program does not read one of the members any more.
"""

import fcntl
import json
import string
import time

import pytest
from boot_fixtures import on
from ocf_fixtures import GENERIC, NOT_RUNNING, SUCCESS, Agent

from lab.kernel_view import difference
from lab.scene import OVERLAY, OVERLAY6, SERVICE

SECOND, MOVED, NEIGHBOUR = "10.0.1.11", "10.0.1.50", "10.0.1.20"

# IFACE.json in its first form: addresses without a length, and no optional members.
FIRST = '{"version":1,"interface":"eth1","entry":"eth1","mac":"$mac","index":$index,"tables":[100],' \
    '"addresses":["10.0.1.10","10.0.1.11"],"before":{"mtu":1500,"rp_filter":1}}'
LAST = '{"version":1,"interface":"eth1","entry":"eth1","mac":"$mac","index":$index,"tables":[100],' \
    '"addresses":["10.0.1.10/24","10.0.1.11/32"],"before":{"mtu":1500,"rp_filter":1},' \
    '"primary":"10.0.1.10","device-number":1}'
# "address move" added 10.0.1.50, and another node took over 10.0.1.11.
CHANGED = '{"version":1,"interface":"eth1","entry":"eth1","mac":"$mac","index":$index,"tables":[100],' \
    '"addresses":["10.0.1.10/24","10.0.1.11/32","10.0.1.50/32"],"before":{"mtu":1500,"rp_filter":1},' \
    '"primary":"10.0.1.10","device-number":1,"changes":[' \
    '{"address":"10.0.1.50","change":"assigned","at":$now},' \
    '{"address":"10.0.1.11","change":"released","at":$now}]}'
# eth1 and eth2 are in the same subnet.
NEAR_ETH2 = '{"version":1,"interface":"eth1","entry":"eth1","mac":"$mac","index":$index,"tables":[100],' \
    '"addresses":["10.0.1.10/24"],"before":{"mtu":1500,"rp_filter":1},' \
    '"primary":"10.0.1.10","device-number":1,"neighbour":"eth2"}'
NEAR_ETH1 = '{"version":1,"interface":"eth2","entry":"eth2","mac":"$mac","index":$index,"tables":[101],' \
    '"addresses":["10.0.1.20/32"],"before":{"mtu":1500,"rp_filter":1},' \
    '"primary":"10.0.1.20","device-number":2,"neighbour":"eth1"}'
# The instance's primary ENI.
PRIMARY = '{"version":1,"interface":"eth0","entry":"eth0","mac":"$mac","index":$index,"tables":[100],' \
    '"addresses":[],"before":{"mtu":0,"rp_filter":0},"primary":"$primary","device-number":0}'


def write_record(node, eni, record, name="eth1"):
    """Write IFACE.json; its path."""
    path = f"/run/myha/{name}.json"
    node.write(path, string.Template(record).substitute(
        mac=eni.mac, index=node.run("cat", f"/sys/class/net/{name}/ifindex").stdout.strip(),
        now=int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000), primary=eni.ipv4s[0]))
    return node.path(path)


def set_up_link(node, eni, name="eth1"):
    """A link whose settings an attach changes; the node's view without an attach."""
    node.hot_attach(eni, name)
    node.run("ip", "link", "set", name, "mtu", "1500", "up")
    node.run("sysctl", "-qw", f"net.ipv4.conf.{name}.rp_filter=1")
    return node.view()


def leave_attached(node, addresses, source="10.0.1.0/24", name="eth1", table=100):
    """The changes of an attach; addresses as (prefix, option…)."""
    node.run("sysctl", "-qw", f"net.ipv4.conf.{name}.rp_filter=2")
    node.run("ip", "-batch", "-", input="\n".join([
        f"link set dev {name} mtu 9001",
        f"route add 10.0.1.0/24 dev {name} table {table} proto 77 scope link",
        f"route add default via 10.0.1.1 dev {name} table {table} proto 77",
        f"rule add from {source} lookup {table} priority {table} protocol 77",
        *(f"address add {prefix} dev {name} {' '.join(option)}" for prefix, *option in addresses)]) + "\n")


BOTH = [(f"{SERVICE}/24",), (f"{SECOND}/32", "noprefixroute")]


def has_rule(node, source):
    return f"from {source} lookup" in node.run("ip", "rule").stdout


def records(node):
    """The files in /run/myha except for the locks."""
    return sorted(path.name for path in node.path("/run/myha").iterdir() if path.suffix != ".lock")


def test_an_attached_interface_is_known(scene, bare):
    """There is no drift, and an attach changes nothing. It does not even write the record again: all that it
    would write is in the record."""
    eni = scene.service_eni(SERVICE, SECOND)
    set_up_link(bare, eni)
    leave_attached(bare, BOTH)
    path = write_record(bare, eni, LAST)
    attached, text, inode = bare.view(), path.read_text(), path.stat().st_ino
    told = bare.myha("status", "--json")
    interface, = json.loads(told.stdout)["interfaces"]
    assert (interface["interface"], interface["state"], interface["drift"]) == ("eth1", "ok", [])
    assert (told.returncode, told.stderr) == (0, "")
    for words in (("plan", "eth1"), ("attach", "eth1")):
        told = bare.myha(*words)
        assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    assert bare.view() == attached
    assert (path.read_text(), path.stat().st_ino) == (text, inode)


@pytest.mark.parametrize("record", [FIRST, LAST], ids=["first", "last"])
def test_detach_restores_what_the_record_lists(scene, bare, record):
    """MTU, rp_filter, addresses, routes and rules, from the record alone."""
    eni = scene.service_eni(SERVICE, SECOND)
    before = set_up_link(bare, eni)
    leave_attached(bare, BOTH)
    write_record(bare, eni, record)
    bare.path("/etc/myha/policy.yaml").unlink()
    scene.vpc.imds.off()
    done = bare.myha("detach", "eth1")
    assert done.returncode == 0, done
    assert difference(before, bare.view()) == []
    assert records(bare) == []


def test_changes_that_metadata_do_not_show_yet(scene, bare):
    """An attach keeps the address that was moved here, and does not add the one that was moved away."""
    eni = scene.service_eni(SERVICE, SECOND)
    set_up_link(bare, eni)
    leave_attached(bare, [BOTH[0], (f"{MOVED}/32", "noprefixroute")])
    write_record(bare, eni, CHANGED)
    attached = bare.view()
    done = bare.myha("attach", "eth1")
    assert done.returncode == 0, done
    assert bare.view() == attached
    for address, change in ((MOVED, "assigned"), (SECOND, "released")):
        assert f"EC2's metadata do not show yet that {address} was {change}: using the record instead" \
            in done.stderr


def test_a_neighbour_is_detached(scene, bare):
    """The rule of the interface that stays matches the whole subnet again."""
    bare.set_policy("version: 1\ninterfaces: {eth1: {}, eth2: {table: 101, priority: 101}}\n")
    eni, other = scene.service_eni(SERVICE), scene.service_eni(NEIGHBOUR)
    set_up_link(bare, eni)
    set_up_link(bare, other, "eth2")
    leave_attached(bare, BOTH[:1], SERVICE)
    leave_attached(bare, [(f"{NEIGHBOUR}/32", "noprefixroute")], NEIGHBOUR, "eth2", 101)
    write_record(bare, eni, NEAR_ETH2)
    write_record(bare, other, NEAR_ETH1, "eth2")
    for name in ("eth1", "eth2"):
        assert bare.myha("plan", name).returncode == 0
    done = bare.myha("detach", "eth2")
    assert done.returncode == 0, done
    assert has_rule(bare, "10.0.1.0/24")
    assert not has_rule(bare, SERVICE) and not has_rule(bare, NEIGHBOUR)


def test_the_primary_eni_is_not_a_resource(scene, bare):
    """The record of eth0 has device number 0, so a stop by one of its addresses does not detach it."""
    bare.set_policy('version: 1\ninterfaces: {eth0: {gateway: "fe80::1"}}\n')
    write_record(bare, bare.eth0, PRIMARY, "eth0")
    one = Agent(bare, "eni", ip=bare.eth0.ipv4s[0])
    assert one.monitor() == (NOT_RUNNING,)
    assert one.act("stop") == (SUCCESS,) and one.changes() == []


@pytest.mark.parametrize("named", ["eni", "ip"])
def test_a_started_eni(scene, bare, named):
    """The monitor finds its link by the record of the start alone, without the address and the metadata
    service; a stop detaches the link, without the policy."""
    eni = scene.service_eni(SERVICE, SECOND)
    before = set_up_link(bare, eni)
    leave_attached(bare, BOTH)
    write_record(bare, eni, LAST)
    name = eni.id if named == "eni" else SERVICE
    bare.write(f"/run/myha/resource-{name}.mac", eni.mac)
    one = Agent(bare, "eni", **{named: name})
    assert one.monitor() == (SUCCESS,)
    scene.vpc.imds.off()
    bare.run("ip", "address", "del", f"{SERVICE}/24", "dev", "eth1")
    assert one.monitor() == (GENERIC, f'{SERVICE} on eth1: the address is missing: run "myha attach eth1"')
    bare.path("/etc/myha/policy.yaml").unlink()
    assert one.act("stop") == (SUCCESS,)
    assert difference(before, bare.view()) == []
    assert records(bare) == []


@pytest.mark.parametrize("address, options", [
    (f"{OVERLAY}/32", ["noprefixroute"]),
    (f"{OVERLAY6}/128", ["nodad", "noprefixroute", "valid_lft", "forever", "preferred_lft", "0"]),
], ids=["IPv4", "IPv6"])
def test_a_started_overlay(bare, address, options):
    """Only the record of the start has the address: the policy does not list the overlay any more."""
    ip = address.partition("/")[0]
    one = Agent(bare, "overlay-ip", name="sapascs")
    bare.run("ip", "address", "add", address, "dev", "eth0", *options)
    bare.write("/run/myha/resource-sapascs.address", ip)
    assert one.changes() == on("eth0", ip)
    assert one.monitor() == (SUCCESS,)
    assert one.act("stop") == (SUCCESS,)
    assert one.changes() == [] and records(bare) == []


def test_a_held_overlay(pair):
    """The routes that a boot reads may be older than the recorded move, so it keeps the address. A release
    removes the address and the record, and moves that still run notice it by the length of the lock file."""
    node, record = pair.db1, f"resource-{OVERLAY}.moved"
    count = node.path("/run/myha") / f"address-{OVERLAY}-placement.lock"
    node.eth0.source_dest_check = False
    pair.route(pair.db2)
    pair.place(node, OVERLAY)
    told = pair.run(node, "--dry-run", "boot")
    assert told.status == 3 and f"ip address delete {OVERLAY}/32 dev eth0" in told.out
    # The time is in the future: however slow the machine is, the read is not newer.
    node.write(f"/run/myha/{record}", str(10 ** 12))
    told = pair.run(node, "--dry-run", "boot")
    assert (told.status, told.out, told.said) == (0, "", [])
    count.write_bytes(b"\0\0\0")
    released = pair.run(node, "overlay", "release", "sapascs")
    assert released.status == 0, released
    assert pair.added(node) == [] and records(node) == []
    assert count.stat().st_size == 4


@pytest.mark.parametrize("lock, words", [("eth1", ["attach", "eth1"]),
                                         (f"address-{OVERLAY}", ["overlay", "move", "sapascs"])])
def test_a_run_of_the_version_before_is_waited_for(pair, lock, words):
    """It has the lock while the upgrade replaces the program."""
    node = pair.db1
    node.write(f"/run/myha/{lock}.lock", "")
    with open(node.path(f"/run/myha/{lock}.lock")) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        ran = pair.run(node, "--timeout", "0.2", *words)
    assert ran.status == 5, ran
    assert f"timed out waiting for another run of myha for {lock}" in ran.said[-1]
