# SPDX-License-Identifier: Apache-2.0
"""The VPC on one machine: a router namespace to which each network interface has its own link.

As in EC2 there is no Ethernet between the interfaces of a subnet: the router replies to ARP for
everybody, routes between all links, advertises itself as the IPv6 router (radvd, fe80::1, without
prefixes for autoconfiguration), serves IMDS on its link-local address, and drops what a link sends
from an address that is not its interface's own (the source check). So a reply that leaves through
the wrong interface is lost here as it is lost there.
"""

import itertools
import pathlib
import subprocess
import tempfile

from . import imds, servers
from .cloud import Cloud
from .host import LabError, Namespaces, run, stop, wait_for
from .vpc_routes import VpcRoutes

MTU = 9001
IMDS_ADDRESSES = ("169.254.169.254", "fd00:ec2::254")
ROUTER6 = "fe80::1"

# The router's rules: from a link only with its own source, then as in any router.
PREF_OWN, PREF_SPOOFED, PREF_LOCAL = 1000, 2000, 3000

SETUP = f"""
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter
echo 0 >/proc/sys/net/ipv4/conf/all/send_redirects
echo 0 >/proc/sys/net/ipv4/conf/default/send_redirects
ip link set lo up
ip address add {IMDS_ADDRESSES[0]}/32 dev lo
ip address add {IMDS_ADDRESSES[1]}/128 dev lo nodad
for family in -4 -6; do
    ip $family rule add pref {PREF_LOCAL} lookup local
    ip $family rule del pref 0
done
"""

RADVD = """interface {link} {{
    AdvSendAdvert on;
    AdvManagedFlag on;
    MinRtrAdvInterval 3;
    MaxRtrAdvInterval 4;
    MinDelayBetweenRAs 3;
    AdvDefaultLifetime 1800;
{prefixes}}};
"""


class Link:
    """The cable of an interface, with both ends in the router at first."""

    def __init__(self, number, addresses):
        self.name = f"link{number}"  # the end that stays in the router
        self.end = f"end{number}"  # the other end's name while it is in the router
        self.addresses = addresses
        self.rules = {"-4": [], "-6": []}
        self.radvd = None


class Vpc:
    """The router, IMDS and the cables. cloud is the state; publish() tells IMDS of a change."""

    def __init__(self, host):
        self.host = host
        # A host may have several VPCs: each has a directory for its own sockets and files.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vpc-", dir=host.directory))
        self.cloud = Cloud()
        self.router = Namespaces(host, "router", setup=SETUP)
        self._numbers = itertools.count(1)
        self.nodes = {}  # instance id: the node that it is
        self._links = {}  # eni id: Link
        self._routes = VpcRoutes(self.cloud, self.router.pid, PREF_LOCAL)
        host.defer(self._routes.close)
        self.advertise_after = 0  # seconds that the router of a new cable keeps silent
        self.imds = self._start_imds()

    def _start_imds(self):
        state, control = self.directory / "cloud.json", self.directory / "imds.socket"
        state.write_text(self.cloud.to_json())
        listen = [f"--listen={f'[{address}]' if ':' in address else address}:80"
                  for address in IMDS_ADDRESSES]
        process = servers.start(
            self.host, "lab.imds", (*listen, "--state", state, "--control", control),
            self.router.pid, ("net",))
        for line in process.stdout:
            if line == "ready\n":
                hand = imds.Imds(control)
                self.host.defer(hand.close)
                return hand
        raise LabError("IMDS did not start")

    def publish(self):
        """Make IMDS serve the present state."""
        self.imds.state(self.cloud)

    def sync_routes(self):
        """Make the router follow the state's route tables and source/destination checks."""
        self._routes.sync({eni: link.name for eni, link in self._links.items()})

    def plug(self, pid, *ends):
        """Move interfaces, each (ENI, name), into the network namespace of a process, all in one
        go; the state must know the ENIs as attached before, as EC2 does."""
        links = [self._lay(eni) for eni, _ in ends]
        self.router.batch([f"link set {link.end} netns {pid} name {name}"
                           for link, (_, name) in zip(links, ends)])
        self.sync_routes()

    def pull(self, pid, *ends):
        """Move interfaces, each (ENI, name), out of the network namespace of a process."""
        lines = [f"link set {name} netns {self.router.pid} name {self._links[eni.id].end}"
                 for eni, name in ends]
        run("nsenter", "-t", pid, "--net", "--", "ip", "-batch", "-", input="\n".join(lines) + "\n")

    def set_carrier(self, eni, state):
        """"down" takes the carrier away from the instance's end of an ENI, "up" gives it back."""
        self.router.run("ip", "link", "set", self._links[eni.id].name, state)

    def _lay(self, eni):
        """The cable of an ENI with both ends in the router; a new one where there is none such."""
        there = self._interfaces()
        link = self._links.get(eni.id)
        if link and link.end in there and link.addresses == eni.addresses:
            return link
        self.unplug(eni)
        link = Link(next(self._numbers), eni.addresses)
        subnet = self.cloud.subnets[eni.subnet]
        lines = {"-4": [], "-6": [
            f"link add {link.name} mtu {MTU} type veth peer name {link.end} address {eni.mac} "
            f"mtu {MTU}",
            f"link set {link.name} addrgenmode none up",
            f"address add {ROUTER6}/64 dev {link.name} nodad"]}
        if subnet.cidr:
            lines["-4"].append(f"address add {subnet.router}/32 dev {link.name}")
        for address in eni.addresses:
            family, route, rule = _to_and_from(link, address)
            lines[family].append(f"route replace {route}")
            link.rules[family].append(rule)
        # Neighbour discovery has no other source.
        link.rules["-6"] += [f"pref {PREF_OWN} iif {link.name} from {source} goto {PREF_LOCAL}"
                             for source in ("fe80::/10", "::/128")]
        for family, rules in link.rules.items():
            rules.append(f"pref {PREF_SPOOFED} iif {link.name} blackhole")
            lines[family] += [f"rule add {rule}" for rule in rules]
        self.router.batch(lines["-6"], options=["-6"])
        self.router.batch(lines["-4"], options=["-4"])
        # Reply at once to an ARP request for the address of every other link.
        self.router.run("sh", "-c",
                        f"echo 1 >/proc/sys/net/ipv4/conf/{link.name}/proxy_arp; "
                        f"echo 0 >/proc/sys/net/ipv4/neigh/{link.name}/proxy_delay")
        self._links[eni.id] = link
        if subnet.ipv6_cidrs:
            self._advertise(link, subnet)
        return link

    def _advertise(self, link, subnet):
        """A radvd for the link: it waits for the link to come up, then speaks at once."""
        stem = self.directory / link.name
        prefixes = "".join(f"    prefix {prefix} {{ AdvOnLink off; AdvAutonomous off; }};\n"
                           for prefix in subnet.ipv6_cidrs)
        stem.with_suffix(".conf").write_text(RADVD.format(link=link.name, prefixes=prefixes))
        link.radvd = self.router.start(
            "sh", "-c", f'sleep {self.advertise_after}; exec "$@"', "sh",
            "radvd", "--nodaemon", "--config", stem.with_suffix(".conf"),
            "--pidfile", stem.with_suffix(".pid"), "--logmethod", "none",
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def link_of(self, eni):
        """The name of the router's end, for counters and captures."""
        return self._links[eni.id].name

    def packets(self, eni):
        """How many packets the router has got from the interface, and has sent to it."""
        name = self.link_of(eni)
        text = pathlib.Path(f"/proc/{self.router.pid}/net/dev").read_text()
        fields = next(line for line in text.splitlines() if line.strip().startswith(f"{name}:"))
        words = fields.split(":")[1].split()
        return int(words[1]), int(words[9])

    def readdress(self, *enis):
        """Make the router follow the addresses that the state gives to ENIs that are plugged; those
        that have gone go first, so that an address may move from one to another."""
        changed = [(self._links[eni.id], eni.addresses) for eni in enis if eni.id in self._links]
        lines = {"-4": [], "-6": []}
        for link, addresses in changed:
            for address in set(link.addresses) - set(addresses):
                family, route, rule = _to_and_from(link, address)
                lines[family] += [f"route del {route}", f"rule del {rule}"]
                link.rules[family].remove(rule)
        for link, addresses in changed:
            for address in set(addresses) - set(link.addresses):
                family, route, rule = _to_and_from(link, address)
                lines[family] += [f"route replace {route}", f"rule add {rule}"]
                link.rules[family].append(rule)
            link.addresses = list(addresses)
        for family in lines:
            self.router.batch(lines[family], options=[family])

    def unplug(self, *enis):
        """Take the cables away, and with them the interfaces, wherever they are."""
        links = [self._links.pop(eni.id) for eni in enis if eni.id in self._links]
        self.sync_routes()
        for link in links:
            if link.radvd:
                stop(link.radvd)
        # The interface of a node that has gone took the cable with it, or is about to.
        names = {link.name for link in links}
        lines = [f"link del {name}" for name in names & self._interfaces()]
        if lines:
            self.router.run("ip", "-force", "-batch", "-", input="\n".join(lines), check=False)
        wait_for(lambda: not names & self._interfaces(), "cables to go")
        for family in ("-4", "-6"):
            self.router.batch([f"rule del {rule}" for link in links for rule in link.rules[family]],
                              options=[family])

    def _interfaces(self):
        """The names of the router's interfaces."""
        lines = pathlib.Path(f"/proc/{self.router.pid}/net/dev").read_text().splitlines()
        return {line.partition(":")[0].strip() for line in lines[2:]}


def _to_and_from(link, address):
    """An address's family, its route as ip(8) says it, and the rule that lets its link send."""
    return ("-6" if ":" in address else "-4", f"{address} dev {link.name}",
            f"pref {PREF_OWN} iif {link.name} from {address} goto {PREF_LOCAL}")


def static_lines(cloud, eni, name):
    """ip -batch lines that configure an interface as the lab's own (not myha) does."""
    subnet = cloud.subnets[eni.subnet]
    lines = [f"link set {name} up"]
    for number, address in enumerate(eni.ipv4s):
        length = subnet.cidr.partition("/")[2] if number == 0 else "32"
        lines.append(f"address add {address}/{length} dev {name}")
    if eni.ipv4s:
        lines.append(f"route add 0.0.0.0/0 via {subnet.router} dev {name}")
    for address in eni.ipv6s:
        lines.append(f"address add {address}/128 dev {name} nodad")
    if eni.ipv6s:
        # In the place of the one of an advertisement, which may have come by now.
        lines.append(f"route replace ::/0 via {ROUTER6} dev {name}")
    return lines
