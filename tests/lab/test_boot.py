# SPDX-License-Identifier: Apache-2.0
"""An ENI that is there when the node boots, and what is there after a reboot."""

from lab.expected import classic
from lab.kernel_view import difference
from lab.node import POLICY_ETH1


def booted_with(scene, eni, mask_udev_rule):
    """A node that boots with the ENI attached, and what it looks like without."""
    node = scene.system_node()
    node.set_policy(POLICY_ETH1)
    if mask_udev_rule:
        node.path("/etc/udev/rules.d/90-myha.rules").symlink_to("/dev/null")
    node.boot()
    bare = node.view()
    node.shut_down()
    node.attach_while_off(eni)
    node.boot()
    return node, bare


def test_an_eni_of_the_boot_is_configured(scene):
    """As it is shipped: udev's rule and the boot unit both see the interface."""
    eni = scene.service_eni()
    node, bare = booted_with(scene, eni, mask_udev_rule=False)
    node.wait_for_unit("myha-boot.service")
    node.wait_for_unit("myha@eth1.service")
    assert difference(bare, node.view()) == classic(eni)
    assert node.failed_at_boot == []


def test_the_boot_unit_does_it_alone(scene):
    """Where udev's rule did not see the interface, for whatever reason, the boot unit does; and it starts
    the interface's unit, which goes with the device."""
    eni = scene.service_eni()
    node, bare = booted_with(scene, eni, mask_udev_rule=True)
    node.wait_for_unit("myha-boot.service")
    assert difference(bare, node.view()) == classic(eni)
    node.wait_for_unit("myha@eth1.service")
    assert difference(bare, node.view()) == classic(eni)


def test_after_a_reboot_all_is_back(scene, node):
    """A hot-attached ENI stays attached over a reboot; so does what the policy says of it."""
    eni = scene.service_eni()
    before = node.view()
    node.hot_attach(eni)
    node.wait_for_unit("myha@eth1.service")
    attached = node.view()
    node.reboot()
    node.wait_for_unit("myha-boot.service")
    node.wait_for_unit("myha@eth1.service")
    assert node.view() == attached
    node.hot_detach()
    node.wait_for_unit("myha@eth1.service", "inactive")
    assert node.view() == before


def test_a_boot_without_the_interface_succeeds(scene, node):
    """The policy lists eth1 on both nodes of a cluster; one of them does not have it."""
    node.wait_for_unit("myha-boot.service")
    assert node.failed_at_boot == []
