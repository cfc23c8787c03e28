# SPDX-License-Identifier: Apache-2.0
"""The same as test_remedies.py, against the tools of clouds and distributions."""

import functools

import pytest
from remedy_fixtures import STATIC, TAKE_AWAY, cure, cure_on_all, installed_tool, run_of

NET_UTILS = "/usr/bin/setup-policy-routes"


def net_utils_manages_interface(ward):
    """Its runs write a file for networkd and remove it, and have networkd reload."""
    write = f"printf '{STATIC}' >/run/systemd/network/70-eth1.network"
    files = {
        NET_UTILS: "#!/bin/sh\ncase $1 in\n"
            f"start) mkdir -p /run/systemd/network; {write} ;;\n"
            f"refresh) sleep {ward.pace.delay}; {write} ;;\n"
            f"stop) sleep {ward.pace.delay}; rm -f /run/systemd/network/70-eth1.network ;;\n"
            "esac\nexec networkctl reload\n",
        "/etc/systemd/system/policy-routes@.service":
            "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
            f"ExecStart={NET_UTILS} start\nExecStop={NET_UTILS} stop\n",
        "/etc/systemd/system/refresh-policy-routes@.service":
            f"[Service]\nType=oneshot\nExecStart={NET_UTILS} refresh\n",
        "/etc/systemd/system/refresh-policy-routes@.timer": "[Timer]\nOnActiveSec=600\n",
    }
    units = ["policy-routes@eth1.service", "refresh-policy-routes@eth1.timer"]
    with installed_tool(ward, files, units):
        ward.node.systemctl("start", *units, timeout=60)
        ward.reload(eth1="configured")
        ward.node.run("myha", "attach", "eth1")
        assert ward.lost() == []
        cure(ward, "net-utils-manages-interface",
             ward.begin("refresh-policy-routes@eth1.service"))


# Tools with such a unit, and what says that they are there.
HOTPLUG = "updates: {network: {when: [hotplug]}}\n"
RUNS = {
    "cloud-init-hotplug": ("cloud-init-hotplugd.service", {
        "/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "24.1.3"\n'}),
    "cloud-init-hotplug by user data": ("cloud-init-hotplugd.service", {
        "/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "24.1.3"\n',
        "/var/lib/cloud/instance/cloud-config.txt": HOTPLUG,
        "/usr/lib/systemd/system/cloud-init-hotplugd.socket":
            "[Socket]\nListenFIFO=/run/lab-hotplug\n"}),
    "cloud-netconfig-manages-interface": ("cloud-netconfig.service", {
        "/etc/sysconfig/network/config": "\n"}),
}


def a_run_that_has_begun(name, ward):
    """The printed remedy ends it first."""
    unit, files = RUNS[name]
    files = {**files, **run_of(ward, unit)}
    sockets = ["cloud-init-hotplugd.socket"] if "user data" in name else []
    with installed_tool(ward, files, [*sockets, unit]):
        for socket in sockets:
            ward.node.systemctl("start", socket)
        cure(ward, name.partition(" ")[0], ward.begin(unit))


def wicked_manages_interface(ward):
    with installed_tool(ward, {
            "/usr/sbin/wickedd": "",
            "/usr/bin/wicked": f"#!/bin/sh\n[ \"$*\" = \"ifdown eth1\" ]\n"
                f"sleep {ward.pace.delay}\n{TAKE_AWAY}\n",
            "/etc/sysconfig/network/ifcfg-eth1": "STARTMODE='auto'\nBOOTPROTO='dhcp'\n"}):
        cure(ward, "wicked-manages-interface")


REMEDIES = {
    "net-utils-manages-interface": net_utils_manages_interface,
    **{name: functools.partial(a_run_that_has_begun, name) for name in RUNS},
    "wicked-manages-interface": wicked_manages_interface,
}


@pytest.mark.parametrize("name", REMEDIES)
def test_the_host_serves(wards, name):
    cure_on_all(wards, name, REMEDIES[name])
