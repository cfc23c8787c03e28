# SPDX-License-Identifier: Apache-2.0
"""If a boot waits for one thing, that delays nothing else: not the other interfaces, and not the overlays."""

import contextlib
import fcntl
import subprocess

import pytest

from boot_fixtures import NAME
from lab.host import wait_for
from lab.scene import OVERLAY

OTHER, OTHER_ADDRESS = "nfs", "192.168.10.17"
INTERFACES = "interfaces: {eth1: {}, eth2: {table: 101, priority: 101}}\n"


@contextlib.contextmanager
def missing_metadata(stage):
    """EC2 does not tell the addresses of eth1's ENI."""
    mac = stage.db1.attached["eth1"].mac
    stage.scene.vpc.imds.faults({"kind": 404, "path": f"*/macs/{mac}/local-ipv4s"})
    yield lambda: has(stage, "10.0.1.10")
    stage.scene.vpc.imds.faults()


@contextlib.contextmanager
def held_lock(stage):
    """Another run is busy with eth1."""
    path = stage.db1.path("/run/myha/eth1.lock")
    path.parent.mkdir(exist_ok=True)
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield lambda: has(stage, "10.0.1.10")


@contextlib.contextmanager
def silent_role(stage):
    """STS does not respond, which the other overlay's role needs."""
    stage.ec2.faults.set([{"kind": "hang", "action": "AssumeRole"}])
    yield lambda: has(stage, OTHER_ADDRESS)
    stage.ec2.faults.set([])


def has(stage, address):
    return f" {address}/" in stage.db1.run("ip", "-4", "address").stdout


@pytest.fixture
def interfaces(stage):
    """db1's policy has two interfaces, which no unit attaches, and two overlays, both routed to it."""
    node = stage.db1
    role = stage.cloud.create_role("overlay", trusts=["myha-node"])
    node.set_policy(stage.policy((OTHER, OTHER_ADDRESS, f", role-arn: {role.arn}"),
                                 (NAME, OVERLAY, ""), more=INTERFACES))
    stage.route(OVERLAY, node)
    stage.route(OTHER_ADDRESS, node)
    units = [f"myha{kind}@eth{number}.service" for kind in ("", "-boot") for number in (1, 2)]
    node.systemctl("mask", "--runtime", *units)
    for number in (1, 2):
        node.hot_attach(stage.scene.service_eni(f"10.0.1.{number}0"), f"eth{number}")
    yield
    node.systemctl("unmask", "--runtime", *units)


@pytest.mark.parametrize("cause", [missing_metadata, held_lock, silent_role])
def test_the_rest_is_served_while_one_thing_is_waited_for(stage, interfaces, cause):
    """And that is served, too, as soon as the cause has gone, by the same run."""
    with cause(stage) as is_held_up_served:
        boot = stage.scene.host.start(*stage.db1.command("myha", "boot", "--timeout", "300"),
                                      stderr=subprocess.PIPE, text=True)
        wait_for(lambda: boot.poll() is not None or has(stage, OVERLAY) and has(stage, "10.0.1.20"),
                 "all that waits for nothing")
        assert boot.poll() is None, boot.stderr.read()
        assert not is_held_up_served()
    assert boot.wait(300) == 0, boot.stderr.read()
    assert is_held_up_served()
    stage.db1.myha("detach", "eth1", check=True)
    stage.db1.myha("detach", "eth2", check=True)
