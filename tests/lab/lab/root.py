# SPDX-License-Identifier: Apache-2.0
"""The root file system of the lab's nodes: built once, from the host's own archive, and cached.

It is of the host's own distribution and release, because the myha under test was built on the host
and links to its libraries. mmdebstrap makes it from the host's own package sources. With a package
under test it may be of the package's release instead ($MYHA_RELEASE). Roots with more in them begin
as a copy of one with less: most of the minute that a root takes goes into what each machine has.
"""

import fcntl
import functools
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess

from .host import LabError, run
from .releases import RELEASES

CACHE = pathlib.Path("/var/cache/myha-lab")

APT = 300  # seconds that apt may take to read its lists, whatever else the machine does

KEYRINGS = {
    "Debian": "/usr/share/keyrings/debian-archive-keyring.gpg",
    "Ubuntu": "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
}

# The packages of each machine, with which a root begins.
MACHINE = ("systemd", "systemd-sysv", "udev", "dbus", "iproute2")

# A name with alternatives: the first that the release knows (Ubuntu 24.04 has renamed libraries).
PACKAGES = (
    *MACHINE, "curl", "iputils-ping", "tcpdump",
    "libcurl4t64|libcurl4", "libyaml-0-2", "libmnl0", "libudev1", "libjansson4",
    "libexpat1", "libssl3t64|libssl3",
)

# In a hook of mmdebstrap's: the host's apt, with the root's state and the root's dpkg.
APT_GET = 'APT_CONFIG=${MMDEBSTRAP_APT_CONFIG:-$APT_CONFIG} apt-get --yes ' \
    '-o DPkg::Chroot-Directory="$1"'

# Files that no node reads are left out.
LEAN = tuple(f"--dpkgopt=path-exclude=/usr/share/{what}/*" for what in ("doc", "man", "locale"))

# In a node /proc/sys is writable, and much of it is the host's: nothing there may apply sysctls.
# The rest is work that no test asks for.
MASKED = (
    "systemd-sysctl.service", "systemd-binfmt.service", "systemd-modules-load.service",
    "systemd-timesyncd.service", "systemd-resolved.service", "systemd-networkd-wait-online.service",
    "systemd-networkd.service", "systemd-networkd.socket",
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer",
    "fstrim.timer", "motd-news.timer", "man-db.timer", "console-getty.service", "getty@.service",
    "getty.target", "proc-sys-fs-binfmt_misc.automount", "systemd-random-seed.service",
    # There are no logins, and there are no file systems but those that the container brings.
    "systemd-logind.service", "systemd-user-sessions.service", "systemd-update-utmp.service",
    "systemd-update-utmp-runlevel.service", "systemd-initctl.socket", "systemd-remount-fs.service",
    "systemd-ask-password-console.path", "systemd-ask-password-wall.path", "dev-hugepages.mount",
    "dev-mqueue.mount", "systemd-journal-flush.service", "systemd-sysusers.service",
    "systemd-tmpfiles-clean.timer",
)

# They make units of what a node does not have; and each would be run at each "systemctl daemon-reload".
MASKED_GENERATORS = tuple(f"systemd-{name}-generator" for name in (
    "bless-boot", "cryptsetup", "debug", "fstab", "getty", "gpt-auto", "hibernate-resume",
    "integritysetup", "rc-local", "run", "ssh", "system-update", "tpm2", "veritysetup",
))

FILES = {
    # /sys is the host's but for its network: nothing else of it may be triggered in a node.
    "etc/systemd/system/systemd-udev-trigger.service.d/lab.conf":
        "[Service]\nExecStart=\n"
        "ExecStart=udevadm trigger --type=devices --action=add --subsystem-match=net\n",
    # veth has no driver that the shipped rules know. This is how an administrator adds one.
    "etc/udev/rules.d/80-myha-lab.rules":
        'ACTION!="remove", SUBSYSTEM=="net", KERNEL=="eth[1-9]*", ENV{MYHA_MANAGE}="1"\n',
    # The cloud's image configures the primary interface so.
    "etc/systemd/system/lab-eth0.service":
        "[Unit]\nDescription=The primary interface\nDefaultDependencies=no\n"
        "Before=network-pre.target network.target\nWants=network-pre.target\n"
        "ConditionPathExists=/etc/lab/eth0\n"
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=ip -batch /etc/lab/eth0\n"
        "[Install]\nWantedBy=multi-user.target\n",
    "etc/systemd/journald.conf.d/lab.conf": "[Journal]\nStorage=volatile\nRateLimitBurst=0\n",
    # A node is not a first boot: systemd would ask for presets and a machine id.
    "etc/machine-id": "6d796861" * 4 + "\n",
    "etc/systemd/system.conf.d/lab.conf": "[Manager]\nDefaultTimeoutStopSec=10s\n",
}


def node_root(*more):
    """The directory with the root file system, and more packages in it; built if it is not there
    yet."""
    if "MYHA_RELEASE" in os.environ:
        name = os.environ["MYHA_RELEASE"]
        if name not in RELEASES:
            raise LabError(f"no release {name!r}: MYHA_RELEASE is one of {', '.join(RELEASES)}")
        return release_root(RELEASES[name], (*PACKAGES, *more))
    sources = _sources()
    root = cached_root("the nodes' root file system", sources, _known(PACKAGES), LEAN)
    if not more:
        return root
    # These leave out the same files: dpkg's settings are in the root.
    return cached_root(f"the nodes' root file system with {more[0]} and more", sources, _known(more),
                       base=root)


@functools.cache
def tools_root():
    """The root of nodes with the tools that configure networks on other hosts."""
    return node_root("network-manager")


@functools.cache
def clients_root():
    """The root of nodes with DHCP clients and ifupdown."""
    return node_root("dhcpcd", "ifupdown", "isc-dhcp-client")


def release_root(release, packages=PACKAGES):
    """A root of any release, with all documents, and what the nodes need unless told otherwise."""
    # The last of several names is one that later releases still accept.
    names = sorted({choice.split("|")[-1] for choice in packages})
    return _root_of(release, f"a root of {release.title}", names)


def fresh_root(release):
    """A root of what each machine of a release has, and nothing that myha needs besides; apt knows
    the archive, and has the files that it may need, so that it needs no network."""
    wanted = {choice.split("|")[-1] for choice in PACKAGES} | {"ca-certificates"}
    # As on a machine that mmdebstrap did not make, what is recommended is installed, too.
    fetch = "rm \"$1/etc/apt/apt.conf.d/99mmdebstrap\"; " \
        f"{APT_GET} -o APT::Install-Recommends=true --download-only install " + \
        " ".join(sorted(wanted))
    return _root_of(release, f"a fresh root of {release.title}", (),
                    ("--skip=cleanup/apt", f"--customize-hook={fetch}"))


def _root_of(release, what, packages, options=()):
    """One of a release, on what each of its machines has. Unreachable where that fails because there
    is no archive."""
    CACHE.mkdir(mode=0o755, exist_ok=True)
    try:
        sources = release.sources(CACHE)
        machine = cached_root(f"a machine's root of {release.title}", sources, ("apt", *MACHINE))
        return cached_root(what, sources, packages, options, base=machine)
    except LabError:
        release.demand_archive()
        raise


def cached_root(what, sources, packages, options=(), base=None):
    """A directory of the cache with a root file system of these packages, built if need be; they are
    added to what base, another such directory, has."""
    CACHE.mkdir(mode=0o755, exist_ok=True)
    recipe = json.dumps([sources, packages, options, base and base.name]).encode()
    root = CACHE / f"root-{hashlib.sha256(recipe).hexdigest()[:16]}"
    with open(root.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.is_dir():
            _build(what, root, sources, packages, options, base)
    return root


@functools.cache
def _sources():
    """The host's own archive as lines of sources.list, without what was added to it by hand."""
    listed = run("apt-get", "indextargets", "--format",
                 "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)", "Created-By: Packages",
                 timeout=APT).stdout
    lines = []
    for target in listed.splitlines():
        origin, uri, release, component = target.split("|")
        if origin in KEYRINGS:
            signed = f"[signed-by={KEYRINGS[origin]}] " if os.path.exists(KEYRINGS[origin]) else ""
            lines.append(f"deb {signed}{uri} {release} {component}")
    if not lines:
        raise LabError("the nodes' root file system cannot be built: apt knows no package list of "
                       "Debian or Ubuntu here; run apt-get update")
    return sorted(set(lines))


@functools.cache
def _known(wanted):
    """The wanted packages under the names that this release has for them."""
    names = [name for choice in wanted for name in choice.split("|")]
    shown = run("apt-cache", "policy", *names, timeout=APT).stdout
    candidates = dict(re.findall(r"^(\S+):\n(?:.*\n)*?  Candidate: (.*)$", shown, re.MULTILINE))
    known = []
    for choice in wanted:
        for name in choice.split("|"):
            if candidates.get(name, "(none)") != "(none)":
                known.append(name)
                break
        else:
            raise LabError(f"the nodes' root file system cannot be built: no package {choice}")
    return known


def _build(what, root, sources, packages, options, base):
    aside = root.with_suffix(".new")
    _remove(aside)
    if base:
        run("cp", "--archive", "--reflink=auto", base, aside, timeout=300)
        prepare_copy(aside)
        variant = ["--variant=custom", "--skip=check/empty",
                   *([f"--customize-hook={APT_GET} install {' '.join(packages)}"] if packages else [])]
    else:
        variant = ["--variant=minbase", "--include=" + ",".join(packages)]
    print(f"lab: building {what} in {root}, once; this takes a minute or two", flush=True)
    # In namespaces of its own, so that an end before the end leaves no process and no mount.
    built = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
         "nice", "-n", "10", "mmdebstrap", "--mode=root", *variant, "--quiet",
         "--aptopt=APT::Install-Recommends false", "--aptopt=Acquire::Retries 3",
         "--dpkgopt=force-unsafe-io", *options,
         "", str(aside), "-"],
        input="\n".join(sources) + "\n", text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    if built.returncode != 0:
        _remove(aside)
        raise LabError(f"{what} cannot be built. It needs the package archive ({sources[0]}). "
                       f"mmdebstrap says:\n{built.stdout.strip()}")
    aside.rename(root)


def prepare_copy(tree):
    """Removes from the copy of a root what mmdebstrap creates itself: /dev, and an /etc/resolv.conf that
    is a link. Ubuntu 22.04's leads to a file of a running systemd-resolved, and cannot be copied over."""
    shutil.rmtree(tree / "dev")
    resolver = tree / "etc/resolv.conf"
    if resolver.is_symlink():
        resolver.unlink()


def dress(tree):
    """Write the lab's own part of a node's files into a directory, to be laid over the root."""
    for name, text in FILES.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    units = tree / "etc/systemd/system"
    for unit in MASKED:
        (units / unit).symlink_to("/dev/null")
    generators = tree / "etc/systemd/system-generators"
    generators.mkdir()
    for generator in MASKED_GENERATORS:
        (generators / generator).symlink_to("/dev/null")
    wants = units / "multi-user.target.wants"
    wants.mkdir()
    (wants / "lab-eth0.service").symlink_to("../lab-eth0.service")


def _remove(tree):
    if tree.exists():
        shutil.rmtree(tree)
