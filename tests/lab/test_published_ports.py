# SPDX-License-Identifier: Apache-2.0
"""A container whose port is published on the ENI: remote clients get replies."""

from pathlib import Path

import pytest

from lab.client import Service
from lab.host import Namespaces, run, wait_for

CONTRIB = Path(__file__).resolve().parents[2] / "contrib" / "coexistence"
CONTAINER, PORT, PUBLISHED = "172.17.0.2", 3200, 8080


class Container:
    """A container as Docker creates it: a network namespace behind a bridge, and a published port."""

    def __init__(self, node):
        self.node, self.host = node, node.host
        self._namespaces = Namespaces(node.host, "container", kinds=("net", "uts"), setup="""
            hostname container
            ip link set lo up
        """)
        self.pid = self._namespaces.pid
        self._in_node("sysctl", "-qw", "net.ipv4.ip_forward=1")
        self._in_node("ip", "-batch", "-", input=f"""
            link add docker0 type bridge
            address add 172.17.0.1/16 dev docker0
            link set docker0 up
            link add veth0 type veth peer name eth0 netns {self.pid}
            link set veth0 master docker0 up
        """)
        self._namespaces.batch([f"address add {CONTAINER}/16 dev eth0", "link set eth0 up",
                                "route add default via 172.17.0.1"])
        self.nft(f"""
            table ip docker {{
                chain prerouting {{
                    type nat hook prerouting priority dstnat; policy accept;
                    fib daddr type local tcp dport {PUBLISHED} dnat to {CONTAINER}:{PORT}
                }}
            }}
        """)
        self.service = Service(self, CONTAINER, PORT)

    def _in_node(self, *argv, **options):
        """The tools are the host's, in the node's network."""
        return run("nsenter", "-t", self.node.pid, "--net", "--", *argv, **options)

    def nft(self, text):
        self._in_node("nft", "-f", "-", input=text)

    def close(self):
        self.service.close()
        self._namespaces.close()


@pytest.fixture
def container(node):
    made = Container(node)
    yield made
    made.close()


def test_a_published_port_replies(scene, node, container):
    """With the samples of contrib/coexistence: the rule is made by the unit, stays with an attach and
    a status, and goes when the ENI leaves."""
    client = scene.client()
    node.hot_attach(scene.service_eni())
    node.wait_for_unit("myha@eth1.service")
    assert client.ask("10.0.1.10", PUBLISHED, timeout=2) is None  # by eth0, where EC2 drops it
    node.write("/etc/systemd/system/myha@eth1.service.d/published-ports.conf",
               (CONTRIB / "published-ports.conf").read_text())
    node.systemctl("daemon-reload")
    container.nft((CONTRIB / "published-ports.nft").read_text())
    node.systemctl("restart", "myha@eth1.service")
    assert client.ask("10.0.1.10", PUBLISHED) == "container"
    rules = node.run("ip", "rule").stdout
    assert "from all fwmark 0x4d59 lookup MYHA" in rules
    for words in (["attach", "eth1"], ["status"], ["plan", "eth1"]):
        result = node.myha(*words)
        assert result.returncode == 0, result
    assert node.run("ip", "rule").stdout == rules
    node.hot_detach()
    wait_for(lambda: "MYHA" not in node.run("ip", "rule").stdout, "the rules to go")
