# SPDX-License-Identifier: Apache-2.0
"""Types the commands of README and the manual pages, and compares the output with theirs.

Of a block with a name the set below makes the hosts; its commands are then typed one after the
other. Ids, and addresses that are made of MAC addresses, may be others than the
page's, as long as the same stay the same.
"""

import dataclasses
import json
import re

import pytest

from lab.node import BareNode
from lab.pages import all_blocks
from lab.scene import OVERLAY, SERVICE
from lab.shared import shared_fixture

ID = re.compile(r"\b(?:eni-attach|eni|i|rtb|subnet|vpc|sg)-[0-9a-f]{8,17}\b"
                r"|\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b|\bfe80::[0-9a-f:]+")
BLOCKS = [block for block in all_blocks() if block.stage == "lab"]


def same(wanted, printed, known):
    """The known ids after these lines, if the lines differ only in ids; None: they differ otherwise."""
    if ID.sub("", wanted) != ID.sub("", printed):
        return None
    known = dict(known)
    for told, real in zip(ID.findall(wanted), ID.findall(printed), strict=True):
        if known.setdefault(told, real) != real:
            return None
    return known


def fits(wanted, printed, known):
    """The same for many lines, where "..." stands for any number of them."""
    if not wanted:
        return None if printed else known
    if wanted[0] == "...":
        for skip in range(len(printed) + 1):
            found = fits(wanted[1:], printed[skip:], known)
            if found is not None:
                return found
        return None
    known = same(wanted[0], printed[0], known) if printed else None
    return None if known is None else fits(wanted[1:], printed[1:], known)


def lines_of(text):
    """Without what is only there to align; JSON, if there is any, with a line for each value."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        if line == "{":
            value = json.loads("\n".join(lines[number:]))
            return lines[:number] + json.dumps(value, indent=0).splitlines()
    return lines


@dataclasses.dataclass
class Hosts:
    """The hosts of an example; usual types the commands for which the page does not name a host."""
    usual: object
    others: dict = dataclasses.field(default_factory=dict)
    exits: dict = dataclasses.field(default_factory=dict)  # by command, where not 0
    ids: dict = dataclasses.field(default_factory=dict)  # those that are typed: this lab's

    def named(self, name):
        return self.others[name] if name else self.usual


# The sets. Each returns Hosts.

def overlay_policy(tables, more=""):
    return (f"version: 1\n{more}overlays:\n  sapascs:\n    address: {OVERLAY}\n"
            f"    route-tables: [{', '.join(table.id for table in tables)}]\n")


def done(node, *arguments):
    result = node.myha(*arguments)
    assert result.returncode == 0, result.stderr


def pair(scene, tables=2, more="", make=None):
    """Two nodes in two zones with a policy that lists the overlay; no node has it."""
    scene.ec2
    db1, db2 = scene.overlay_pair(make)
    for node in (db1, db2):
        node.set_policy(overlay_policy(scene.route_tables[:tables], more))
    return Hosts(db1, {"db1": db1, "db2": db2})


def no_route(scene):
    """All is well but for that."""
    hosts = pair(scene, tables=1)
    done(hosts.usual, "boot")
    return dataclasses.replace(hosts, exits={"myha check": 3})


def booted_pair(scene):
    """Two that can be booted anew."""
    hosts = pair(scene, make=scene.system_node)
    for node in hosts.others.values():
        node.boot()
    assert type_in(hosts.usual, "myha overlay create sapascs").returncode == 0
    return hosts


def pair_db1_has_it(scene):
    hosts = pair(scene)
    done(hosts.others["db1"], "overlay", "create", "sapascs")
    done(hosts.others["db2"], "boot")
    hosts.usual = hosts.others["db2"]
    return hosts


def pair_db2_has_taken_it(scene):
    hosts = pair_db1_has_it(scene)
    done(hosts.others["db2"], "overlay", "move", "sapascs")
    return hosts


def on_db1(make, **more):
    def made(scene):
        hosts = make(scene)
        return dataclasses.replace(hosts, usual=hosts.others["db1"], **more)
    return made


def readme(scene):
    """One table, and a client in a subnet that uses it."""
    hosts = pair(scene, tables=1)
    scene.client_table.subnets.clear()
    scene.vpc.sync_routes()
    hosts.others["client"] = scene.client()
    return hosts


def readme_db1_has_it(scene):
    hosts = readme(scene)
    done(hosts.others["db1"], "overlay", "create", "sapascs")
    return hosts


def lost_address(scene):
    hosts = on_db1(pair_db1_has_it)(scene)
    hosts.usual.run("ip", "address", "delete", f"{OVERLAY}/32", "dev", "eth0")
    return hosts


def with_eth1(scene, policy="version: 1\ninterfaces: {eth1: {}}\n", attached=True,
              addresses=(SERVICE,)):
    node = scene.bare_node("db1")
    scene.ec2
    scene.introduce(node)
    node.set_policy(policy)
    node.hot_attach(scene.service_eni(*addresses))
    if attached:
        done(node, "attach", "eth1")
    return Hosts(node, {"db1": node})


def fresh_eth1(scene):
    return dataclasses.replace(with_eth1(scene, attached=False), exits={"myha plan eth1": 3})


def eth1_lost_an_address(scene):
    """The second one; and the policy lists an interface that is not there."""
    hosts = with_eth1(scene, "version: 1\ninterfaces: {eth1: {}, eth2: {table: 200}}\n",
                      addresses=(SERVICE, "10.0.1.11"))
    hosts.usual.run("ip", "address", "delete", "10.0.1.11/32", "dev", "eth1")
    return dataclasses.replace(hosts, exits={"myha status --json": 3})


def everything_ok(scene):
    interfaces = "interfaces: {eth1: {}, eth2: {table: 200}}\n"
    hosts = pair(scene, more=interfaces)
    hosts.usual.hot_attach(scene.service_eni())
    done(hosts.usual, "boot")
    done(hosts.usual, "overlay", "create", "sapascs")
    return hosts


def one_zone(scene, policy):
    """Two nodes in one subnet."""
    scene.ec2
    db1, db2 = scene.bare_node("db1"), scene.bare_node("db2")
    scene.introduce(db1, db2)
    for node in (db1, db2):
        node.set_policy(policy)
    return Hosts(db1, {"db1": db1, "db2": db2},
                 ids={"subnet-0a1b2c52": scene.service.id, "sg-0a1b2c71": scene.cloud.groups[0]})


def no_eni(scene):
    return one_zone(scene, "version: 1\n")


def free_eni(scene):
    """It exists, and is listed by its MAC address."""
    eni = scene.service_eni()
    return one_zone(scene, f"version: 1\ninterfaces: {{sapascs: {{match: {{mac: \"{eni.mac}\"}}}}}}\n")


def eni_of_db1(scene):
    hosts = free_eni(scene)
    done(hosts.others["db1"], "eni", "move", SERVICE)
    return dataclasses.replace(hosts, usual=hosts.others["db2"])


def readme_eni(scene):
    scene.service_eni()
    return one_zone(scene, "version: 1\ninterfaces: {eth1: {}}\n")


def two_enis(scene):
    """Each node has one in the service's subnet."""
    hosts = one_zone(scene, "version: 1\ninterfaces: {eth1: {}}\n")
    for name, address in (("db1", "10.0.1.11"), ("db2", "10.0.1.12")):
        hosts.others[name].hot_attach(scene.service_eni(address))
        done(hosts.others[name], "attach", "eth1")
    return hosts


def address_of_db2(scene):
    hosts = two_enis(scene)
    for node in hosts.others.values():
        done(node, "address", "move", "10.0.1.50", "--interface", "eth1")
    return hosts


def policies_to_check(scene):
    node = scene.bare_node("db1")
    node.set_policy(f"version: 1\ninterfaces: {{eth1: {{}}}}\noverlays: {{a: {{address: {OVERLAY}}}}}\n")
    for name in ("policy.yaml", "p.yaml"):
        node.write(f"/run/{name}", "version: 1\ninterfaces:\n  eth1: {}\n  eth2:\n    tabel: 200\n")
    return Hosts(node, exits={f"myha policy check {options}": 2 for options in
                              ("--policy ./policy.yaml", "--json --policy p.yaml")})


SETS = {
    "overlay-create": pair,
    "overlay-move": pair_db1_has_it,
    "overlay-release": pair_db2_has_taken_it,
    "overlay-show": pair_db1_has_it,
    "overlay-delete": on_db1(pair_db1_has_it, exits={"myha overlay delete sapascs --dry-run": 3}),
    "patch-day": booted_pair,
    "boot": lost_address,
    "status": everything_ok,
    "attach": fresh_eth1,
    "plan": fresh_eth1,
    "detach": with_eth1,
    "check": no_route,
    "policy-check": policies_to_check,
    "eni-create": no_eni,
    "eni-list": free_eni,
    "eni-show": on_db1(eni_of_db1),
    "eni-move-first": free_eni,
    "eni-move": eni_of_db1,
    "eni-detach": on_db1(eni_of_db1),
    "address-move": two_enis,
    "address-let-go": address_of_db2,
    "json-attach": eth1_lost_an_address,
    "json-status": eth1_lost_an_address,
    "json-overlay": on_db1(pair_db1_has_it),
    "json-eni": on_db1(eni_of_db1),
    "json-address": no_eni,
    "json-policy": policies_to_check,
    "json-check": no_route,
    "json-jq": eth1_lost_an_address,
    "json-jq-overlay": pair_db1_has_it,
    "readme-iam": readme,
    "readme-create": readme,
    "readme-move": readme_db1_has_it,
    "readme-eni": readme_eni,
}


# Playing them.

def type_in(node, typed):
    """As at a shell's prompt in /run."""
    if typed == "systemctl reboot":
        node.reboot()
        node.wait_for_unit("myha-boot.service")
        typed = "true"
    path = f"{node.install.tree}/usr/sbin" if isinstance(node, BareNode) else "/usr/sbin"
    return node.run("sh", "-c", f"cd /run && PATH={path}:$PATH && {typed}", check=False)


def play(block, hosts):
    known = dict(hosts.ids)
    for command in block.commands():
        where = f"{block.path.name}:{command.line}: {command.typed}"
        result = type_in(hosts.named(command.host), ID.sub(lambda id: known[id[0]], command.typed))
        printed = result.stderr + result.stdout
        known = fits(lines_of("\n".join(command.printed)), lines_of(printed), known)
        assert known is not None, f"{where} prints:\n{printed}"
        assert result.returncode == hosts.exits.get(command.typed, 0), where


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.path.name}-{block.name}")
def test_it_is_as_shown(scene, block):
    play(block, SETS[block.name](scene))


def test_each_set_has_a_block():
    assert {block.name for block in BLOCKS} == set(SETS)


# Blocks without a name: they are typed, too, on hosts that have everything that they mention.

UNNAMED = [block for block in all_blocks() if not block.name and block.commands()]
# By what they begin with: what no host of the lab has. check-docs compares the AWS CLI's with its model;
# crmsh's are typed on clusters, by their tests.
NOT_HERE = ("aws ", "pcs ")
# Comments in files that are shown look like root's prompt.
IN_FILES = ("/etc/", "yaml-language-server: ")
ROLE = "arn:aws:iam::210987654321:role/overlay"
OTHER_EXITS = {
    # networkd manages eth0, which holds the overlay.
    "myha check": {3},
    # Nothing went wrong, and newer releases of it say so by 1.
    "journalctl -t myha -p err -b": {0, 1},
    "journalctl MYHA_OVERLAY=sapascs": {0, 1},
}


def typed_of(block):
    return [command for command in block.commands()
            if not command.typed.startswith(NOT_HERE + IN_FILES)]


def make_machine(scene):
    """A booted node that has the overlay and the service's ENI, by its policy."""
    node = scene.system_node(networkd=True)
    scene.introduce(node)
    node.boot()
    scene.service_eni()
    machine = Hosts(node)
    machine.policy = overlay_policy(scene.route_tables, "interfaces:\n  eth1: {}\n")
    machine.with_role = machine.policy.replace("    address:", f"    role-arn: {ROLE}\n    address:")
    node.set_policy(machine.policy)
    done(node, "eni", "move", SERVICE)
    return machine


shared_machine = shared_fixture(make_machine)


@pytest.fixture
def machine(shared_machine, request):
    with shared_machine.lend(request.session) as machine:
        yield machine


@pytest.mark.parametrize("block", [block for block in UNNAMED if typed_of(block)], ids=str)
def test_it_is_typed(machine, block, scene):
    node, commands = machine.usual, typed_of(block)
    if any(command.typed.startswith("TOKEN=") for command in commands):
        # One after the other in one shell, and MAC and KEY are what a reader puts in.
        bare = scene.bare_node()
        script = "\n".join(command.typed for command in commands)
        result = type_in(bare, script.replace("MAC", bare.eth0.mac).replace("KEY", "interface-id"))
        assert (result.returncode, result.stdout) == (0, bare.eth0.id), result
        return
    done(node, "overlay", "create", "sapascs")
    for command in commands:
        node.set_policy(machine.with_role if ROLE in command.typed else machine.policy)
        result = type_in(node, command.typed)
        assert result.returncode in OTHER_EXITS.get(command.typed, {0}), (command, result)
        assert "usage:" not in result.stderr, (command, result)
    node.set_policy(machine.policy)


def test_nothing_is_left_out():
    """Each command that is shown is typed somewhere, but those of programs that no host here has."""
    left = [command.typed for block in UNNAMED for command in block.commands()
            if command not in typed_of(block)]
    assert [one for one in left if not one.startswith(NOT_HERE + IN_FILES)] == []
    assert all(any(one.startswith(begin) for one in left) for begin in NOT_HERE)
