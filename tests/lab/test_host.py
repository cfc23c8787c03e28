# SPDX-License-Identifier: Apache-2.0
"""The lab leaves the machine under it as it found it, however it ends."""

import fnmatch
import os
import pathlib
import re
import signal
import subprocess
import tempfile

import pytest

from lab.clean import clean, leftovers
from lab.host import PATIENCE, PREFIX, Host, Namespaces, children_of, wait_for
from lab.scene import Scene
from lab.servers import PACKAGE

# A lab with all that there is, which says when it stands and then waits for its end.
LAB = """
import sys
from lab.client import Service
from lab.host import Host
from lab.scene import SERVICE, SERVICE6, Installed, Scene
with Host() as host:
    scene = Scene(host, Installed(host))
    bare, node, client = scene.bare_node(), scene.system_node(), scene.client()
    node.set_policy()
    node.boot()
    Service(node, SERVICE)
    node.hot_attach(scene.cloud.create_eni(scene.dual, ["10.0.2.10"], ipv6s=[SERVICE6]))
    bare.hot_attach(scene.service_eni())
    print("up", flush=True)
    if sys.stdin.readline() == "fail\\n":
        raise RuntimeError("as a test that fails")
"""

# Settings that change by themselves on any machine.
VOLATILE = re.compile(r"^(fs\.(aio-nr|dentry-state|file-nr|inode-nr|inode-state|quota)|"
                      r"kernel\.(ns_last_pid|pty\.nr|random\.|perf_event_max_sample_rate)|"
                      r"net\.netfilter\.nf_conntrack_count|dev\.)")


# A lab that runs there sees only its own changes of mounts and interfaces, whatever else the machine does.
QUIET_HOST = "mount --make-rprivate /; ip link set lo up"


def host_view(host, lab=None):
    """The possible remains of a lab on a host, as lists; lab is its process id."""
    mine = f"{PREFIX}{lab}-*"
    sysctls = host.run("sysctl", "-a", check=False).stdout.splitlines()
    # Unlike a glob, a walk passes over what others remove meanwhile.
    cgroups = [os.path.join(place, name) for place, names, _ in os.walk("/sys/fs/cgroup")
               for name in fnmatch.filter(names, mine)]
    directories = [path for place in (tempfile.gettempdir(), "/run", "/var/tmp")
                   for path in pathlib.Path(place).glob(mine)]
    return {
        "mounts": pathlib.Path(f"/proc/{host.pid}/mounts").read_text().splitlines(),
        "interfaces": host.run("ls", "/proc/sys/net/ipv4/conf").stdout.split(),
        "sysctls": [line for line in sysctls if not VOLATILE.match(line)],
        "cgroups": sorted(cgroups),
        "directories": sorted(map(str, directories)),
    }


def named_namespaces():
    """The namespaces that have a name below /run/netns, as /proc shows them."""
    for path in pathlib.Path("/run/netns").glob("*"):
        try:
            yield f"net:[{path.stat().st_ino}]"
        except FileNotFoundError:
            pass  # another program's, which has just been deleted


def descendants(pid):
    """Process ids and the namespaces that they are in, of a process and all below it."""
    pids, spaces = [pid], set()
    for parent in pids:
        pids += children_of(parent)
    for each in pids:
        for kind in ("net", "mnt", "pid", "uts", "ipc", "cgroup"):
            try:
                spaces.add(os.readlink(f"/proc/{each}/ns/{kind}"))
            except FileNotFoundError:
                pass
    return pids, spaces


def start_of(pid):
    """When a process was started, in ticks: with its id that names it for ever. None after its end."""
    try:
        state, *fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state == "Z" else fields[18]


def inhabitants(spaces):
    """The processes that are in one of the namespaces: process id to start."""
    found = {}
    for pid in (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()):
        for kind in ("net", "mnt", "pid", "uts", "ipc", "cgroup"):
            try:
                if os.readlink(f"/proc/{pid}/ns/{kind}") in spaces:
                    found[pid] = start_of(pid)
            except OSError:
                pass  # it has ended, or is about to
    return found


@pytest.mark.parametrize("end", [
    "in order", "a failure", "SIGTERM", "SIGKILL",
    *(pytest.param(name, marks=pytest.mark.long) for name in ("SIGINT", "SIGHUP"))])
def test_the_host_is_left_as_found(end):
    """After SIGKILL too, once tests/lab/clean has been there."""
    clean()
    with Host() as registry:
        host = Namespaces(registry, "host", ("net", "mount"), QUIET_HOST)
        before, not_its_own = host_view(host), descendants(os.getpid())[1]
        lab = subprocess.Popen(
            host.command("env", f"PYTHONPATH={PACKAGE.parent}", "/usr/bin/python3", "-c", LAB), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with lab:
            while (line := lab.stdout.readline()) != "up\n":
                assert line, lab.stderr.read()
            pids, spaces = descendants(lab.pid)
            spaces -= not_its_own
            assert len(pids) > 10 and len(spaces) > 10
            assert spaces.isdisjoint(named_namespaces())
            # The numbers of namespaces are given out again; those of processes with their start are not.
            processes = inhabitants(spaces) | {pid: start_of(pid) for pid in pids}
            if end in ("in order", "a failure"):
                lab.stdin.write("end\n" if end == "in order" else "fail\n")
                lab.stdin.flush()
            else:
                lab.send_signal(getattr(signal, end))
            errors = lab.communicate(timeout=2 * PATIENCE)[1]
        assert (lab.returncode == 0) == (end == "in order"), errors
        # The kernel ends the last ones after their parents.
        wait_for(lambda: not [pid for pid, start in processes.items() if start and start_of(pid) == start],
                 "the lab's processes to end")
        if end == "SIGKILL":
            assert list(leftovers())
            clean()
        after = host_view(host, lab.pid)
    for kind, was in before.items():
        assert [line for line in after[kind] if line not in was] == [], kind
        assert [line for line in was if line not in after[kind]] == [], kind


def test_two_scenes_on_one_host(installed):
    """Each has a metadata service and routers of its own."""
    with Host() as host:
        scenes = Scene(host, installed), Scene(host, installed)
        for scene in scenes:
            node = scene.bare_node()
            node.set_policy("version: 1\ninterfaces: {eth1: {}}\n")
            node.hot_attach(scene.cloud.create_eni(scene.dual, ["10.0.2.10"], ipv6s=["2001:db8:1234:2::10"]))
            node.myha("attach", "eth1", check=True)
        for scene in scenes:
            assert scene.vpc.imds.requests()["requests"] != []
