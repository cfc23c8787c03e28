# SPDX-License-Identifier: Apache-2.0
"""Applies the actions of the lab's EC2 to the lab's network and nodes; makes nodes find EC2."""

import functools
import ipaddress

from .ec2 import ADDRESSES, Server
from .ec2_engine import NoNetwork
from .host import run, socket_in

PORT = 443


class Network(NoNetwork):
    """The engine's hand on the VPC."""

    def __init__(self, vpc):
        self.vpc = vpc

    def routes(self):
        self.vpc.sync_routes()

    def publish(self):
        self.vpc.publish()

    def readdress(self, *enis):
        self.vpc.publish()
        self.vpc.readdress(*enis)

    def plug(self, eni):
        node = self.vpc.nodes.get(eni.instance)
        if not node:
            return
        name = next(name for name in (f"eth{number}" for number in range(1, 10000))
                    if name not in node.attached)
        node.attached[name] = eni
        if node.running:
            self.vpc.plug(node.pid, (eni, name))

    def pull(self, eni):
        node = self.vpc.nodes.get(eni.instance)
        name = next((name for name, other in node.attached.items() if other is eni), None) \
            if node else None
        if not name:
            return
        del node.attached[name]
        if node.running:
            self.vpc.pull(node.pid, (eni, name))

    def stop(self, instance):
        node = self.vpc.nodes.get(instance.id)
        if node:
            node.power_off()


def serve(vpc):
    """EC2 in the VPC, on addresses that all its subnets reach."""
    server = Server(vpc.cloud, vpc.directory / "ca", Network(vpc))
    vpc.host.defer(server.close)
    for address in ADDRESSES:
        length = ipaddress.ip_address(address).max_prefixlen
        option = ["nodad"] if ":" in address else []
        vpc.router.run("ip", "address", "add", f"{address}/{length}", "dev", "lo", *option)
        server.listen(address, PORT, functools.partial(socket_in, vpc.router.pid))
    return server


def introduce(server, node, address=ADDRESSES[0]):
    """Have a node know the names of the endpoints, and trust the lab's authority as
    update-ca-certificates(8) would have it: by the bundle, and a file in the hashed directory."""
    region = server.engine.cloud.region
    hosts = node.path("/etc/hosts")
    known = hosts.read_text() if hosts.exists() else ""
    names = " ".join(f"{service}.{region}.amazonaws.com" for service in ("ec2", "sts"))
    node.write("/etc/hosts", f"{known.rstrip()}\n{address} {names}\n".lstrip())
    certificate = server.authority.bundle.read_text()
    name = run("openssl", "x509", "-noout", "-hash", input=certificate).stdout.strip()
    node.write(f"/etc/ssl/certs/{name}.0", certificate)
    bundle = node.path("/etc/ssl/certs/ca-certificates.crt")
    trusted = bundle.read_text() if bundle.exists() else ""
    node.write("/etc/ssl/certs/ca-certificates.crt", trusted + certificate)
