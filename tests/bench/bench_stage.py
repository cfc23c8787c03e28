# SPDX-License-Identifier: Apache-2.0
"""The stage of the bench: its private mounts, its network, and the stand-ins at work.

All of it is in namespaces that `bench` has made, so that nothing here is taken down by hand.
"""

import collections
import json
import os
import re
import shutil
import subprocess
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = "/run/bench"  # on the private tmpfs
TABLE, PRIORITY = 100, 100  # of the first ENI's attach

# As bench_net.h has them.
IMDS_ADDRESS = "169.254.169.254"
EC2_ADDRESS, EC2_HOST = "198.51.100.10", "ec2.eu-central-1.amazonaws.com"
CONTROL_PORT = 81

# No configuration of the AWS tools.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": WORK}


def split_environment(words):
    """The NAME=VALUE words before a command, as in a shell, and the command."""
    first = next(i for i, word in enumerate(words) if not re.match(r"\w+=", word))
    return list(words[:first]), list(words[first:])


def run(*words):
    """The stdout of a command, with environment before it or without; an exception with its stderr
    where it fails."""
    assignments, command = split_environment(words)
    environment = dict(word.split("=", 1) for word in assignments)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**ENVIRONMENT, **environment}, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def mount_private():
    """Covers what myha and ip read and write; the mount namespace is already our own."""
    run("mount", "-t", "sysfs", "sysfs", "/sys")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    os.makedirs("/run/myha", mode=0o755)
    os.makedirs(WORK, mode=0o755)
    iproute2 = next(path for path in ("/etc/iproute2", "/usr/share/iproute2")
                    if os.path.isdir(path))
    shutil.copytree(iproute2, f"{WORK}/iproute2")
    run("mount", "--bind", f"{WORK}/iproute2", iproute2)
    os.makedirs(f"{iproute2}/rt_tables.d", exist_ok=True)
    write(f"{iproute2}/rt_tables.d/myha.conf", f"{TABLE} MYHA\n")
    hosts = write(f"{WORK}/hosts", f"127.0.0.1 localhost\n{EC2_ADDRESS} {EC2_HOST}\n")
    run("mount", "--bind", hosts, "/etc/hosts")


class Network:
    """eth0, the primary, and eth1 to ethN; their peers live in a second namespace."""

    def __init__(self):
        self.peers = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], env=ENVIRONMENT)
        here = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self.peers.pid}/ns/net") == here:
            os.sched_yield()
        self.count = 0
        run("ip", "link", "set", "lo", "up")
        for address in (IMDS_ADDRESS, EC2_ADDRESS):
            run("ip", "address", "add", f"{address}/32", "dev", "lo")
        self.add_link(0)
        run("ip", "link", "set", "eth0", "up", "mtu", "9001")
        run("ip", "address", "add", "10.0.0.10/24", "dev", "eth0")
        run("ip", "route", "add", "default", "via", "10.0.0.1", "dev", "eth0")

    def add_link(self, eni):
        run("ip", "link", "add", f"eth{eni}", "address", f"02:00:00:00:00:{eni:02x}",
            "type", "veth", "peer", "name", f"peer{eni}", "netns", str(self.peers.pid))
        run("nsenter", "-t", str(self.peers.pid), "-n",
            "ip", "link", "set", f"peer{eni}", "up", "mtu", "9001")

    def grow(self, count):
        while self.count < count:
            self.count += 1
            self.add_link(self.count)


# The counts of a stand-in: connections, how many TLS handshakes were cut short by resuming a
# session, and the requests in their order.
Counts = collections.namedtuple("Counts", "connections resumed requests")


class Standin:
    """A stand-in, as long as the `with` lasts."""

    def __init__(self, address, *command):
        self.address = address
        self.command = [str(word) for word in command]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, env=ENVIRONMENT)
        self.process.stdout.read()  # ends when it listens
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.command[0]} did not start")
        self.counts()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def stay_on(self, cpus):
        os.sched_setaffinity(self.process.pid, cpus)

    def control(self, path):
        """Its state, as lines."""
        with urllib.request.urlopen(f"http://{self.address}:{CONTROL_PORT}/{path}") as response:
            return response.read().decode("ascii").splitlines()

    def delay(self, msec):
        """From now on each response waits so long."""
        self.control(f"latency/{msec}")

    def counts(self):
        """Counts since the last call."""
        lines = self.control("counts")
        connections, resumed, _ = (int(line.split()[1]) for line in lines[:3])
        return Counts(connections, resumed, lines[3:])


class Imds(Standin):
    def __init__(self, programs, enis, addresses):
        super().__init__(IMDS_ADDRESS, f"{programs}/imds_standin", enis, addresses)


class Ec2(Standin):
    def __init__(self, programs, tables, certificate, key):
        super().__init__(EC2_ADDRESS, f"{programs}/ec2_standin", tables, certificate, key)

    def holder(self):
        """The instance that has the moved ENI, as a list; empty: none has."""
        return self.control("holder")

    def routes(self):
        """Where each table routes the overlay address to: "TABLE ENI"."""
        return self.control("routes")


def state():
    """This host's network, without who made it; link-local addresses come when they like."""
    links = []
    for link in json.loads(run("ip", "-json", "address", "show")):
        if not re.fullmatch(r"eth\d+", link["ifname"]):
            continue
        with open(f"/proc/sys/net/ipv4/conf/{link['ifname']}/rp_filter", encoding="ascii") as file:
            rp_filter = file.read().strip()
        addresses = [(a["local"], a["prefixlen"], a.get("noprefixroute", False))
                     for a in link["addr_info"] if a["scope"] == "global"]
        links.append((link["ifname"], "UP" in link["flags"], link["mtu"], rp_filter, addresses))
    rules, routes = [], []
    for family in ("-4", "-6"):
        rules += json.loads(run("ip", "-json", family, "rule", "show"))
        routes += [route for route in json.loads(run("ip", "-json", family, "route", "show",
                                                     "table", "all"))
                   if route.get("table") != "local" and not route["dst"].startswith("fe80:")]
    for item in rules + routes:
        item.pop("protocol", None)
        item["flags"] = []  # linkdown: the carrier comes a moment later
    return sorted(links), rules, sorted(routes, key=json.dumps)
