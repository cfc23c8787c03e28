# SPDX-License-Identifier: Apache-2.0
"""The lab leaves the machine under it as it found it, however it ends."""

import os
import pathlib
import re
import signal
import subprocess
import tempfile

import pytest

from lab.clean import clean, leftovers
from lab.host import PREFIX, children_of, wait_for
from lab.vpc import PACKAGE

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

# What changes by itself on any machine.
VOLATILE = re.compile(r"^(fs\.(aio-nr|dentry-state|file-nr|inode-nr|inode-state|quota)|"
                      r"kernel\.(ns_last_pid|pty\.nr|random\.|perf_event_max_sample_rate)|"
                      r"net\.netfilter\.nf_conntrack_count|dev\.)")


def host_view():
    """What a lab could leave on a host, as lists."""
    sysctls = subprocess.run(["sysctl", "-a"], text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL).stdout.splitlines()
    cgroups = [path for path in pathlib.Path("/sys/fs/cgroup").rglob(f"{PREFIX}*")]
    directories = [path for place in (tempfile.gettempdir(), "/run", "/var/tmp")
                   for path in pathlib.Path(place).glob("*") if path.name.startswith(PREFIX)]
    return {
        "mounts": pathlib.Path("/proc/mounts").read_text().splitlines(),
        "names of namespaces": sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns")
        else [],
        "interfaces": sorted(os.listdir("/sys/class/net")),
        "sysctls": [line for line in sysctls if not VOLATILE.match(line)],
        "cgroups": sorted(str(path) for path in cgroups if not of_another_lab(path)),
        "directories": sorted(str(path) for path in directories if not of_another_lab(path)),
    }


def of_another_lab(path):
    """Whether a lab that still runs, as this test's own does, made it."""
    owner = re.match(rf"{PREFIX}(\d+)-", path.name)
    return owner and os.path.exists(f"/proc/{owner[1]}")


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


def inhabitants(spaces):
    """The processes that are in one of the namespaces."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            for kind in ("net", "mnt", "pid", "uts", "ipc", "cgroup"):
                try:
                    if os.readlink(f"/proc/{entry.name}/ns/{kind}") in spaces:
                        yield entry.name
                        break
                except OSError:
                    pass  # it has ended, or is about to


@pytest.mark.parametrize("end", [
    "in order", "a failure", "SIGTERM", "SIGKILL",
    *(pytest.param(name, marks=pytest.mark.long) for name in ("SIGINT", "SIGHUP"))])
def test_the_host_is_left_as_found(end):
    """After SIGKILL too, once tests/lab/clean has been there."""
    clean()
    before, ours = host_view(), descendants(os.getpid())[1]
    lab = subprocess.Popen(["/usr/bin/python3", "-c", LAB], cwd=PACKAGE.parent, text=True,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with lab:
        while (line := lab.stdout.readline()) != "up\n":
            assert line, lab.stderr.read()
        pids, spaces = descendants(lab.pid)
        spaces -= ours
        assert len(pids) > 10 and len(spaces) > 10
        if end in ("in order", "a failure"):
            lab.stdin.write("end\n" if end == "in order" else "fail\n")
            lab.stdin.flush()
        else:
            lab.send_signal(getattr(signal, end))
        errors = lab.communicate(timeout=60)[1]
    assert (lab.returncode == 0) == (end == "in order"), errors
    # The kernel ends the last ones after their parents.
    wait_for(lambda: not list(inhabitants(spaces)), "the lab's processes to end")
    if end == "SIGKILL":
        assert list(leftovers())
        clean()
    after = host_view()
    for kind, was in before.items():
        assert [line for line in after[kind] if line not in was] == [], kind
        assert [line for line in was if line not in after[kind]] == [], kind
