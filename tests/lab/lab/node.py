# SPDX-License-Identifier: Apache-2.0
"""Nodes: EC2 instances of the lab. What both kinds have in common, and the quick kind.

A BareNode is a set of namespaces in which the myha under test runs as a plain program: no systemd,
no udev, ready in milliseconds. system_node.py has the nodes that boot.
"""

import os
import pathlib

from . import kernel_view
from .host import LabError, Namespaces, run, wait_for
from .vpc import static_lines

POLICY = "/etc/myha/policy.yaml"
POLICY_ETH1 = "version: 1\ninterfaces: {eth1: {}}\n"


def inside(root, name):
    """The path of a file below another root directory. A link in a directory's place leads to where it
    leads there: an absolute one, as images have them in /etc, would lead the host into its own."""
    path, rest, links = root, [part for part in str(name).split("/") if part], 0
    while rest:
        part = rest.pop(0)
        if part == "..":
            path = path if path == root else path.parent
            continue
        step = path / part
        # The last part is the file itself: who makes or removes a link wants that one.
        if not rest or not step.is_symlink():
            path = step
            continue
        links += 1
        if links > 40:
            raise LabError(f"{name}: too many links")
        target = os.readlink(step)
        rest = [part for part in target.split("/") if part and part != "."] + rest
        path = root if target.startswith("/") else path
    return path


class Node:
    """One instance with its primary interface eth0; more are attached and detached."""

    def __init__(self, vpc, name, eni):
        self.vpc = vpc
        self.host = vpc.host
        self.name = name
        self.eth0 = eni
        self.attached = {}  # interface name: ENI
        self.instance = vpc.cloud.create_instance(az=vpc.cloud.subnets[eni.subnet].az)
        vpc.cloud.attach(eni, self.instance, 0)
        vpc.nodes[self.instance.id] = self

    # Each kind implements these.

    @property
    def pid(self):
        """A process of the node, whose namespaces are the node's."""
        raise NotImplementedError

    @property
    def running(self):
        raise NotImplementedError

    def command(self, *argv):
        """The words that run argv in the node."""
        raise NotImplementedError

    def power_off(self):
        """As if the plug were pulled."""
        raise NotImplementedError

    # Common to all kinds.

    def run(self, *argv, **options):
        return run(*self.command(*argv), **options)

    def path(self, name):
        """A file of the node's, as seen from the host."""
        return inside(pathlib.Path(f"/proc/{self.pid}/root"), name)

    def write(self, name, text):
        path = self.path(name)
        if path.is_symlink():
            path.unlink()  # never through it: what it leads to may be the host's
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def set_policy(self, text=POLICY_ETH1):
        self.write(POLICY, text)

    def view(self):
        """All that the node's kernel says of its network."""
        return kernel_view.view(self)

    def settle(self):
        """Wait for duplicate address detection to end: the kernel tells of a link-local address once
        more, a second or two after it came."""
        wait_for(lambda: not self.run("ip", "address", "show", "tentative").stdout,
                 "duplicate address detection to end", interval=0.05)

    def hot_attach(self, eni, name="eth1", lag=None):
        """Attach a network interface to the running node, as EC2 does."""
        self.hot_attach_all([(eni, name)], lag)

    def hot_attach_all(self, ends, lag=None):
        """Attach many at once: a list of (ENI, interface name)."""
        for eni, name in ends:
            self.attach_while_off(eni, name, lag)
        self.vpc.publish()
        self.vpc.plug(self.pid, *ends)

    def attach_while_off(self, eni, name="eth1", lag=None):
        """Attach a network interface to a node that is down: the next boot finds it."""
        taken = {other.device_index for other in self.vpc.cloud.enis_of(self.instance)}
        free = next(number for number in range(1, 10000) if number not in taken)
        self.vpc.cloud.attach(eni, self.instance, free, lag)
        self.attached[name] = eni

    def hot_detach(self, *names):
        """Detach network interfaces from the running node, as EC2 does."""
        ends = [(self.attached.pop(name), name) for name in names or ("eth1",)]
        self.vpc.pull(self.pid, *ends)
        for eni, _ in ends:
            self.vpc.cloud.detach(eni)
        self.vpc.sync_routes()
        self.vpc.publish()


class BareNode(Node):
    """Namespaces of its own for network, mounts and host name; /run is empty, /etc is the host's
    with the installed files laid over it and may be written."""

    SETUP = """
    mount --make-rprivate /
    mount -t sysfs sysfs /sys
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -p /run/lab/upper /run/lab/work
    mount -t overlay -o "lowerdir=$1/etc:/etc,upperdir=/run/lab/upper,workdir=/run/lab/work" \\
        overlay /etc
    hostname "$0"
    ip link set lo up
    """

    def __init__(self, vpc, name, eni, install):
        super().__init__(vpc, name, eni)
        self.install = install
        self.namespaces = Namespaces(vpc.host, name, ("net", "mount", "uts"), self.SETUP,
                                     (install.tree,))
        vpc.publish()
        vpc.plug(self.pid, (eni, "eth0"))
        self.namespaces.batch(static_lines(vpc.cloud, eni, "eth0"))

    @property
    def pid(self):
        return self.namespaces.pid

    @property
    def running(self):
        return self.namespaces.holder.poll() is None

    def command(self, *argv):
        return self.namespaces.command(*argv)

    def myha(self, *arguments, check=False, **options):
        """Run the myha under test to its end, whatever that is."""
        return self.run(self.install.program, *arguments, check=check, **options)

    def strace(self, options, *arguments, **more):
        """Run the myha under test in strace(1). A leak checker would need to trace it, too."""
        return self.run("strace", "-f", "-E", "ASAN_OPTIONS=detect_leaks=0", *options,
                        self.install.program, *arguments, **more)

    def power_off(self):
        """For good: there is no disk that stays."""
        self.namespaces.close()
        self.vpc.unplug(self.eth0, *self.attached.values())

    close = power_off
