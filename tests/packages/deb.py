# SPDX-License-Identifier: Apache-2.0
"""One release of Debian or Ubuntu: its package, from the released archive to the purge, and in a
machine of its release."""

import functools
import os
import pathlib
import re
import shutil
import subprocess

from lab.host import LabError
from lab.layer import Layer
from lab.root import PACKAGES, fresh_root, release_root

from contents import expected, plain, same
from machine import Machine

DEBIAN = pathlib.Path(__file__).resolve().parents[2] / "debian"
# To build, to lint, and to have the package installed for debian/tests.
TOOLS = ("apt-utils", "autopkgtest", "build-essential", "fakeroot", "iproute2", "lintian", "man-db",
         "python3", "systemd", "udev")

# The requests of an installation or upgrade to the running system: nothing starts or stops.
RELOADS = ["systemctl --system daemon-reload", "udevadm control --reload"]
WANTS = "/etc/systemd/system/multi-user.target.wants/myha-boot.service"
POLICY = "/etc/myha/policy.yaml"

# Ubuntu 22.04's lintian takes every file of debugging symbols for a broken program.
SUPPRESSED = {"ubuntu-22.04": "elf-error"}

# The output of "myha check" on a machine that is not an EC2 instance, before anything is configured.
FIRST_WORDS = [
    "policy       ok       /etc/myha/policy.yaml lists 0 interfaces and 0 overlays",
    "    note: /etc/myha/policy.yaml lists no interfaces and no overlays: myha changes nothing "
    "[policy-empty]",
    "        # list the interfaces and overlays in this file, for example: interfaces: {eth1: {}}",
    "        # see man myha.policy; then show the planned changes: myha plan",
    "metadata     unknown",
    "    unknown: http://169.254.169.254: no response: this host is not an EC2 instance, or "
    "cannot reach the metadata service (no connection: Network is unreachable) [imds-unreachable]",
    "        ip route get 169.254.169.254",
    "        # if this route does not use the primary interface, set imds.interface in "
    "/etc/myha/policy.yaml",
    "credentials  unknown",
    "    unknown: no region is known (the metadata service does not respond): set AWS_REGION, or "
    "aws.region in the policy file [aws-settings]",
    "clock        unknown",
    "    unknown: not checked: AWS could not be queried [not-looked-at]",
    "permissions  ok       no permissions are required",
    "host         ok       udev rules file /usr/lib/udev/rules.d/90-myha.rules is installed; "
    "myha-boot.service is enabled",
    "other tools  ok       found no software that interferes",
    "3 not checked",
]


def build_dependencies(control, release):
    """The packages that Build-Depends names, of alternatives the one that the release has."""
    field = re.search(r"^Build-Depends:(.*(?:\n .*)*)", control, re.MULTILINE).group(1)
    packages = []
    for choice in field.split(","):
        names = [re.sub(r"\(.*?\)|<.*?>|:any", "", name).strip() for name in choice.split("|")]
        name = next(name for name in names if name not in release.lacks)
        packages.append("debhelper" if name == "debhelper-compat" else name)
    return list(dict.fromkeys(packages))


def roots(release):
    """One to build in, to install in and to boot, and one of a machine without myha."""
    dependencies = build_dependencies((DEBIAN / "control").read_text(), release)
    everything = (*PACKAGES, *release.cloud, *TOOLS, *dependencies)
    return release_root(release, everything), fresh_root(release)


class Deb:
    """The steps of one column; each is a method that raises LabError."""

    def __init__(self, release, archive, directory, log, build_options=()):
        self.title = release.title
        self.release = release
        self.archive = archive
        self.directory = directory
        self.shared = directory / "shared"
        self.shared.mkdir()
        self.log = log
        self.build_options = build_options
        self.machine = None
        self.steps = ("root", "build", "lint", "contents", "tests",
                      "install", "upgrade", "remove", "purge", "fresh_root",
                      "boot", "hot_attach", "hot_detach", "reboot", "networkd_restart",
                      "another_link", "image", *(["hot_plug"] if release.hot_plugs else []), "leases",
                      "live_upgrade", "live_removal")
        self.version = re.search(r"myha-(.*)\.tar\.xz", archive.name).group(1)

    def root(self):
        source = self.shared / f"myha-{self.version}"
        shutil.copy(self.archive, self.shared / f"myha_{self.version}.orig.tar.xz")
        subprocess.run(["tar", "-C", self.shared, "-xf", self.archive], check=True)
        shutil.copytree(DEBIAN, source / "debian")
        self.base, fresh = roots(self.release)
        self.builder = self._layer("builder", self.base)
        self.target = self._layer("target", self.base)
        self.fresh = self._layer("fresh", fresh)

    def _layer(self, name, base):
        return Layer(self.directory / name, base, self.shared, self.log)

    def close(self):
        if self.machine:
            self.machine.close()

    def build(self):
        options = [os.environ.get("DEB_BUILD_OPTIONS", f"parallel={os.cpu_count()}"),
                   *self.build_options]
        self.builder.run("sh", "-ec", f"cd /srv/myha-{self.version} && "
                         "dpkg-buildpackage --no-sign", DEB_BUILD_OPTIONS=" ".join(options))
        self.package, = (path for path in self.shared.glob("myha_*.deb"))
        self.description, = self.shared.glob("myha_*.dsc")

    def lint(self):
        changes, = self.shared.glob("*.changes")
        self.builder.run("lintian", "--fail-on", "error,warning", "--info", "--allow-root",
                         "--profile", "debian", "--suppress-tags",
                         SUPPRESSED.get(self.release.name, ""), f"/srv/{changes.name}")

    @functools.cache
    def places(self):
        def query(module, variable):
            return self.builder.run("pkg-config", f"--variable={variable}", module).strip()
        return {"unitdir": query("systemd", "systemdsystemunitdir"),
                "udevdir": query("udev", "udevdir"), "docdir": "/usr/share/doc/myha"}

    def contents(self):
        listed = self.builder.run("dpkg-deb", "-c", f"/srv/{self.package.name}")
        conffiles = self.builder.run("dpkg-deb", "-I", f"/srv/{self.package.name}", "conffiles")
        found = []
        self.owned = set()
        for line in listed.splitlines():
            mode, owner, _, _, _, path = line.split(maxsplit=5)
            path = path.removeprefix(".")
            if owner != "root/root":
                raise LabError(f"{path} belongs to {owner}")
            if not mode.startswith("d"):
                kind = "c" if path in conffiles.split() else "f"
                found.append(f"{kind} {octal(mode)} {plain(path)}")
                # Where /lib is a link to /usr/lib.
                self.owned.add(re.sub("^/lib/", "/usr/lib/", path))
        same("the list of contents", sorted(found), expected("deb", self.places()))

    def tests(self):
        """debian/tests against the installed package, in a copy of the builder's root."""
        self.builder.run("sh", "-ec", "rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*; "
                         f"autopkgtest /srv/{self.package.name} /srv/{self.description.name} "
                         "--output-dir=/tmp/autopkgtest -- null")
        same("the summary of autopkgtest",
             sorted(self.builder.path("/tmp/autopkgtest/summary").read_text().split()),
             sorted("smoke PASS (superficial) attach PASS".split()))

    def install(self):
        self.target.pretend_to_run()
        self.target.run("dpkg", "--install", f"/srv/{self.package.name}")
        same("the requests of the installation", self.target.recorded(), RELOADS)
        same("the installed files", sorted(self.target.files()), sorted({*self.owned, WANTS}))
        version = self.target.run("myha", "--version").split()[-1]
        same("the version", [version], [self.version])
        self.target.run("myha", "policy", "check")

    def upgrade(self):
        """To a package whose policy file as shipped has changed, as has the one installed."""
        shipped = self.target.path(POLICY).read_text()
        edited = shipped + "interfaces: {eth1: {}}\n"
        self.target.path(POLICY).write_text(edited)
        self.next = self.shared / self.package.name.replace("-1_", "-2_")
        again = f"/srv/{self.next.name}"
        self.builder.run("sh", "-ec", "rm -rf /tmp/again; "
                         f"dpkg-deb -R /srv/{self.package.name} /tmp/again; "
                         f"cd /tmp/again; sed -i '/^Version:/s/-1$/-2/' DEBIAN/control; "
                         f"echo '# new' >>.{POLICY}; dpkg-deb --root-owner-group -b . {again}")
        self.target.run("dpkg", "--install", "--force-confold", again)
        same("the requests of the upgrade", self.target.recorded(), RELOADS)
        kept = self.target.path(POLICY).read_text()
        same("the edited policy", kept.splitlines(), edited.splitlines())
        offered = self.target.path(POLICY + ".dpkg-dist").read_text()
        same("the policy beside it", offered.splitlines(), [*shipped.splitlines(), "# new"])
        # Disabled by the administrator it stays so.
        self.target.run("systemctl", "--root=/", "disable", "myha-boot.service")
        self.target.run("dpkg", "--install", "--force-confold", again)
        self.target.recorded()
        if WANTS in self.target.files():
            raise LabError("an upgrade enables what was disabled")
        self.target.run("systemctl", "--root=/", "enable", "myha-boot.service")

    def remove(self):
        self.target.run("dpkg", "--remove", "myha")
        # Ubuntu 22.04's requests it twice, with other options.
        requested = {line.replace(" --system", "") for line in self.target.recorded()}
        same("the requests of the removal", sorted(requested), ["systemctl daemon-reload"])
        conffiles = [line.split()[2] for line in expected("deb", self.places())
                     if line.startswith("c ")]
        same("what a removal leaves", sorted(set(self.target.files()) - {self.mask()}),
             sorted([*conffiles, POLICY + ".dpkg-dist", WANTS]))

    def mask(self):
        """The link of Ubuntu 22.04's debhelper in the place of a unit until it comes back or is
        purged, if it is there; else None."""
        path = "/etc/systemd/system/myha-boot.service"
        link = self.target.path(path)
        return path if link.is_symlink() and os.readlink(link) == "/dev/null" else None

    def purge(self):
        self.target.run("dpkg", "--purge", "myha")
        same("the requests of a purge except for reloads",
             [line for line in self.target.recorded() if not line.endswith("daemon-reload")], [])
        same("what a purge leaves", sorted(self.target.files()), [])
        if self.target.path("/etc/myha").is_dir():
            raise LabError("a purge leaves /etc/myha")

    def fresh_root(self):
        """As a new user does it, on a machine that has nothing yet of what myha needs: apt brings
        it, and the first words of "myha check" name the next step."""
        root = self.fresh
        root.run("apt-get", "install", "--yes", "-o", "Dpkg::Options::=--force-unsafe-io",
                 f"/srv/{self.package.name}")
        missing = [line for line in root.run("ldd", "/usr/sbin/myha").splitlines()
                   if "not found" in line]
        same("the libraries that are missing", missing, [])
        if not root.path("/etc/ssl/certs/ca-certificates.crt").exists():
            raise LabError("it comes without the certificates that EC2 is known by")
        same("its first words", root.run("myha", "check", status=1).splitlines(), FIRST_WORDS)

    def boot(self):
        self.machine = Machine(self.base, self.package)
        return self.machine.boot()

    def hot_attach(self):
        return self.machine.attach()

    def hot_detach(self):
        return self.machine.detach()

    def reboot(self):
        return self.machine.reboot()

    def networkd_restart(self):
        return self.machine.networkd()

    def another_link(self):
        return self.machine.link()

    def image(self):
        return self.machine.image()

    def hot_plug(self):
        return self.machine.hot_plug()

    def leases(self):
        return self.machine.leases()

    def live_upgrade(self):
        return self.machine.upgrade(self.next)

    def live_removal(self):
        return self.machine.remove()


def octal(mode):
    """The mode that ls writes as -rwxr-xr-x, as 0755."""
    bits = "".join("0" if letter == "-" else "1" for letter in mode[1:10])
    return f"{int(bits, 2):04o}"
