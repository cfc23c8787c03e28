# SPDX-License-Identifier: Apache-2.0
"""The releases of Debian and Ubuntu whose root file systems can be built here, whatever the host.

The archive of the host's own distribution is the one that the host uses; the other one's is its
public default.
"""

import dataclasses
import os
import pathlib
import subprocess
import tempfile

from .host import LabError, run

# The key that signs Ubuntu's archive since 2018, by its whole fingerprint.
UBUNTU_KEY = "F6ECB3762474EDA9D21B7022871920D1991BC93C"

DEBIAN_KEYRING = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")
UBUNTU_KEYRING = pathlib.Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg")

# Packages of images for EC2: cloud-init with the DHCP client that it runs, and netplan for networkd.
CLOUD_INIT = ("cloud-init", "netplan.io", "dhcpcd-base")
OLD_CLOUD_INIT = ("cloud-init", "netplan.io", "isc-dhcp-client")


PATIENCE = 20  # seconds for a connection to an archive, of which apt tries a few


class Unreachable(LabError):
    """An archive does not respond: nothing is known about a release here and now."""


@dataclasses.dataclass(frozen=True)
class Release:
    """A release, by the name that people use for it."""

    title: str
    origin: str
    suite: str
    components: str
    lacks: tuple = ()  # packages that later releases have
    cloud: tuple = ()  # packages of its images for EC2 that configure the network
    hot_plugs: bool = False  # cloud-init does from 24.1 on; in Ubuntu 22.04's package that is taken back

    @property
    def name(self):
        return self.title.lower().replace(" ", "-")

    def archive(self):
        """The address of its packages."""
        listed = run("apt-get", "indextargets", "--format", "$(ORIGIN)|$(REPO_URI)|$(RELEASE)",
                     "Created-By: Packages").stdout
        for target in listed.splitlines():
            origin, uri, suite = target.split("|")
            # Not the archives of security updates, whose suites are not the releases'.
            if origin == self.origin and suite.partition("-")[2] == "":
                return uri
        return {"Debian": "http://deb.debian.org/debian/",
                "Ubuntu": "http://archive.ubuntu.com/ubuntu/"}[self.origin]

    def demand_archive(self):
        """Raise Unreachable if its archive does not respond to apt."""
        address = f"{self.archive().rstrip('/')}/dists/{self.suite}/InRelease"
        with tempfile.TemporaryDirectory() as directory:
            try:
                run("/usr/lib/apt/apt-helper", "-o=APT::Sandbox::User=root",
                    f"-o=Acquire::http::Timeout={PATIENCE}", "download-file", address,
                    pathlib.Path(directory) / "InRelease", timeout=120)
            except LabError as error:
                raise Unreachable(f"{self.title}: {address} cannot be had: {error}") from error

    def sources(self, cache):
        """Lines of sources.list, signed by a keyring that may be put into the directory cache."""
        signed = f"[signed-by={self._keyring(cache)}]"
        return [f"deb {signed} {self.archive()} {suite} {self.components}"
                for suite in (self.suite, f"{self.suite}-updates")]

    def _keyring(self, cache):
        if self.origin == "Ubuntu":
            return UBUNTU_KEYRING if UBUNTU_KEYRING.exists() else self._fetch_keyring(cache)
        if not DEBIAN_KEYRING.exists():
            raise LabError(f"no root of {self.title} without {DEBIAN_KEYRING}: install the package "
                           "debian-archive-keyring")
        return DEBIAN_KEYRING

    def _fetch_keyring(self, cache):
        """Ubuntu's keyring out of Ubuntu's archive: believed for its key's fingerprint alone."""
        keyring = cache / "ubuntu-archive-keyring.gpg"
        if keyring.exists():
            return keyring
        with tempfile.TemporaryDirectory() as directory:
            place = pathlib.Path(directory)
            for name in ("state/lists/partial", "cache/archives/partial", "gpg", "deb"):
                (place / name).mkdir(parents=True)
            (place / "gpg").chmod(0o700)
            (place / "state/status").touch()
            (place / "sources.list").write_text(
                f"deb [trusted=yes] {self.archive()} {self.suite} main\n")
            options = [f"-o={key}={value}" for key, value in {
                "Dir::Etc::SourceList": place / "sources.list",
                "Dir::Etc::SourceParts": "/dev/null",
                "Dir::State": place / "state", "Dir::State::Status": place / "state/status",
                "Dir::Cache": place / "cache", "APT::Sandbox::User": "root",
                "Acquire::http::Timeout": PATIENCE}.items()]
            run("apt-get", *options, "-qq", "update", timeout=300)
            run("apt-get", *options, "-qq", "download", "ubuntu-keyring", cwd=place, timeout=300)
            package, = place.glob("*.deb")
            run("dpkg-deb", "-x", package, place / "deb")
            exported = subprocess.run(
                ["gpg", "--batch", "--quiet", "--homedir", place / "gpg", "--no-default-keyring",
                 "--keyring", place / "deb" / str(UBUNTU_KEYRING).lstrip("/"),
                 "--export", UBUNTU_KEY], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if exported.returncode != 0 or not exported.stdout:
                raise LabError(f"{self.archive()} offers a keyring without Ubuntu's key "
                               f"{UBUNTU_KEY}: {exported.stderr.decode().strip()}")
            aside = keyring.with_suffix(".new")
            aside.write_bytes(exported.stdout)
            os.chmod(aside, 0o644)
            aside.rename(keyring)
        return keyring


RELEASES = {release.name: release for release in (
    Release("Debian 12", "Debian", "bookworm", "main", ("systemd-dev",), OLD_CLOUD_INIT),
    Release("Debian 13", "Debian", "trixie", "main", (), CLOUD_INIT, True),
    Release("Ubuntu 22.04", "Ubuntu", "jammy", "main universe", ("systemd-dev",), OLD_CLOUD_INIT),
    Release("Ubuntu 24.04", "Ubuntu", "noble", "main universe", (), CLOUD_INIT, True),
)}
