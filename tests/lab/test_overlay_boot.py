# SPDX-License-Identifier: Apache-2.0
"""Overlay addresses after a reboot: EC2's routes at that time decide which node has them."""

import threading

import pytest

from boot_fixtures import NAME, on, put_on, put_right, taken_off
from lab.ec2_engine import SomeReadsAreOld
from lab.expected import classic
from lab.host import PATIENCE, wait_for
from lab.scene import OVERLAY, OVERLAY6

STATIC = "/etc/systemd/system/lab-static.service"


def elsewhere(stage):
    db2 = stage.db2
    return f"{NAME}: route points to {db2.eth0.id} ({db2.instance.id}, active), not to this host"


def check_the_end(stage, changes, lines, there=()):
    """db1's boot is over; what is other than on a bare node, on db1 and on db2; what db1 said."""
    stage.wait_for_end()
    assert stage.changes() == changes
    assert stage.changes(stage.db2) == list(there)
    assert stage.lines() == lines


@pytest.mark.parametrize("crash", [False, True], ids=["rebooted", "crashed"])
def test_routed_here(stage, crash):
    """No node took over: the address is back soon."""
    assert stage.db1.myha("overlay", "create", NAME).returncode == 0
    with stage.watch() as watch:
        wait_for(lambda: watch.replies, "a reply")
        stage.reboot(crash=crash)
        stage.wait_for_boot()
        count = len(watch.replies)
        wait_for(lambda: len(watch.replies) > count, "a reply after the reboot")
    assert {who for _, who in watch.replies} == {"db1"}
    check_the_end(stage, on("eth0", OVERLAY), [put_on(NAME, OVERLAY)])


def test_taken_over_while_it_was_down(stage):
    """From db2's move on the client is db2's, and db1 comes back without the address."""
    assert stage.db1.myha("overlay", "create", NAME).returncode == 0
    with stage.watch() as watch:
        wait_for(lambda: watch.replies, "a reply")
        stage.reboot(lambda: stage.db2.myha("overlay", "move", NAME, check=True), crash=True)
        stage.wait_for_boot()
        count = len(watch.replies)
        wait_for(lambda: len(watch.replies) > count, "a reply after the reboot")
    assert watch.wrong == []
    assert [who for _, who in watch.replies] == sorted(who for _, who in watch.replies)
    check_the_end(stage, [], [elsewhere(stage)], on("eth0", OVERLAY))


def test_taken_over_while_it_asks(stage):
    """EC2's response is older than db2's move by the time that db1 has it."""
    stage.route(OVERLAY, stage.db1)
    has_moved = threading.Event()
    stage.ec2.faults.set([{"kind": "late", "action": "DescribeRouteTables", "times": 1,
                           "value": lambda _: has_moved.wait(PATIENCE)}])

    def move():
        wait_for(lambda: not stage.ec2.faults.pending(), "db1's question")
        stage.db2.myha("overlay", "move", NAME, check=True)
        has_moved.set()

    with stage.watch() as watch:
        stage.reboot(meanwhile=move)
        stage.wait_for_boot()
        wait_for(lambda: watch.replies, "a reply")
    assert watch.wrong == []
    check_the_end(stage, [], [put_on(NAME, OVERLAY), taken_off(NAME, OVERLAY, stage.db2.eth0)],
                  on("eth0", OVERLAY))


def one_old_read(stage, before, now):
    """The overlay has moved from one node to another, and db1's first read does not show it."""
    stage.route(OVERLAY, before)
    stage.ec2.engine.consistency = 3600
    stage.route(OVERLAY, now)
    stage.ec2.engine.ages = SomeReadsAreOld(1)


def test_taken_over_just_before(stage):
    """The unit is up with the address, as EC2 shows it; a read that cannot be old takes it away."""
    stage.reboot(lambda: one_old_read(stage, stage.db1, stage.db2))
    stage.wait_for_boot()
    assert stage.lines() == [put_on(NAME, OVERLAY)]
    check_the_end(stage, [], [put_on(NAME, OVERLAY), taken_off(NAME, OVERLAY, stage.db2.eth0)])


def test_moved_here_just_before(stage):
    """By "overlay move --to", which says that "myha boot" has to be run here: that puts it on."""
    one_old_read(stage, stage.db2, stage.db1)
    ran = stage.db1.myha("boot", "--timeout", "30", timeout=60)
    assert (ran.returncode, ran.stderr) == (0, f"myha: {put_on(NAME, OVERLAY)}\n")
    assert stage.changes() == on("eth0", OVERLAY)


def test_a_dry_run_just_after_a_move(stage):
    """The routes lead elsewhere by a read that may be older than the move: it takes nothing off."""
    stage.route(OVERLAY, stage.db2)
    stage.ec2.engine.consistency, stage.ec2.engine.ages = 3600, SomeReadsAreOld(0)
    stage.db1.myha("overlay", "move", NAME, check=True)
    record = f"/run/myha/resource-{OVERLAY}.moved"
    assert int(stage.db1.run("cat", record).stdout)
    stage.db1.write(record, str(10 ** 12))  # just now, however slow the machine is
    stage.ec2.engine.ages = SomeReadsAreOld(1)
    ran = stage.db1.myha("--dry-run", "boot")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_moved_here_while_a_boot_is_about_to_take_it_off(stage):
    """A boot that has seen the routes elsewhere believes the move, and not a read that is older."""
    stage.route(OVERLAY, stage.db2)
    stage.ec2.engine.consistency, stage.ec2.engine.ages = 3600, SomeReadsAreOld(0)
    boot = stage.db1.host.start(*stage.db1.command("myha", "boot", "--timeout", "60"))
    wait_for(lambda: any(one["action"] == "DescribeRouteTables" for one in stage.ec2.requests()),
             "the boot's first read")
    stage.db1.myha("overlay", "move", NAME, check=True)
    stage.ec2.engine.ages = SomeReadsAreOld(1)
    assert boot.wait(60) == 0
    assert stage.changes() == on("eth0", OVERLAY)


def test_every_kind_at_once(stage):
    """Each by its at-boot, its interface and where EC2's routes lead; an address that another unit
    has configured by then is taken away where it is routed elsewhere."""
    db1, db2, service = stage.db1, stage.db2, stage.scene.service_eni()
    stopped = stage.cloud.create_eni(stage.scene.primary, ["10.0.0.99"])
    stage.cloud.attach(stopped, stage.cloud.create_instance(state="stopped"), 0)
    names = ("here", "six", "on-lo", "on-eth1", "by-eth1", "stale", "gone", "lost", "always",
             "never", "cluster")
    at = {name: f"192.168.10.{20 + number}" for number, name in enumerate(names)}
    at["six"] = OVERLAY6
    more = {"on-lo": ", interface: lo", "on-eth1": ", interface: eth1",
            "always": ", at-boot: always", "never": ", at-boot: never",
            "cluster": ", at-boot: always, managed-by: cluster"}
    stage.set_policy(*((name, at[name], more.get(name, "")) for name in names),
                     more="interfaces: {eth1: {}}\n")
    for name, target in {"here": db1, "six": db1, "on-lo": db1, "on-eth1": service,
                         "by-eth1": service, "stale": db2, "lost": stopped, "always": db2,
                         "never": db1, "cluster": db1}.items():
        stage.route(at[name], target)
    # Like a configuration file from the time when db1 was the active node.
    db1.write(STATIC, "[Unit]\nBefore=network.target\n[Service]\nType=oneshot\n"
                      f"ExecStart=ip address add {at['stale']}/32 dev eth0\n"
                      "[Install]\nWantedBy=multi-user.target\n")
    link = db1.path("/etc/systemd/system/multi-user.target.wants/lab-static.service")
    link.symlink_to(STATIC)

    def attach():
        db1.attach_while_off(service)
        # A route's state can lag behind an instance's.
        service.attachment_status = "attaching"

    stage.reboot(attach)
    service.attachment_status = "attached"
    stage.scene.vpc.sync_routes()
    link.unlink()
    stage.check(False, service)
    db1.wait_for_unit("myha@eth1.service")
    db1.wait_for_unit("myha-boot@eth1.service")
    expected = [*classic(service), "+ rule4 100: from 192.168.10.23 lookup 100 proto 77",
                *on("eth0", at["here"]), *on("eth0", OVERLAY6), *on("lo", at["on-lo"]),
                *on("eth1", at["on-eth1"]), *on("eth0", at["by-eth1"]), *on("eth0", at["always"])]
    stage.wait_for_end()
    assert stage.changes() == sorted(expected)
    assert stage.changes(db2) == []
    # Either of the two units may have been first to attach eth1.
    assert [line for line in stage.lines() if not line.startswith("eth1: ")] == [
        put_on("always", at["always"], why="is placed on this host at every boot"),
        put_on("here", at["here"]), put_on("six", OVERLAY6), put_on("on-lo", at["on-lo"], "lo"),
        put_on("on-eth1", at["on-eth1"], "eth1"), put_on("by-eth1", at["by-eth1"]),
        put_right("on-eth1", service), taken_off("stale", at["stale"], db2.eth0),
        'gone: no route table has a route to this overlay: create the routes with "myha overlay create '
        'gone" on the node that should hold the address',
        f"lost: route points to {stopped.id} ({stopped.instance}, blackhole), which drops the traffic: "
        'take over the overlay with "myha overlay move lost"']
    assert stage.lines("myha-boot@eth1.service") == []
    assert not service.source_dest_check


@pytest.mark.parametrize("ends", ["here", "elsewhere"])
def test_tables_that_disagree(stage, ends):
    """A move that was begun and not finished: nothing is changed until the move is finished, and
    then the unit follows."""
    stage.route(OVERLAY, stage.db1, stage.scene.client_table)
    stage.route(OVERLAY, stage.db2, stage.scene.main_table)
    stage.reboot()
    stage.wait_for_failure()
    said = f"{NAME}: some routes point to this host and some to another target: finish the move with " \
           f'"myha overlay move {NAME}" on the node that should hold the address'
    assert stage.changes() == []
    assert set(stage.lines()) == {said}
    stage.route(OVERLAY, stage.db1 if ends == "here" else stage.db2)
    stage.wait_for_boot()
    tries = stage.lines().count(said)
    check_the_end(stage, on("eth0", OVERLAY) if ends == "here" else [],
                  [said] * tries + [put_on(NAME, OVERLAY) if ends == "here" else elsewhere(stage)])


CHECKS = {
    "fix": lambda eni: [put_right(NAME, eni)],
    "warn": lambda eni: [
        f"{NAME}: source/destination check of {eni.id}: enabled, so EC2 drops packets to overlay "
        "addresses: disable the check, or let myha disable it (source-dest-check: fix)"],
    "ignore": lambda eni: [],
}


@pytest.mark.parametrize("wanted", CHECKS)
def test_the_check_was_switched_on_meanwhile(stage, wanted):
    """By a new launch template, say: until it is off the client gets no reply."""
    eni = stage.db1.eth0
    stage.set_policy(more=f"source-dest-check: {wanted}\n")
    stage.route(OVERLAY, stage.db1)
    stage.reboot(lambda: stage.check(True, eni))
    check_the_end(stage, on("eth0", OVERLAY), [put_on(NAME, OVERLAY), *CHECKS[wanted](eni)])
    assert eni.source_dest_check == (wanted != "fix")
    if wanted == "fix":
        assert stage.client.ask(OVERLAY) == "db1"
    else:
        assert stage.client.ask(OVERLAY, timeout=0.5) is None


def test_an_overlay_follows_its_eni(stage):
    """It is routed to an ENI that moves between the nodes: no boot fails for want of it, and the
    address is where the ENI is."""
    eni = stage.scene.service_eni()
    stage.check(False, eni)
    stage.set_policy((NAME, OVERLAY, ", interface: eth1"), more="interfaces: {eth1: {}}\n")
    stage.route(OVERLAY, eni)
    stage.reboot()
    check_the_end(stage, [], [
        f"{NAME}: route points to {eni.id} (blackhole), which drops the traffic: take over the overlay with "
        f'"myha overlay move {NAME}"',
        f"{NAME}: there is no interface eth1 for the address: myha-boot@eth1.service handles this "
        "overlay when the interface appears"])
    placed = sorted([*classic(eni), *on("eth1", OVERLAY),
                      f"+ rule4 100: from {OVERLAY} lookup 100 proto 77"])
    for node in (*stage.nodes, stage.db1):
        node.hot_attach(eni)
        node.wait_for_unit("myha-boot@eth1.service")
        assert stage.changes(node) == placed
        assert stage.client.ask(OVERLAY) == node.name
        assert stage.lines("myha-boot@eth1.service", node)[-1] == \
            put_on(NAME, OVERLAY, "eth1")
        node.hot_detach()
        node.wait_for_unit("myha-boot@eth1.service", "inactive")
        node.wait_for_unit("myha@eth1.service", "inactive")
        assert stage.changes(node) == []
    # An interface without an overlay causes no request.
    stage.set_policy(more="interfaces: {eth1: {}}\n")
    stage.ec2.requests()
    stage.db1.hot_attach(eni)
    stage.db1.wait_for_unit("myha-boot@eth1.service")
    assert stage.ec2.requests() == []
