# SPDX-License-Identifier: Apache-2.0
"""Nodes that boot: systemd, udevd, dbus and the installed myha, in systemd-nspawn.

What makes hot-plug real in a container, and why each of it is needed:

- A network namespace of the container's own making (--network-interface implies it): its /sys then
  shows its own interfaces. Interfaces that are there at boot wait in a staging namespace, so that
  none is ever in the host's.
- SYSTEMD_NSPAWN_API_VFS_WRITABLE: with a read-only /sys udevd is skipped by its condition. As
  /proc/sys is writable too, the root masks what would apply sysctls (root.py).
- A file /run/udev/control before systemd starts: it takes that for the sign that udevd runs, and
  listens to a deaf monitor for ever where it is missing. The container is the only kind of machine
  where it can be missing: elsewhere /dev is a devtmpfs.
- The system call bpf() with CAP_BPF: without it a unit's IPAddressDeny= is silently not enforced.
- A cgroup of its own. Where systemd runs the host it is a scope that systemd gives out; elsewhere
  the lab makes one in each hierarchy that systemd looks at.

The file system is an overlay (root, installed tree, a layer of the node's own) in a mount namespace
of the node's; it is there until the node goes, so that changes survive a reboot.
"""

import itertools
import os
import pathlib
import signal
import subprocess
import time

from .client import Service
from .host import PATIENCE, PREFIX, LabError, Namespaces, children_of, stop, wait_for
from .node import Node, inside
from .root import dress
from .vpc import static_lines

CGROUP = pathlib.Path("/sys/fs/cgroup")

SETUP = """
mount --make-rprivate /
# Where /sys is read-only nspawn does not ask the host's udevd whether it knows an interface.
mount -o remount,bind,ro /sys
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir -p "$1/upper" "$1/work" "$1/root" "$1/udev" "$1/nspawn"
mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
# nspawn keeps locks and sockets there; they are to go with the node.
[ ! -d /run/systemd/nspawn ] || mount --bind "$1/nspawn" /run/systemd/nspawn
"""

NSPAWN = (
    "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--console=pipe",
    "--link-journal=no", "--resolv-conf=off", "--timezone=off", "--kill-signal=SIGRTMIN+3",
    "--system-call-filter=bpf", "--capability=CAP_NET_ADMIN,CAP_BPF,CAP_IPC_LOCK",
)

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# networkctl tells it in JSON from systemd 250 on. In an object's path the first digit is escaped.
NETWORKD_STATE = """
read -r index </sys/class/net/$1/ifindex
exec busctl --auto-start=no get-property org.freedesktop.network1 \\
    /org/freedesktop/network1/link/_3$index org.freedesktop.network1.Link AdministrativeState
"""


class SystemNode(Node):
    """A node with systemd as its first process. boot() starts it, with what is attached."""

    _numbers = itertools.count(1)

    def __init__(self, vpc, name, eni, root, install, networkd=False):
        super().__init__(vpc, name, eni)
        self.machine = f"{PREFIX}{os.getpid()}-{name}-{next(self._numbers)}"
        self.directory = vpc.host.directory / self.machine
        (self.directory / "disk").mkdir(parents=True)
        # Before what runs in it, so that it is removed after that has ended.
        self.cgroup = Cgroup(vpc.host, self.machine)
        dress(self.directory / "own")
        lower = f"{self.directory}/own:{install.tree}:{root}"
        self.storage = Namespaces(vpc.host, self.machine, ("mount", "net", "pid"), SETUP,
                                  (self.directory / "disk", lower))
        self.console = self.directory.with_suffix(".console")
        self.serves = []  # addresses at which the service is from the first process of a boot on
        self._services = []
        self._nspawn = None
        self._leader = None
        self.write("/etc/hostname", name + "\n")
        if not install.is_package:
            self.enable("myha-boot.service")
        if install.sanitized:
            # The leak checker traces the program that it is in, which the units' sandbox forbids;
            # nodes without a system keep it.
            self.write("/etc/systemd/system.conf.d/sanitizers.conf",
                       "[Manager]\nDefaultEnvironment=ASAN_OPTIONS=detect_leaks=0\n")
        if networkd:
            self._let_networkd_manage()
        else:
            self.write("/etc/lab/eth0", "\n".join(static_lines(vpc.cloud, eni, "eth0")) + "\n")

    def _let_networkd_manage(self):
        subnet = self.vpc.cloud.subnets[self.eth0.subnet]
        length = subnet.cidr.partition("/")[2]
        self.write("/etc/systemd/network/10-eth0.network",
                   f"[Match]\nName=eth0\n[Network]\nAddress={self.eth0.ipv4s[0]}/{length}\n"
                   f"Gateway={subnet.router}\nIPv6AcceptRA=no\nLinkLocalAddressing=no\n")
        for unit in ("systemd-networkd.service", "systemd-networkd.socket"):
            self.path(f"/etc/systemd/system/{unit}").unlink()
        self.enable("systemd-networkd.service")

    def enable(self, unit):
        """As `systemctl enable`, also while the node is down."""
        wants = self.path("/etc/systemd/system/multi-user.target.wants")
        wants.mkdir(parents=True, exist_ok=True)
        (wants / unit).symlink_to(f"/lib/systemd/system/{unit}")

    @property
    def pid(self):
        if not self._leader:
            raise LabError(f"{self.name} is not running")
        return self._leader

    @property
    def running(self):
        return self._leader is not None

    def path(self, name):
        # The node's own disk, which is there while the node is down too; /run and /tmp are its
        # system's.
        if self.running and str(name).startswith(("/run/", "/tmp/", "/proc/")):
            return super().path(name)
        root = pathlib.Path(f"/proc/{self.storage.pid}/root{self.directory}/disk/root")
        return inside(root, name)

    def command(self, *argv):
        return ("nsenter", "-t", str(self.pid), "-m", "-u", "-i", "-n", "-p", "-C", "--",
                "env", "-i", f"PATH={PATH}", "LANG=C.UTF-8", "HOME=/root", "SYSTEMD_PAGER=",
                "TERM=dumb", *argv)

    def myha(self, *arguments, check=False, **options):
        return self.run("myha", *arguments, check=check, **options)

    def systemctl(self, *arguments, **options):
        return self.run("systemctl", *arguments, **options)

    def journal(self, unit, *arguments):
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", unit, *arguments).stdout

    def state_of(self, unit):
        return self.systemctl("is-active", unit, check=False).stdout.strip()

    def failed_units(self):
        listed = self.systemctl("list-units", "--failed", "--plain", "--no-legend").stdout
        return [line.split()[0] for line in listed.splitlines()]

    def is_idle(self):
        """Whether systemd has no job left."""
        return not self.systemctl("list-jobs", "--no-legend", "--plain").stdout

    def wait_for_unit(self, unit, state="active", timeout=PATIENCE):
        wait_for(lambda: self.state_of(unit) == state, timeout=timeout, interval=0.01,
                 what=lambda: f"{unit} {state} on {self.name}; it is {self.state_of(unit)}\n"
                              f"{self.journal(unit)}")

    def wait_for_networkd(self, name, state="configured", timeout=PATIENCE):
        """Until networkd has an interface as its files say, or (unmanaged) leaves it alone; by what it
        says over the bus: its state files are from before a restart until it has begun."""
        wait_for(lambda: self.run("sh", "-c", NETWORKD_STATE, "sh", name, check=False).stdout
                 == f's "{state}"\n',
                 f"networkd of {self.name} to have {name} {state}", timeout, interval=0.02)

    # Power.

    def boot(self, timeout=2 * PATIENCE):
        """Start the system with its interfaces in it, and wait until it is up."""
        interfaces = [("eth0", self.eth0), *self.attached.items()]
        self.instance.state = "running"
        self.vpc.publish()
        self.vpc.plug(self.storage.pid, *((eni, name) for name, eni in interfaces))
        disk = self.directory / "disk"
        self.storage.run("sh", "-c", f"rm -rf {disk}/udev/*; : >{disk}/udev/control")
        argv = [*NSPAWN, f"--machine={self.machine}", f"--directory={disk}/root",
                f"--hostname={self.name}", f"--bind={disk}/udev:/run/udev",
                *(f"--network-interface={name}" for name, _ in interfaces), "net.ifnames=0"]
        with open(self.console, "a") as console:
            self._nspawn = self.host.start(
                *self.cgroup.command(self.storage.command(*argv)),
                stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                env={**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "yes",
                     "SYSTEMD_NSPAWN_LOCK": "0"})
        try:
            self._leader = wait_for(self._find_leader, f"the first process of {self.name}",
                                    timeout)
            self._services = [Service(self, address) for address in self.serves]
            wait_for(super().path("/run/systemd/private").exists, f"systemd of {self.name}",
                     timeout)
            self.systemctl("is-system-running", "--wait", check=False, timeout=timeout)
        except LabError as error:
            self.power_off()
            raise LabError(f"{error}\n{self.console.read_text()[-4000:]}") from None
        self.failed_at_boot = self.failed_units()

    def _find_leader(self):
        """The container's first process: nsenter's child is nspawn, and this one is nspawn's. It leaves
        nspawn's network namespace only after it was started."""
        if self._nspawn.poll() is not None:
            raise LabError(f"{self.name} did not start")
        for nspawn in children_of(self._nspawn.pid):
            for pid in children_of(nspawn):
                if _process_ids(pid)[2:] == ["1"] and _network_of(pid) != _network_of(nspawn):
                    return pid
        return None

    def shut_down(self, timeout=PATIENCE):
        """As `systemctl poweroff`: units are stopped in their order."""
        self.systemctl("poweroff")
        self._nspawn.wait(timeout)
        self.power_off()

    def power_off(self):
        """As if the plug were pulled. The disk stays."""
        if self._leader and self._nspawn.poll() is None:
            os.kill(self._leader, signal.SIGKILL)
            self._nspawn.wait(PATIENCE)
        if self._nspawn:
            stop(self._nspawn)
        self._nspawn = self._leader = None
        self.vpc.unplug(self.eth0, *self.attached.values())
        # Only now, so that no client is told of their end.
        for service in self._services:
            service.close()
        self._services = []

    def reboot(self):
        self.shut_down()
        self.boot()

    def close(self):
        self.power_off()
        self.storage.close()


def _process_ids(pid):
    """A process's ids in the process namespaces that it is in, from the host's to its own."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))


def _network_of(pid):
    """The network namespace of a process; None after its end."""
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except (FileNotFoundError, ProcessLookupError):
        return None


class Cgroup:
    """Where a node's processes live on the host."""

    def __init__(self, host, name):
        # With systemd as the host's first process cgroups are systemd's to give.
        self.systemd = pathlib.Path("/run/systemd/private").is_socket() \
            and pathlib.Path("/proc/1/comm").read_text() == "systemd\n"
        self.name = name
        self.paths = []
        if not self.systemd:
            hierarchies = [CGROUP] if (CGROUP / "cgroup.controllers").exists() else \
                [CGROUP / name for name in ("systemd", "unified") if (CGROUP / name).is_dir()]
            self.paths = [hierarchy / self.name for hierarchy in hierarchies]
            for path in self.paths:
                path.mkdir()
                host.defer(remove_cgroup, path)

    def command(self, argv):
        """argv, run in the cgroup."""
        if self.systemd:
            return ["systemd-run", "--scope", "--quiet", "--collect", f"--unit={self.name}",
                    "--property=Delegate=yes", "--", *argv]
        enter = "".join(f"echo $$ >'{path}/cgroup.procs'; " for path in self.paths)
        return ["sh", "-c", f'{enter}exec "$@"', "sh", *argv]


def remove_cgroup(path, timeout=PATIENCE):
    """Remove a cgroup and those below it, once the last process in it has gone."""
    deadline = time.monotonic() + timeout
    while path.is_dir():
        try:
            for directory, _, _ in os.walk(path, topdown=False):
                os.rmdir(directory)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
