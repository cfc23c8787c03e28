# SPDX-License-Identifier: Apache-2.0
"""A client in another subnet of the VPC, and the service on a node that it talks to.

The service says the name of the host that it runs on, so an answer shows who gave it. Capture shows
by which cable.

    python3 -m lab.client serve ADDRESS PORT

is the service as a program; it binds to its address before the host has it, as services with a
floating address do.
"""

import socket
import subprocess
import sys
import threading

from .host import LabError, Namespaces, socket_in, stop
from .vpc import PACKAGE, static_lines

IP_FREEBIND, IPV6_FREEBIND = 15, 78
PORT = 3200


class Client:
    """A host of the VPC that is nobody's node, with the interface of an ENI."""

    def __init__(self, vpc, eni):
        self.addresses = [*eni.ipv4s, *eni.ipv6s]
        self._namespaces = Namespaces(vpc.host, "client", setup="ip link set lo up")
        vpc.plug(self._namespaces.pid, (eni, "eth0"))
        self._namespaces.batch(static_lines(vpc.cloud, eni, "eth0"))

    def ask(self, address, port=PORT, timeout=1.0):
        """The service's answer; None where there is none in time."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket_in(self._namespaces.pid, family, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            try:
                connection.connect((address, port))
                connection.sendall(b"who are you?\n")
                return connection.makefile().readline().strip()
            except OSError:
                return None


class Service:
    """The service on a node, bound to an address."""

    def __init__(self, node, address, port=PORT):
        # The node has no Python: the program is the host's, in the node's network and host name.
        self._process = node.host.start(
            "nsenter", "-t", node.pid, "--net", "--uts", "--",
            "/usr/bin/python3", "-m", "lab.client", "serve", address, port,
            cwd=PACKAGE.parent, stdout=subprocess.PIPE, text=True)
        if self._process.stdout.readline() != "ready\n":
            raise LabError(f"the service at {address} did not start")

    def close(self):
        stop(self._process)


class Capture:
    """What passes a network interface's cable, as tcpdump prints it, seen from the router. A
    context manager; lines is complete after it."""

    def __init__(self, vpc, eni, expression):
        self._process = vpc.router.start(
            "tcpdump", "-i", vpc.link_of(eni), "-nn", "-l", "-t", "-Q", "in", "--immediate-mode",
            expression, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []

    def __enter__(self):
        # "listening on …" is said once the capture is on.
        while "listening on" not in (line := self._process.stderr.readline()):
            if not line:
                raise LabError("tcpdump did not start")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self.lines = self._process.stdout.read().splitlines()
        stop(self._process)


def serve(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    else:
        listener.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
    listener.bind((address, port))
    listener.listen(16)
    print("ready", flush=True)
    while True:
        threading.Thread(target=_answer, args=(listener.accept()[0],), daemon=True).start()


def _answer(connection):
    with connection:
        try:
            if connection.recv(1024):
                connection.sendall(socket.gethostname().encode() + b"\n")
        except OSError:
            pass  # the client did not wait


if __name__ == "__main__":
    serve(sys.argv[2], int(sys.argv[3]))
