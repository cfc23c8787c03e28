# SPDX-License-Identifier: Apache-2.0
"""How the nodes' root file systems are built."""

from lab import root
from lab.root import prepare_copy


def test_a_copy_has_no_link_to_another_systems_resolver(tmp_path):
    """As Ubuntu 22.04's root: mmdebstrap cannot copy the host's /etc/resolv.conf through that link."""
    for name in ("dev", "etc"):
        (tmp_path / name).mkdir()
    resolver = tmp_path / "etc/resolv.conf"
    resolver.symlink_to("../run/systemd/resolve/stub-resolv.conf")
    prepare_copy(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["etc"]


def test_a_copy_keeps_a_file_of_its_own(tmp_path):
    for name in ("dev", "etc"):
        (tmp_path / name).mkdir()
    (tmp_path / "etc/resolv.conf").write_text("nameserver 192.0.2.1\n")
    prepare_copy(tmp_path)
    assert (tmp_path / "etc/resolv.conf").read_text() == "nameserver 192.0.2.1\n"


def test_a_root_of_a_release_has_the_packages_that_are_asked_for(monkeypatch):
    monkeypatch.setenv("MYHA_RELEASE", "debian-13")
    monkeypatch.setattr(root, "release_root",
                        lambda release, packages=root.PACKAGES: (release.name, packages))
    assert root.node_root() == ("debian-13", root.PACKAGES)
    assert root.node_root("network-manager") == ("debian-13", (*root.PACKAGES, "network-manager"))
