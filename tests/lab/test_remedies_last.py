# SPDX-License-Identifier: Apache-2.0
"""The effect of a remedy lasts: after a reload and a restart of the other tool, after the ENI has
been away, and after a reboot. The end of the run prints the table."""

import time

import pytest
import test_remedies
import test_remedies_clouds
from check_fixtures import ETH1_BY_ADDRESS, policy
from remedy_fixtures import KEPT, MANAGER, NETWORKD, Ward

from lab.host import wait_for
from lab.scene import OVERLAY, SERVICE

pytestmark = pytest.mark.long

REMEDIES = {**test_remedies.REMEDIES, **test_remedies_clouds.REMEDIES}
UNIT = "myha@eth1.service"
# A cluster starts its overlay after a reboot.
START = ("env", "OCF_ROOT=/usr/lib/ocf", "OCF_RESOURCE_INSTANCE=ip", "OCF_RESKEY_name=sapascs",
         "OCF_RESKEY_CRM_meta_timeout=60000", "/usr/lib/ocf/resource.d/myha/overlay-ip", "start")
# Each tool's programs as its administrator uses them. Units that a remedy has masked refuse to start.
RELOAD = {"networkd": ("networkctl", "reload"), "network-manager": ("nmcli", "general", "reload")}
RESTART = {
    "networkd": NETWORKD, "network-manager": MANAGER, "nm-cloud-setup": MANAGER,
    "net-utils": "refresh-policy-routes@eth1.service",
    # The stand-ins for these do not read the setting that is their remedy. The machines of tests/packages
    # have the real cloud-init.
    "cloud-init": None, "cloud-netconfig": None, "wicked": None}


class Life:
    """The events of a node after a remedy, and whether it serves then."""

    EVENTS = ("reload", "restart", "away", "reboot")

    def __init__(self, ward, properties):
        self.ward, self.node, self.properties = ward, ward.node, properties
        self.eni = ward.node.attached["eth1"]

    def reload(self, tool):
        self.node.run(*RELOAD.get(tool, ("systemctl", "daemon-reload")), timeout=60)

    def restart(self, tool):
        self.node.systemctl("restart", RESTART[tool], timeout=90, check=False)
        if tool == "networkd":
            self.node.wait_for_networkd("eth0", timeout=60)

    def away(self, _tool):
        self.node.hot_detach()
        self.node.wait_for_unit(UNIT, "inactive")
        self.node.hot_attach(self.eni)
        self.node.wait_for_unit(UNIT)

    def reboot(self, _tool):
        self.node.reboot()
        self.node.wait_for_networkd("eth0", timeout=60)
        self.node.wait_for_unit(UNIT)
        self.node.wait_for_unit("myha-boot.service")
        self.ward.serve()
        if self.is_clusters():
            self.node.run(*START, timeout=60)

    def is_clusters(self):
        return "managed-by: cluster" in self.node.path("/etc/myha/policy.yaml").read_text()

    def cure_the_rest(self):
        """Apply the remedies of the other findings, too."""
        patient = self.ward.patient
        for finding in patient.check():
            if finding["severity"] == "note":
                continue
            if finding["id"] == "cloud-netconfig-deletes-rules":
                self.node.set_policy(policy(self.ward.scene, interfaces=ETH1_BY_ADDRESS))
                self.ward.source = SERVICE
            patient.carry_out(finding)
            if finding["id"] == "network-manager-drops-overlay":
                test_remedies.to_loopback(self.ward)
        assert patient.ids(status=0) == []

    def play(self, remedy):
        # NetworkManager may be busy with eth0 still, after its own restart.
        wait_for(lambda: self.ward.client.ask(OVERLAY) == self.node.name, "the host to be reached")
        self.cure_the_rest()
        tool = next(name for name in RESTART if remedy.startswith(name))
        if tool == "network-manager":
            # A veth has no permanent MAC address, by which NetworkManager would know it later.
            self.node.run("sh", "-c", "sed -i s/mac:[0-9A-Fa-f:]*/interface-name:eth1/ "
                          "/etc/NetworkManager/conf.d/*myha*")
        for event in self.EVENTS:
            if event == "restart" and not RESTART[tool]:
                continue
            getattr(self, event)(tool)
            ended = time.monotonic()
            assert self.ward.lost() == [], (remedy, event)
            time.sleep(max(0, ended + KEPT - time.monotonic()))
            assert self.ward.lost() == [], (remedy, event)
            assert not self.ward.has(remedy), (remedy, event)
            self.properties.append(("remedy", (tool, remedy, event)))


@pytest.mark.parametrize("name", REMEDIES)
def test_a_remedy_lasts(scene, request, name):
    ward = Ward(scene, "fast")
    ward.put_right()
    ward.afterwards = Life(ward, request.node.user_properties).play
    REMEDIES[name](ward)
    assert request.node.user_properties
