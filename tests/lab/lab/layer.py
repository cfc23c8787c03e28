# SPDX-License-Identifier: Apache-2.0
"""Throw-away layers over a cached root file system, in which packages are built and installed.

Each command gets the mounts in a mount namespace that ends with it, and a network namespace without
a network: so nothing is left mounted however a run ends, and no build or scriptlet can fetch
anything. What is written stays in the layer, `upper`, until its directory is removed.
"""

import os
import pathlib
import stat
import subprocess

from .host import LabError

ENTER = """
set -e
mount --make-rprivate /
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$2/root"
mount -t proc proc "$2/root/proc"
mount -t sysfs -o ro sysfs "$2/root/sys"
mount --rbind /dev "$2/root/dev"
[ -z "$3" ] || mount --bind "$3" "$2/root/srv"
ip link set lo up
root=$2/root
shift 3
if [ "$1" = outside ]; then shift; exec "$@"; fi
exec chroot "$root" "$@"
"""

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive",
}

# A program that only tells that it was called. What works on files alone, as enabling does, is
# done.
RECORDER = r"""#!/bin/sh
case "${0##*/} $*" in
systemctl\ --root=*) exec /usr/bin/systemctl "$@" ;;
systemctl*--preset-mode=enable-only*) exec /usr/bin/systemctl --root=/ "$@" ;;
esac
echo "${0##*/} $*" >>/run/recorded
"""
RECORDED = ("systemctl", "udevadm", "deb-systemd-invoke", "invoke-rc.d", "service")

# Files that package managers write for themselves.
NOT_OURS = ("/var/lib/dpkg/", "/var/lib/rpm/", "/var/lib/systemd/deb-systemd-helper-",
            "/var/cache/", "/var/log/", "/root/", "/run/", "/tmp/", "/usr/local/sbin/",
            "/etc/ld.so.cache")


class Layer:
    """A layer over the root file system `base`; `shared` is seen in it as /srv."""

    def __init__(self, directory, base, shared, log):
        self.base = base
        self.directory = pathlib.Path(directory)
        self.upper = self.directory / "upper"
        self.shared = shared
        self.log = log
        for name in ("upper", "work", "root"):
            (self.directory / name).mkdir(parents=True)

    def run(self, *argv, outside=False, status=0, **environment):
        """Run a command in the root to its end, or beside it, and return its output. It is to end
        with this exit status."""
        words = [str(word) for word in argv]
        command = ["nice", "-n", "10", "unshare", "--mount", "--net", "--pid", "--fork",
                   "--kill-child", "sh", "-c", ENTER, "enter", str(self.base), str(self.directory),
                   str(self.shared), *(["outside"] if outside else []), *words]
        with open(self.log, "a") as log:
            log.write(f"+ {' '.join(words)}\n")
            log.flush()
            result = subprocess.run(command, text=True, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    env={**ENVIRONMENT, **environment})
            log.write(result.stdout)
        if result.returncode != status:
            raise LabError(f"{' '.join(words)}: exit {result.returncode}; the end of {self.log}:\n"
                           + "\n".join(result.stdout.splitlines()[-30:]))
        return result.stdout

    def path(self, name):
        """A file of the root's own layer."""
        return self.upper / str(name).lstrip("/")

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def pretend_to_run(self):
        """Let maintainer scripts believe in a running systemd and udevd, and write down what they
        ask of these."""
        self.path("/run/systemd/system").mkdir(parents=True)
        self.write("/run/udev/control", "")
        for name in RECORDED:
            self.write(f"/usr/local/sbin/{name}", RECORDER, 0o755)

    def recorded(self):
        """The calls since the last one of this function."""
        path = self.path("/run/recorded")
        if not path.exists():
            return []
        lines = path.read_text().splitlines()
        path.unlink()
        return lines

    def files(self):
        """The files that were added to the root: path → mode, without those that package managers keep."""
        found = {}
        for directory, _, names in os.walk(self.upper):
            for name in names:
                path = pathlib.Path(directory) / name
                inside = "/" + str(path.relative_to(self.upper))
                mode = path.lstat().st_mode
                # A device is the overlay's mark for what was removed.
                if not inside.startswith(NOT_OURS) and not stat.S_ISCHR(mode):
                    found[inside] = stat.S_IMODE(mode) if stat.S_ISREG(mode) else None
        return found
