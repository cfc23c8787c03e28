# SPDX-License-Identifier: Apache-2.0
"""The units' sandbox: strict by systemd's own measure, and enforced."""

import re


def test_exposure(node):
    """systemd-analyze counts what a service could do; 10 is everything. What asks EC2's API may
    reach any address, and read what root's home says of credentials; what tells udev writes to /sys."""
    for unit, limit in (("myha@eth1.service", 2.0), ("myha-boot.service", 2.5),
                        ("myha-boot@eth1.service", 2.5), ("myha-again@eth1.service", 2.0),
                        ("myha-missed.service", 2.2)):
        shown = node.run("systemd-analyze", "security", "--no-pager", unit).stdout
        exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", shown)[1])
        counted = [" ".join(line.split()) for line in shown.splitlines() if line.startswith("✗")]
        print(f"{unit}: {exposure}")
        assert exposure <= limit, "\n".join(counted)
        assert counted  # or the output format has changed


def test_systemd_finds_nothing_wrong_with_the_units(node):
    """No key that it does not know, no program that is not there."""
    told = node.run("systemd-analyze", "verify", "--man=no", "myha@eth1.service",
                    "myha-boot.service", "myha-boot@eth1.service", "myha-again@eth1.service",
                    "myha-missed.service", check=False)
    about_us = [line for line in told.stderr.splitlines() if "myha" in line]
    assert about_us == []


def test_only_imds_is_reachable(scene, node):
    """The unit's own restrictions, with another program in its place: IMDS responds, the router's
    other address does not."""
    sandboxed = ["IPAddressDeny=any", "IPAddressAllow=169.254.169.254 fd00:ec2::254"]
    shown = node.systemctl("show", "myha@eth1.service", "-p", "IPAddressAllow,IPAddressDeny").stdout
    lists = {name: sorted(words.split()) for name, _, words in
             (line.partition("=") for line in shown.splitlines() if line)}
    assert lists == {"IPAddressAllow": ["169.254.169.254/32", "fd00:ec2::254/128"],
                     "IPAddressDeny": ["0.0.0.0/0", "::/0"]}

    def curl(url):
        return node.run("systemd-run", "--wait", "--pipe", "--quiet", "--collect",
                        *(f"--property={line}" for line in sandboxed),
                        "curl", "--silent", "--max-time", "1", "--output", "/dev/null", url,
                        check=False).returncode

    assert curl("http://169.254.169.254/latest/") == 0
    assert curl("http://[fd00:ec2::254]/latest/") == 0
    # 28: no response in time; without the sandbox the router would refuse at once (7).
    assert curl("http://10.0.0.1/") == 28
    assert node.run("curl", "--silent", "--max-time", "1", "http://10.0.0.1/",
                    check=False).returncode == 7


def test_it_runs_with_one_capability(scene, node):
    """CAP_NET_ADMIN alone, and no way to more."""
    shown = node.systemctl("show", "myha@eth1.service", "-p",
                           "CapabilityBoundingSet,NoNewPrivileges").stdout.split("\n")
    assert sorted(filter(None, shown)) == ["CapabilityBoundingSet=cap_net_admin",
                                           "NoNewPrivileges=yes"]
