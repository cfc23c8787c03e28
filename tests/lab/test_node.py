# SPDX-License-Identifier: Apache-2.0
"""The lab's booted nodes, on a machine that is slow, or where a boot fails."""

import pytest

from lab import system_node
from lab.host import LabError

# nspawn's child creates the container's network namespace with unshare(), which takes its time here.
SLOW_UNSHARE = ("strace", "-D", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=unshare",
                "-e", "inject=unshare:delay_enter=700000:when=1")


def test_a_service_is_in_the_nodes_own_network(scene, monkeypatch):
    monkeypatch.setattr(system_node, "NSPAWN", (*SLOW_UNSHARE, *system_node.NSPAWN))
    node, client = scene.system_node(), scene.client()
    address = node.eth0.ipv4s[0]
    node.serves.append(address)
    node.boot()
    assert client.ask(address) == node.name


def test_a_boot_that_failed_can_be_repeated(scene, monkeypatch):
    def fail(_):
        raise LabError("the first process is not found")

    node = scene.system_node()
    with monkeypatch.context() as patched:
        patched.setattr(system_node.SystemNode, "_find_leader", fail)
        with pytest.raises(LabError, match="the first process is not found"):
            node.boot()
    node.boot()
    assert node.running
