# SPDX-License-Identifier: Apache-2.0
"""One family of RPM distributions: its package, built by Debian's rpmbuild with its macros.

Structure only: the installed files, the requests of the scriptlets, the kept files. The program is compiled
and linked as Debian has it.
"""

import pathlib
import re
import shutil
import subprocess

from lab.host import LabError
from lab.layer import ENVIRONMENT, Layer
from lab.releases import RELEASES
from lab.root import release_root

from contents import expected, plain, same

HERE = pathlib.Path(__file__).resolve().parent / "rpm"
SPEC = HERE.parents[2] / "contrib/sles/myha.spec"
POLICY = "/etc/myha/policy.yaml"

# The requests of scriptlets to the running system, by family and action.
REQUESTED = {
    "rhel": {
        "install": ["systemctl --no-reload preset myha-boot.service", "udevadm control --reload"],
        "upgrade": ["udevadm control --reload", "systemctl daemon-reload"],
        "remove": ["systemctl --no-reload disable --now myha-boot.service",
                   "systemctl daemon-reload"],
    },
    "suse": {
        "install": ["systemctl daemon-reload", "systemctl preset myha-boot.service",
                    "udevadm control --reload"],
        "upgrade": ["systemctl daemon-reload", "udevadm control --reload",
                    "systemctl daemon-reload"],
        "remove": ["systemctl --no-reload disable myha-boot.service",
                   "systemctl stop myha-boot.service", "systemctl daemon-reload"],
    },
}


def roots():
    """For the scriptlets: what they call is what any of Debian's roots has."""
    return release_root(RELEASES["debian-12"])


class Rpm:
    """The steps of one column; each is a method that raises LabError."""

    steps = ("root", "build", "lint", "contents", "install", "upgrade", "remove")

    def __init__(self, family, archive, directory, log):
        self.title = {"rhel": "RHEL", "suse": "SUSE"}[family]
        self.family = family
        self.archive = archive
        self.directory = directory
        self.log = log
        self.version = re.search(r"myha-(.*)\.tar\.xz", archive.name).group(1)
        self.macros = [f"--load={HERE}/macros.common", f"--load={HERE}/macros.{family}"]

    def close(self):
        """Nothing runs."""

    def run(self, *argv):
        words = [str(word) for word in argv]
        with open(self.log, "a") as log:
            log.write(f"+ {' '.join(words)}\n")
            result = subprocess.run(["nice", "-n", "10", *words], text=True,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT)
            log.write(result.stdout)
        if result.returncode != 0:
            raise LabError(f"{' '.join(words)}: exit {result.returncode}; the end of {self.log}:\n"
                           + "\n".join(result.stdout.splitlines()[-30:]))
        return result.stdout

    def root(self):
        """For the scriptlets: what they call is what any of these roots has."""
        for tool in ("rpmbuild", "rpmlint"):
            if not shutil.which(tool):
                raise LabError(f"no {tool} here: install the packages rpm and rpmlint")
        self.target = Layer(self.directory / "target", roots(), self.directory, self.log)

    def build(self):
        self.package = self._built("built", self.archive)

    def _built(self, name, archive, *options):
        top = self.directory / name
        self.run("rpmbuild", "-ta", "--nodeps", *self.macros, *options, "-D", f"_topdir {top}",
                 "-D", "_smp_mflags -j2", archive)
        package, = (top / "RPMS").glob("*/*.rpm")
        return package

    def lint(self):
        source, = (self.directory / "built/SRPMS").glob("*.rpm")
        said = self.run("rpmlint", f"--config={HERE}/rpmlint.toml", SPEC, source, self.package)
        if not re.search(r"\b0 errors, 0 warnings\b", said):
            raise LabError(f"rpmlint complains:\n{said}")

    def places(self):
        def query(macro):
            return self.run("rpm", *self.macros, "--eval", f"%{{{macro}}}").strip()
        return {"unitdir": query("_unitdir"), "udevdir": query("_udevrulesdir").removesuffix("/rules.d"),
                "docdir": query("_docdir") + "/myha",
                "licensedir": query("_defaultlicensedir") + "/myha"}

    def contents(self):
        listed = self.run("rpm", "-qp", "--qf", "[%{FILEMODES:octal} %{FILEUSERNAME}:"
                          "%{FILEGROUPNAME} <%{FILEFLAGS:fflags}> %{FILENAMES}\n]", self.package)
        found = []
        for line in listed.splitlines():
            mode, owner, flags, path = line.split()
            if owner != "root:root":
                raise LabError(f"{path} belongs to {owner}")
            if "c" in flags and "n" not in flags:
                raise LabError(f"{path} is not noreplace")
            if mode.startswith("10"):
                kind = "c" if "c" in flags else "f"
                found.append(f"{kind} {mode[-4:]} {plain(path)}")
        same("the list of contents", sorted(found), expected("rpm", self.places()))

    def _rpm(self, *argv):
        """rpm in the target, whose mounts are there while the command runs. Scriptlets look for
        programs where rpm says, not where $PATH does."""
        self.target.run("rpm", "--root", self.target.directory / "root", "--nodeps",
                        "-D", f"_install_script_path {ENVIRONMENT['PATH']}", *argv, outside=True)
        return self.target.recorded()

    def install(self):
        self.target.pretend_to_run()
        same("the requests of the installation", self._rpm("-i", self.package),
             REQUESTED[self.family]["install"])
        version = self.target.run("myha", "--version").split()[-1]
        same("the version", [version], [self.version])
        self.target.run("myha", "policy", "check")

    def upgrade(self):
        """To a package whose policy file as shipped has changed, as has the one installed."""
        shipped = self.target.path(POLICY).read_text()
        edited = shipped + "interfaces: {eth1: {}}\n"
        self.target.path(POLICY).write_text(edited)
        again = self._built("again", self._changed_archive(), "-D", "dist .1")
        same("the requests of the upgrade", self._rpm("-U", again), REQUESTED[self.family]["upgrade"])
        kept = self.target.path(POLICY).read_text()
        same("the edited policy", kept.splitlines(), edited.splitlines())
        offered = self.target.path(POLICY + ".rpmnew").read_text()
        same("the policy beside it", offered.splitlines(), [*shipped.splitlines(), "# new"])

    def _changed_archive(self):
        place = self.directory / "changed"
        place.mkdir()
        self.run("tar", "-C", place, "-xf", self.archive)
        with open(place / f"myha-{self.version}/etc/policy.yaml", "a") as policy:
            policy.write("# new\n")
        archive = place / self.archive.name
        self.run("tar", "-C", place, "-cJf", archive, f"myha-{self.version}")
        return archive

    def remove(self):
        same("the requests of the removal", self._rpm("-e", "myha"), REQUESTED[self.family]["remove"])
        same("what a removal leaves", sorted(self.target.files()),
             sorted([POLICY + ".rpmnew", POLICY + ".rpmsave"]))
