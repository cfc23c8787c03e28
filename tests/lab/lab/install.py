# SPDX-License-Identifier: Apache-2.0
"""The myha under test, by `make install` or from its package: a tree that is laid over a node's
root."""

import fcntl
import os
import pathlib
import re
import shutil

from .host import LabError, run
from .layer import Layer

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


def build_directory():
    """Where `make install` is called: $MYHA_BUILD_DIR, or where a build is usually found."""
    chosen = os.environ.get("MYHA_BUILD_DIR")
    places = [pathlib.Path(chosen)] if chosen else [REPOSITORY, REPOSITORY / "_build/plain"]
    for place in places:
        if (place / "Makefile").exists():
            return place
    raise LabError(f"no build of myha in {places[0]}: run ./configure and make, or set "
                   "MYHA_BUILD_DIR to the directory of a build")


class Install:
    """`make install` of a build into a directory of the lab, or a package as dpkg installs it, and
    what the lab must know of it."""

    def __init__(self, host, root, package=None):
        self.is_package = package is not None  # which enables its units by itself
        if package:
            self._install(host, root, pathlib.Path(package).resolve())
        else:
            self._make(host, root)

    def _install(self, host, root, package):
        """Into a layer over the root, which has what the package depends on."""
        layer = Layer(host.directory / "install", root, package.parent,
                      host.directory / "install.log")
        layer.run("dpkg", "--install", f"/srv/{package.name}")
        self.tree = layer.upper
        self.program = self.tree / "usr/sbin/myha"
        self.sanitized = False

    def _make(self, host, root):
        build = build_directory()
        self.tree = host.directory / "install"
        # Two makes in one directory would disturb each other.
        with open(build / "Makefile") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            run("make", "-C", build, "install", f"DESTDIR={self.tree}", timeout=300,
                env={key: value for key, value in os.environ.items()
                     if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")})
        self._merge_usr()
        self.program = self.tree / "usr/sbin/myha"
        if not self.program.exists():
            raise LabError(f"{build} does not install /usr/sbin/myha: the lab wants a build "
                           "configured with --prefix=/usr --sysconfdir=/etc")
        libraries = run("ldd", self.program, check=False).stdout  # it may be static
        self.sanitized = "libasan" in libraries
        self._add_libraries(root, libraries)

    def _merge_usr(self):
        """/lib and /usr/lib are one directory in a node: a /lib of the tree's would hide it."""
        for name in ("bin", "sbin", "lib", "lib64"):
            aside = self.tree / name
            if aside.is_dir():
                shutil.copytree(aside, self.tree / "usr" / name, symlinks=True, dirs_exist_ok=True)
                shutil.rmtree(aside)

    def _add_libraries(self, root, libraries):
        """The libraries that a build like one with sanitizers needs besides the packages'."""
        for library in re.findall(r"=> (/\S+)", libraries):
            real = pathlib.Path(library).resolve()
            inside = real.relative_to("/")
            if not (root / inside).exists() and not (root / library.lstrip("/")).exists():
                copy = self.tree / "usr" / pathlib.Path(library).relative_to("/usr") \
                    if library.startswith("/usr/") else self.tree / "usr" / library.lstrip("/")
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(real, copy)
