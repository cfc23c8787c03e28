# SPDX-License-Identifier: Apache-2.0
"""A client in another subnet of the VPC, and the service on a node that it talks to.

The service says the name of the host that it runs on, so a reply shows which host sent it. Capture shows
by which cable.

The service binds to its address before the host has it, as services with a floating address do.
"""

import socket
import subprocess
import threading
import time

from . import servers
from .host import PATIENCE, LabError, Namespaces, socket_in, stop
from .vpc import static_lines

IP_FREEBIND, IPV6_FREEBIND = 15, 78
PORT = 3200


class Client:
    """A host of the VPC that is not under test, with the interface of an ENI."""

    def __init__(self, vpc, eni):
        self.addresses = [*eni.ipv4s, *eni.ipv6s]
        self._namespaces = Namespaces(vpc.host, "client", setup="ip link set lo up")
        vpc.plug(self._namespaces.pid, (eni, "eth0"))
        self._namespaces.batch(static_lines(vpc.cloud, eni, "eth0"))

    def run(self, *argv, **options):
        return self._namespaces.run(*argv, **options)

    def ask(self, address, port=PORT, timeout=10.0):
        """The service's reply; None if there is none in time. If the first packet is lost, TCP
        sends the next one after a second."""
        try:
            with self.connect(address, port, timeout) as connection:
                return ask_over(connection)
        except OSError:
            return None

    def connect(self, address, port=PORT, timeout=1.0):
        """A connection to the service; OSError where there is none in time."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        connection = socket_in(self._namespaces.pid, family, socket.SOCK_STREAM)
        connection.settimeout(timeout)
        try:
            connection.connect((address, port))
        except OSError:
            connection.close()
            raise
        return connection


def ask_over(connection):
    """The reply to one more request; OSError if there is none."""
    connection.sendall(b"who are you?\n")
    reply = connection.recv(1024).decode()
    if not reply.endswith("\n"):
        raise ConnectionError("the service has gone")
    return reply.strip()


class Service:
    """The service on a node, bound to an address."""

    def __init__(self, node, address, port=PORT):
        # The node has no Python: the program is the host's, in the node's network and host name.
        self._process = servers.start(
            node.host, "lab.client", (address, port), node.pid, ("net", "uts"))
        if self._process.stdout.readline() != "ready\n":
            raise LabError(f"the service at {address} did not start")

    def close(self):
        stop(self._process)


class Watch:
    """The client asks again and again, from a thread of its own, while a test goes on; owner() returns
    the node that must reply at that moment, None: none. It must not return before the router
    has followed EC2's state. A context manager."""

    def __init__(self, client, address, owner, every=0.01):
        self._client, self._address, self._owner, self._every = client, address, owner, every
        self.replies = []  # (time, node)
        self.wrong = []  # those of a wrong node
        self._owners = []  # (since when, who)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _look(self):
        owner = self._owner()
        if not self._owners or self._owners[-1][1] != owner:
            self._owners.append((time.monotonic(), owner))

    def _run(self):
        while not self._stop.wait(self._every):
            self._look()
            start = time.monotonic()
            who = self._client.ask(self._address, timeout=0.2)
            self._look()
            if not who:
                continue
            self.replies.append((start, who))
            if who not in self._between(start):
                self.wrong.append((start, who))

    def away(self, old, new):
        """The seconds from the last reply of one node to the first reply of another."""
        last = max(at for at, who in self.replies if who == old.name)
        return min(at for at, who in self.replies if who == new.name) - last

    def _between(self, start):
        """The owners since then."""
        ends = [since for since, _ in self._owners[1:]] + [time.monotonic()]
        return {owner for (_, owner), end in zip(self._owners, ends) if end >= start}

    def __enter__(self):
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


class Conversation:
    """A client that asks again and again over one connection, and makes another one as soon as that
    breaks, from a thread of its own. A context manager."""

    def __init__(self, client, address, every=0.01):
        self._client, self._address, self._every = client, address, every
        self.replies = []  # (when, who)
        self.broken = []  # when a connection was
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._stop.is_set():
            try:
                with self._client.connect(self._address, timeout=0.2) as connection:
                    while not self._stop.wait(self._every):
                        who = ask_over(connection)
                        self.replies.append((time.monotonic(), who))
            except OSError:
                self.broken.append(time.monotonic())

    def who(self):
        """The node that replied last."""
        return self.replies[-1][1] if self.replies else None

    def away(self):
        """The seconds between the last reply of one node and the first reply of another."""
        return next(second - first for (first, one), (second, other)
                    in zip(self.replies, self.replies[1:]) if one != other)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


class Capture:
    """The packets on a network interface's cable, as tcpdump prints it, seen from the router. A
    context manager; lines is complete after it, up to the first line that contains `last`."""

    def __init__(self, vpc, eni, expression, last):
        self._last = last
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

    def __exit__(self, failure, *_):
        # tcpdump drops what it has not printed yet when it is terminated.
        limit = threading.Timer(0 if failure else PATIENCE, self._process.terminate)
        limit.start()
        for line in self._process.stdout:
            self.lines.append(line.rstrip())
            if self._last in line:
                break
        limit.cancel()
        stop(self._process)


def main(argv):
    address, port = argv[0], int(argv[1])
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
        threading.Thread(target=_reply, args=(listener.accept()[0],), daemon=True).start()


def _reply(connection):
    with connection:
        try:
            while connection.recv(1024):
                connection.sendall(socket.gethostname().encode() + b"\n")
        except OSError:
            pass  # the client did not wait
