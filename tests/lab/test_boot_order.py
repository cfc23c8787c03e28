# SPDX-License-Identifier: Apache-2.0
"""When the boot unit runs: after the network is there, and before a cluster's services, which would
start resources on a host that is not as it should be yet."""

import pytest

from lab.scene import OVERLAY

UNIT = "/etc/systemd/system"
# A unit of the distribution that delays network-online.target.
ONLINE = "[Unit]\nDefaultDependencies=no\nBefore=network-online.target\n" \
    "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=sleep 0.5\n"
CLUSTER = "[Unit]\nAfter={after}\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=true\n"


def moment(node, unit, what):
    """When it happened to a unit, in microseconds."""
    shown = node.systemctl("show", "--value", "-p", f"{what}TimestampMonotonic", unit).stdout
    assert int(shown) > 0, (unit, what)
    return int(shown)


@pytest.mark.parametrize("fails", [False, True])
def test_order(scene, fails):
    """Also where EC2 cannot be reached: then the cluster starts after the first try."""
    node = scene.system_node()
    node.write(f"{UNIT}/lab-online.service", ONLINE)
    node.write(f"{UNIT}/corosync.service", CLUSTER.format(after="network-online.target"))
    node.write(f"{UNIT}/pacemaker.service", CLUSTER.format(after="corosync.service"))
    for target, unit in (("network-online", "lab-online"), ("multi-user", "corosync"),
                         ("multi-user", "pacemaker")):
        wants = node.path(f"{UNIT}/{target}.target.wants")
        wants.mkdir(exist_ok=True)
        (wants / f"{unit}.service").symlink_to(f"../{unit}.service")
    if fails:
        node.set_policy(f"version: 1\noverlays: {{sapascs: {{address: {OVERLAY}}}}}\n")
        node.write(f"{UNIT}/myha-boot.service.d/lab.conf",
                   "[Service]\nExecStart=\nExecStart=/usr/sbin/myha boot --timeout 2\n")
    node.boot()
    state = node.state_of("myha-boot.service")
    assert state == ("activating" if fails else "active"), node.journal("myha-boot.service")
    moments = [moment(node, "lab-online.service", "ActiveEnter"),
               moment(node, "network-online.target", "ActiveEnter"),
               moment(node, "myha-boot.service", "ExecMainStart"),
               moment(node, "myha-boot.service", "ExecMainExit" if fails else "ActiveEnter"),
               moment(node, "corosync.service", "ExecMainStart"),
               moment(node, "corosync.service", "ActiveEnter"),
               moment(node, "pacemaker.service", "ExecMainStart")]
    assert moments == sorted(moments)
