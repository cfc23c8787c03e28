# SPDX-License-Identifier: Apache-2.0
"""Nodes under corosync and pacemaker, with a fencing agent of the lab's own.

The nodes are booted systems whose root has Debian's packages of both. What is not as on any other
cluster is what makes it quick: a cluster information base that is there from the first start, and short
time-outs. An instance that was fenced stays off until it is booted again, as on EC2.
"""

import functools
import os
import pathlib
import re
import xml.etree.ElementTree as xml

from .host import PATIENCE, LabError, run, wait_for
from .root import node_root

PACKAGES = ("corosync", "pacemaker", "crmsh", "resource-agents", "libxml2-utils")
# Packages that ocf:heartbeat:aws-vpc-move-ip needs, for the comparison with ours.
AWSCLI = ("awscli",)
FENCE_AGENT = pathlib.Path(__file__).with_name("fence_lab")

DEGRADED = "190"  # the exit status of a monitor: it runs, and something is not as it should be

COROSYNC_PORT = 5405
# Milliseconds until a node that is silent is lost. On a busy machine a living node is silent for seconds.
TOKEN = 6000

COROSYNC = """totem {{
    version: 2
    cluster_name: lab
    transport: knet
    crypto_cipher: none
    crypto_hash: none
    token: {token}
}}
quorum {{
    provider: corosync_votequorum
    two_node: 1
    wait_for_all: 0
}}
logging {{
    to_syslog: yes
}}
nodelist {{
{nodes}}}
"""

# The cluster information base is there from the first start, and a node waits for others no longer.
PROPERTIES = """<crm_config><cluster_property_set id="lab">
<nvpair id="lab-dc-deadtime" name="dc-deadtime" value="2s"/>
<nvpair id="lab-stonith-enabled" name="stonith-enabled" value="true"/>
<nvpair id="lab-stonith-action" name="stonith-action" value="off"/>
</cluster_property_set></crm_config>"""


@functools.cache
def cluster_root(*more):
    """The root of nodes that are to be in a cluster, and more packages in it."""
    return node_root(*PACKAGES, *more)


def cluster_node(scene, name, subnet=None, more=()):
    """A node that boots, and could be in a cluster; it is off yet."""
    return scene.system_node(name, subnet=subnet, root=cluster_root(*more))


def overlay_nodes(scene, more=()):
    """Two such nodes in two zones, whose policy leaves an overlay to the cluster."""
    nodes = scene.overlay_pair(make=functools.partial(cluster_node, scene, more=more))
    for node in nodes:
        node.set_policy(scene.overlay_policy(", managed-by: cluster"))
    return nodes


class Cluster:
    """Nodes, which are booted here; the first of two that shoot each other wins."""

    def __init__(self, scene, nodes):
        self.scene, self.nodes = scene, nodes
        for node in nodes:
            self._prepare(node)
        for node in nodes:
            node.boot()
        self.wait_until_online(*nodes)
        self.configure(*self._fencing())

    def _prepare(self, node):
        members = "".join(
            f"    node {{\n        ring0_addr: {one.eth0.ipv4s[0]}\n        name: {one.name}\n"
            f"        nodeid: {number}\n    }}\n" for number, one in enumerate(self.nodes, 1))
        node.write("/etc/corosync/corosync.conf", COROSYNC.format(token=TOKEN, nodes=members))
        names = "".join(f"{one.eth0.ipv4s[0]} {one.name}\n" for one in self.nodes)
        hosts = node.path("/etc/hosts").read_text()
        node.write("/etc/hosts", hosts + names)
        accounts = node.path("/etc/passwd").read_text()
        _, user, group = re.search(r"^(hacluster):x:(\d+):(\d+):", accounts, re.MULTILINE).groups()
        empty = run("chroot", cluster_root(), "cibadmin", "--empty").stdout
        node.write("/var/lib/pacemaker/cib/cib.xml", empty.replace("<crm_config/>", PROPERTIES))
        os.chown(node.path("/var/lib/pacemaker/cib/cib.xml"), int(user), int(group))
        node.path("/var/lib/pacemaker/cib/cib.xml").chmod(0o600)
        node.write("/usr/sbin/fence_lab", FENCE_AGENT.read_text())
        node.path("/usr/sbin/fence_lab").chmod(0o755)

    def _fencing(self):
        """Every node is shot by the others; who shoots at the first one takes his time."""
        for number, node in enumerate(self.nodes):
            delay = "2s" if number == 0 else "0s"
            yield f"primitive fence_{node.name} stonith:fence_lab params " \
                f"instance={node.instance.id} pcmk_host_list={node.name} pcmk_delay_base={delay}"
            yield f"location not_by_itself_{node.name} fence_{node.name} -inf: {node.name}"

    # Actions of an administrator.

    def configure(self, *lines):
        """Lines as `crm configure` takes them, all or none."""
        node = self._living()
        node.run("crm", "--force", "configure", "load", "update", "-",
                 input="\n".join(lines) + "\n")
        self.settle()

    def crm(self, *words, **options):
        return self._living().run("crm", *words, **options)

    def standby(self, node, on=True):
        self._living().run("crm_standby", "--node", node.name, "--update", "on" if on else "off")

    def move(self, resource, node):
        """To that node; where it runs afterwards is left to the cluster again."""
        if self.where(resource) == node.name:
            return
        self._living().run("crm_resource", "--resource", resource, "--move", "--node", node.name)
        self.wait_for(resource, node)
        self._living().run("crm_resource", "--resource", resource, "--clear")

    def forget_failures(self):
        self._living().run("crm_resource", "--cleanup")
        self.settle()

    # The state of the cluster.

    def _living(self):
        for node in self.nodes:
            if node.running:
                return node
        raise LabError("no node of the cluster is running")

    @staticmethod
    def status(node):
        """The cluster's state as a node reports it, as XML; an empty element if it reports none."""
        try:
            shown = node.run("crm_mon", "--output-as=xml", "--inactive", check=False)
        except LabError:
            return xml.Element("nothing")  # it has gone
        return xml.fromstring(shown.stdout if shown.returncode == 0 else "<nothing/>")

    def members(self, node):
        """The names of those that are in the cluster as a node sees it."""
        return {one.get("name") for one in self.status(node).iterfind("nodes/node")
                if one.get("online") == "true" and one.get("pending") == "false"}

    def wait_until_online(self, *nodes):
        wanted = {node.name for node in nodes}
        for node in nodes:
            wait_for(lambda: self.members(node) == wanted,
                     lambda: f"{wanted} in the cluster of {node.name}: {self.members(node)}",
                     2 * PATIENCE, 0.1)

    def where(self, resource):
        """The name of the node where it runs; None: nowhere, or that is not known."""
        for one in self.status(self._living()).iter("resource"):
            if one.get("id") == resource and one.get("role") == "Started":
                return one.find("node").get("name")
        return None

    def wait_for(self, resource, node, timeout=2 * PATIENCE):
        wait_for(lambda: self.where(resource) == node.name,
                 lambda: f"{resource} on {node.name}\n{self.report()}", timeout, 0.05)

    def failures(self, degraded=False):
        """The failures that the cluster still lists, for a person; it lists degraded monitors, too."""
        return [f"{one.get('op_key')} on {one.get('node')}: {one.get('exitreason')}"
                for one in self.status(self._living()).iter("failure")
                if degraded or one.get("exitcode") != DEGRADED]

    def settle(self, timeout=2 * PATIENCE):
        """Until nothing is left to be done."""
        self._living().run("crm_resource", "--wait", "--timeout", f"{timeout}s",
                           timeout=timeout + 5)

    def report(self):
        node = self._living()
        return node.run("crm_mon", "-1rf", check=False).stdout \
            + node.run("journalctl", "--no-pager", "-n", "60", "-o", "short-precise").stdout

    # Events.

    def cut(self, heal=False):
        """Corosync's packets between the nodes are lost, in both directions, or no longer."""
        for node in self.nodes:
            self.scene.vpc.router.run(
                "ip", "rule", "del" if heal else "add", "pref", "5", "ipproto", "udp",
                "dport", str(COROSYNC_PORT), "from", node.eth0.ipv4s[0], "blackhole")

    def back(self, node):
        """A node that was fenced, or crashed, is booted and a member again."""
        node.power_off()
        node.boot()
        self.wait_until_online(*(one for one in self.nodes if one.running))
        self.settle()
