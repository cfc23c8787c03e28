# SPDX-License-Identifier: Apache-2.0
"""A remedy against networkd or NetworkManager takes the network out of its hands. However late or early
the tool lets go, the host serves when the remedy ends, and goes on serving."""

import contextlib

import pytest
from check_fixtures import ETH1, policy
from remedy_fixtures import MANAGER, STATIC, cure, cure_on_all, installed_tool, run_of

from lab.scene import OVERLAY, SERVICE


def manage(ward):
    """networkd manages eth1, and myha has put back what that took away."""
    ward.node.write("/etc/systemd/network/10-eth1.network", STATIC)
    ward.reload(eth1="configured")
    ward.node.run("myha", "attach", "eth1")
    assert ward.lost() == []


def networkd_manages_interface(ward):
    manage(ward)
    cure(ward, "networkd-manages-interface")


def networkd_drops_rules(ward):
    """An overlay of a cluster's is not for myha to put back: it must not go."""
    ward.node.set_policy(policy(ward.scene, interfaces=ETH1, rest=", managed-by: cluster"))
    mask = ward.node.path("/etc/systemd/networkd.conf.d/90-myha.conf")
    mask.parent.mkdir(parents=True, exist_ok=True)
    mask.symlink_to("/dev/null")
    assert ward.lost() == []
    cure(ward, "networkd-drops-rules")


def networkd_drops_routes(ward):
    ward.node.run("myha", "detach", "eth1")
    ward.node.set_policy(policy(ward.scene, interfaces="interfaces: {eth1: {addresses: none}}\n"))
    manage(ward)
    cure(ward, "networkd-drops-routes")


def networkd_drops_overlay(ward):
    cure(ward, "networkd-drops-overlay")


@contextlib.contextmanager
def network_manager(ward):
    """It runs, and has eth1 with a profile of its own."""
    node = ward.node
    node.systemctl("unmask", MANAGER)
    node.systemctl("start", MANAGER, timeout=90)
    try:
        node.run("nmcli", "connection", "add", "type", "ethernet", "ifname", "eth1", "con-name",
                 "service", "ipv4.method", "manual", "ipv4.addresses", f"{SERVICE}/24",
                 "ipv6.method", "disabled", timeout=60)
        node.run("nmcli", "connection", "up", "service", timeout=60)
        node.run("myha", "attach", "eth1")
        assert ward.lost() == []
        yield
    finally:
        node.systemctl("mask", "--now", MANAGER, timeout=90)
        node.run("sh", "-c", "rm -rf /etc/NetworkManager/conf.d/* /run/NetworkManager "
                 "/etc/NetworkManager/system-connections/*; ip address flush dev eth1")


def network_manager_manages_interface(ward):
    with network_manager(ward):
        cure(ward, "network-manager-manages-interface")


def network_manager_reads_another_file_later(ward):
    """Which sets the list of what is unmanaged anew."""
    node = ward.node
    with network_manager(ward):
        node.write("/etc/NetworkManager/conf.d/99-local.conf",
                   "[keyfile]\nunmanaged-devices=interface-name:other*\n")
        cure(ward, "network-manager-manages-interface")
        shown = node.run("NetworkManager", "--print-config").stdout
        assert f"mac:{node.attached['eth1'].mac}" in shown or "interface-name:eth1" in shown
        assert "interface-name:other*" in shown


def to_loopback(ward):
    """The part of the remedy against network-manager-drops-overlay that is a policy's."""
    ward.node.set_policy(policy(ward.scene, interfaces=ETH1, rest=", interface: lo"))
    ward.node.run("myha", "boot", "--timeout", "20")
    ward.holder = "lo"


def network_manager_drops_overlay(ward):
    """On the loopback it stays, where NetworkManager is kept off that."""
    node, name = ward.node, "network-manager-drops-overlay"

    def is_on_loopback():
        return OVERLAY in node.run("ip", "address", "show", "dev", "lo").stdout

    with network_manager(ward):
        ward.patient.carry_out(ward.finding(name), pause=ward.pace.pause)
        to_loopback(ward)
        assert is_on_loopback()
        assert not ward.has(name)
        for command in ("device reapply eth0", "networking off", "networking on"):
            node.run("nmcli", *command.split(), timeout=60)
            assert is_on_loopback()
        node.systemctl("restart", MANAGER, timeout=90)
        assert is_on_loopback()
        ward.afterwards(name)


def nm_cloud_setup_enabled(ward):
    files = {**run_of(ward, "nm-cloud-setup.service"),
             "/usr/lib/systemd/system/nm-cloud-setup.timer":
                 "[Timer]\nOnActiveSec=600\n[Install]\nWantedBy=timers.target\n"}
    with network_manager(ward), installed_tool(ward, files, ["nm-cloud-setup.service"]):
        ward.node.systemctl("enable", "nm-cloud-setup.timer")
        cure(ward, "nm-cloud-setup-enabled", ward.begin("nm-cloud-setup.service"))


REMEDIES = {
    "networkd-manages-interface": networkd_manages_interface,
    "networkd-drops-rules": networkd_drops_rules,
    "networkd-drops-routes": networkd_drops_routes,
    "networkd-drops-overlay": networkd_drops_overlay,
    "network-manager-manages-interface": network_manager_manages_interface,
    "network-manager-reads-another-file-later": network_manager_reads_another_file_later,
    "network-manager-drops-overlay": network_manager_drops_overlay,
    "nm-cloud-setup-enabled": nm_cloud_setup_enabled,
}


@pytest.mark.parametrize("name", REMEDIES)
def test_the_host_serves(wards, name):
    cure_on_all(wards, name, REMEDIES[name])
