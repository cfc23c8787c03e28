# SPDX-License-Identifier: Apache-2.0
"""`myha check` on a node that boots: the configuration of other tools is found, and no longer once the
remedy was run as printed."""

import pytest
from check_fixtures import ETH1, ETH1_BY_ADDRESS, policy, sound

from lab.host import Host
from lab.node import POLICY_ETH1
from lab.scene import Scene


def configured(node, name):
    node.wait_for_networkd(name)
    # It is restarted more often here than systemd would have it in ten seconds.
    node.systemctl("reset-failed", "systemd-networkd.service")


def test_networkd(scene, installed):
    """Without our drop-in; with it, not restarted; managing what is ours."""
    node = scene.system_node(networkd=True)
    scene.ec2  # noqa: B018
    drop_in, = installed.install.tree.glob("**/networkd.conf.d/*.conf")
    mask = node.path(f"/etc/systemd/networkd.conf.d/{drop_in.name}")
    mask.parent.mkdir(parents=True, exist_ok=True)
    mask.symlink_to("/dev/null")
    node.boot()
    configured(node, "eth0")
    node.hot_attach(scene.service_eni())
    patient = sound(scene, node, policy(scene, interfaces=ETH1))
    found = patient.check(status=3)
    assert [one["id"] for one in found] == ["networkd-drops-rules", "networkd-drops-overlay"]
    patient.cure("networkd-drops-rules", "networkd-drops-overlay")
    # The remedy lasts: networkd restarts, and removes nothing.
    before = node.view()
    node.systemctl("restart", "systemd-networkd.service")
    configured(node, "eth0")
    assert node.view() == before
    assert patient.ids(status=0) == []

    # Written after networkd was started.
    node.run("sh", "-ec", "sleep 2.5; touch /etc/systemd/networkd.conf.d/90-myha.conf")
    patient.cure("networkd-not-restarted")

    # A file for all interfaces, as images have them.
    node.write("/etc/systemd/network/10-all.network",
               "[Match]\nName=eth1\n[Network]\nAddress=10.0.1.10/24\nLinkLocalAddressing=no\n")
    node.run("networkctl", "reload")
    configured(node, "eth1")
    node.run("myha", "attach", "eth1")
    patient.cure("networkd-manages-interface")

    # It is to manage it, and has to leave the routes.
    node.path("/etc/systemd/network/05-myha-eth1.network").unlink()
    node.set_policy(policy(scene, interfaces="interfaces: {eth1: {addresses: none}}\n"))
    node.run("networkctl", "reload")
    configured(node, "eth1")
    node.run("myha", "attach", "eth1")
    before = node.view()
    node.systemctl("restart", "systemd-networkd.service")
    configured(node, "eth1")
    assert node.view() != before
    node.run("myha", "attach", "eth1")
    patient.cure("networkd-drops-routes")
    before = node.view()
    node.systemctl("restart", "systemd-networkd.service")
    configured(node, "eth1")
    assert node.view() == before
    # A restart is not all: what is left is told.
    left, = (one for one in patient.check(status=0) if one["id"] == "networkd-drops-routes")
    node.run("sh", "-ec", "ip link set eth1 down; ip link set eth1 up")
    node.wait_for_networkd("eth1")
    assert node.view() != before
    comment, _, command = left["remedy"].partition(": ")
    assert comment == "# after each of these events"
    node.run(*command.split())
    assert node.view() == before


# In the order in which they are told.
TOOLS = {
    "old-script": {"/sbin/ifup.local": "#!/bin/sh\nip rule add from 10.0.1.0/24 table MYHA\n"},
    # It writes the state file of each link that it manages, and leaves one when it is told to.
    "network-manager-manages-interface": {
        "/etc/systemd/system/NetworkManager.service":
            "[Service]\nExecStart=/usr/sbin/NetworkManager infinity\nExecReload=true\n",
        "/run/NetworkManager/devices/{index}": "[device]\nmanaged=true\nnm-owned=false\n",
        "/usr/bin/nmcli": "#!/bin/sh\ncase $* in\n"
            "'device set eth1 managed no')\n"
            "sed -i s/managed=true/managed=false/ /run/NetworkManager/devices/{index} ;;\n"
            "'-g GENERAL.STATE device show eth1') echo '10 (unmanaged)' ;;\n*) exit 2\nesac\n"},
    "nm-cloud-setup-enabled": {
        "/usr/lib/systemd/system/nm-cloud-setup.service":
            "[Service]\nType=oneshot\nExecStart=/bin/true\n[Install]\n"
            "WantedBy=multi-user.target\n",
        "/usr/lib/systemd/system/nm-cloud-setup.timer":
            "[Timer]\nOnBootSec=60\n[Install]\nWantedBy=timers.target\n"},
    "cloud-init-hotplug": {
        "/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "24.1.3"\n',
        "/etc/cloud/cloud.cfg": "datasource_list: [ Ec2, None ]\n"},
    "net-utils-manages-interface": {
        "/usr/lib/systemd/system/policy-routes@.service":
            "[Service]\nExecStart=/bin/true\n",
        "/usr/lib/systemd/system/refresh-policy-routes@.service":
            "[Service]\nType=oneshot\nExecStart=/bin/true\n",
        "/usr/lib/systemd/system/refresh-policy-routes@.timer":
            "[Timer]\nOnActiveSec=60\n[Install]\nWantedBy=timers.target\n"},
    "cloud-netconfig-manages-interface": {
        "/usr/lib/cloud-netconfig/functions.cloud-netconfig": "",
        "/etc/sysconfig/network/config": "NETCONFIG_MODULES_ORDER=\"cloud-netconfig\"\n",
        "/etc/sysconfig/network/ifcfg-eth1":
            "STARTMODE=\"hotplug\"\nBOOTPROTO=\"dhcp\"\nCLOUD_NETCONFIG_MANAGE=\"yes\"\n"},
}


def plain_unit(kind, more):
    return f"[{kind}]\n{more}\n"


# The same in other forms: where they are, and what says so.
HOTPLUG = "updates:\n  network:\n    when: [boot-new-instance, hotplug]\n"
FORMS = {
    "at their defaults": TOOLS,
    "SLES 15": {
        "cloud-netconfig-manages-interface": {
            "/usr/lib/systemd/system/cloud-netconfig.service":
                plain_unit("Service", "Type=oneshot\nExecStart=/bin/true"),
            "/etc/sysconfig/network/ifcfg-eth1": "STARTMODE='auto'\nBOOTPROTO='dhcp'\n"},
        "wicked-manages-interface": {
            "/usr/sbin/wickedd": "",
            "/usr/bin/wicked": "#!/bin/sh\n[ \"$*\" = \"ifdown eth1\" ]\n"},
    },
    "SLES 16": {
        "cloud-netconfig-manages-interface": {
            "/usr/libexec/cloud-netconfig": "",
            "/etc/default/cloud-netconfig": "CLOUD_NETCONFIG_MANAGE=\"yes\"\n"},
    },
    "cloud-init by a file": {
        "cloud-init-hotplug": {
            "/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "22.2"\n',
            "/etc/cloud/cloud.cfg": "datasource_list: [ Ec2, None ]\n",
            "/etc/cloud/cloud.cfg.d/99-zz-local.cfg": HOTPLUG},
    },
    "cloud-init by user data": {
        "cloud-init-hotplug": {
            "/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "22.2"\n',
            "/var/lib/cloud/instance/cloud-config.txt": "#cloud-config\n" + HOTPLUG,
            "/usr/lib/systemd/system/cloud-init-hotplugd.socket":
                plain_unit("Socket", "ListenFIFO=/run/cloud-init-hotplug"),
            "/usr/lib/systemd/system/cloud-init-hotplugd.service":
                plain_unit("Service", "ExecStart=/bin/true")},
    },
}


@pytest.fixture(scope="module")
def machine(installed):
    """A booted node with an ENI and an overlay, which stays for all forms."""
    with Host() as host:
        scene = Scene(host, installed)
        node = scene.system_node()
        scene.ec2  # noqa: B018
        node.boot()
        node.hot_attach(scene.service_eni())
        patient = sound(scene, node, policy(scene, interfaces=ETH1_BY_ADDRESS))
        assert patient.ids(status=0) == []
        yield patient


@pytest.mark.parametrize("form", FORMS)
def test_other_tools(machine, form):
    """Their files are found; with what is printed against each, nothing is left."""
    node, tools = machine.node, FORMS[form]
    index = node.run("cat", "/sys/class/net/eth1/ifindex").stdout.strip()
    written = {name.replace("{index}", index): text.replace("{index}", index)
               for files in tools.values() for name, text in files.items()}
    try:
        bring(node, written, starts_manager="network-manager-manages-interface" in tools)
        machine.cure(*tools)
    finally:
        take_away(node, written)
    assert machine.ids(status=0) == []


def test_a_rule_that_cloud_netconfig_deletes(machine):
    """Also where it manages no interface; a rule from an address of the host it lets be."""
    node, files = machine.node, {"/usr/libexec/cloud-netconfig": "",
                                 "/etc/default/cloud-netconfig": "CLOUD_NETCONFIG_MANAGE=no\n"}
    try:
        bring(node, files, starts_manager=False)
        node.set_policy(policy(machine.scene, interfaces=ETH1))
        node.run("myha", "attach", "eth1")
        finding, = machine.check(status=3)
        assert finding["id"] == "cloud-netconfig-deletes-rules"
        assert '"source: addresses"' in finding["remedy"]
        node.set_policy(policy(machine.scene, interfaces=ETH1_BY_ADDRESS))
        machine.carry_out(finding)
        assert machine.ids(status=0) == []
    finally:
        node.set_policy(policy(machine.scene, interfaces=ETH1_BY_ADDRESS))
        node.run("myha", "attach", "eth1")
        take_away(node, files)


def bring(node, files, starts_manager):
    for name, text in files.items():
        node.write(name, text)
    programs = [name for name in files if name.startswith(("/usr/bin/", "/usr/sbin/"))]
    if programs:
        node.run("chmod", "+x", *programs)
    node.systemctl("daemon-reload")
    if starts_manager:
        node.run("cp", "/bin/sleep", "/usr/sbin/NetworkManager")
        node.systemctl("enable", "nm-cloud-setup.timer", "nm-cloud-setup.service")
        node.systemctl("start", "NetworkManager.service")


def take_away(node, files):
    """As before, for the next form."""
    node.systemctl("stop", "NetworkManager.service", check=False)
    node.run("rm", "-rf", *files, "/etc/sysconfig/network", "/etc/cloud", "/usr/lib/cloud-netconfig",
             "/etc/systemd/system/cloud-init-hotplugd.socket",
             "/etc/systemd/system/cloud-init-hotplugd.service", "/etc/default/cloud-netconfig")
    node.systemctl("daemon-reload")


def test_what_myha_needs(scene, node):
    patient = sound(scene, node, POLICY_ETH1)
    node.write("/etc/udev/rules.d/90-myha.rules", "")
    # udevd sees that within three seconds; by then its unit would set right what is set wrong here.
    node.run("udevadm", "control", "--reload")
    node.systemctl("disable", "myha-boot.service")
    node.hot_attach(scene.service_eni())
    # Not by hand: systemd would start the unit in the middle of what follows.
    node.systemctl("start", "myha@eth1.service")
    # myha sets it at attach: it is drift, and strict.
    node.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/eth1/rp_filter")
    # With the rule in place the kernel lets all pass.
    assert "rp-filter-strict" not in patient.ids()
    node.run("ip", "rule", "delete", "priority", "100")
    patient.cure("interface-differs", "udev-rule-missing", "boot-unit-disabled",
                 "rp-filter-strict")
    node.systemctl("mask", "myha@.service", "myha-boot.service")
    patient.cure("unit-missing", "unit-missing")
