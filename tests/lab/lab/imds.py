# SPDX-License-Identifier: Apache-2.0
"""The instance metadata service, version 2 alone unless told otherwise; with faults that tests turn
up.

As a program, from a description of the cloud (see cloud.py) and for any address:

    python3 -m lab.imds --listen 127.0.0.1:8080 --state cloud.json [--as i-1] [--latency 0.005]

It tells instances apart by the address that a request comes from; --as treats every client as one
instance. --control PATH opens a Unix socket over which Imds (below) drives it: one JSON object a
line in, one out.
"""

import argparse
import collections
import fnmatch
import json
import pathlib
import re
import secrets
import socket
import sys
import threading
import time

from .cloud import Cloud
from .imds_keys import keys_of, lookup

# The beginning of a path; a date is a version, which other programs than myha request.
VERSION = re.compile("/(latest|20[0-9]{2}-[0-9]{2}-[0-9]{2})/")

REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
           404: "Not Found", 405: "Method Not Allowed", 429: "Too Many Requests",
           500: "Internal Server Error", 503: "Service Unavailable"}
TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER = "x-aws-ec2-metadata-token"
TTL_MAX = 21600
REQUEST_MAX = 16384
PAGE = "<!DOCTYPE html>\n<html><body><h1>Sign in to the network</h1></body></html>\n"

Request = collections.namedtuple("Request", "method path headers source")

# kind is a status (500), or one of: latency, hang, slow, truncated, huge, html, redirect, token, planted.
# path: a glob that the request's path must match. times: for the next so many requests only.
# value: seconds (latency; slow: a byte), the redirect's target, the token that is given out;
# planted: what comes behind the value, a byte for each character.
FAULT = {"kind": None, "path": "*", "times": None, "value": None}


class Server:
    """The running service: serves connections on listening sockets, a thread each."""

    def __init__(self, cloud, always=None, latency=0.0):
        self.cloud = cloud
        self.always = always
        self.latency = latency
        self.tokens = {}  # token: (instance id, when it ends)
        self.faults = []
        self.requests = []
        self.connections = 0
        self._lock = threading.Lock()
        self._addresses = []
        self._listeners = []
        self._open = set()

    # The commands of a test, each a message on the control socket.

    def do_state(self, state):
        self.cloud = Cloud.from_json(state)

    def do_faults(self, faults):
        """Replaces all faults."""
        with self._lock:
            self.faults = [{**FAULT, **fault} for fault in faults]

    def do_forget_tokens(self):
        self.tokens.clear()

    def do_requests(self):
        """Since the last call: the requests in order, and the number of connections."""
        with self._lock:
            seen = {"requests": self.requests, "connections": self.connections}
            self.requests, self.connections = [], 0
        return seen

    def do_off(self):
        """As if nothing listened: connections are refused, those that are open are cut."""
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self._listeners = []
        for connection in list(self._open):
            connection.close_now()

    def do_on(self):
        if not self._listeners:
            self._listeners = [self._listen(*address) for address in self._addresses]

    # The service.

    def listen(self, host, port):
        """Serve an address; returns the port, which the kernel chooses where it was 0."""
        listener = self._listen(host, port)
        self._listeners.append(listener)
        self._addresses.append((host, listener.getsockname()[1]))
        return self._addresses[-1][1]

    def _listen(self, host, port):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(256)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener):
        while True:
            try:
                peer, address = listener.accept()
            except OSError:
                return  # switched off
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
            connection = Connection(self, peer, address[0])
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            connection.serve()
        except OSError:
            pass  # the other side has gone, or the service was switched off
        finally:
            self._open.discard(connection)
            connection.close_now()

    def note(self, request):
        with self._lock:
            self.requests.append({"method": request.method, "path": request.path,
                                  "source": request.source, "headers": sorted(request.headers),
                                  "time": time.monotonic()})

    def fault_for(self, request):
        """The first fault that this request meets, or None; uses up one of its times."""
        with self._lock:
            for fault in self.faults:
                if fault["times"] != 0 and fnmatch.fnmatchcase(request.path, fault["path"]):
                    if fault["times"]:
                        fault["times"] -= 1
                    return dict(fault)
        return None

    def respond(self, request):
        """Status and body, as EC2 would."""
        cloud = self.cloud
        instance = cloud.instances[self.always] if self.always \
            else cloud.instance_at(request.source)
        if not instance or not instance.imds:
            return 403, ""
        if request.path == "/latest/api/token":
            return self._token(request, instance)
        if request.method != "GET":
            return 405, ""
        token = request.headers.get(TOKEN_HEADER)
        owner, ends = self.tokens.get(token, (None, 0))
        if (owner != instance.id or time.monotonic() >= ends) and (token or instance.imds_tokens):
            return 401, ""
        version = VERSION.match(request.path)
        if not version:
            return 404, ""
        value = lookup(keys_of(cloud, instance), request.path[version.end():])
        return (404, "") if value is None else (200, value)

    def _token(self, request, instance):
        if request.method != "PUT":
            return 405, ""
        if "x-forwarded-for" in request.headers:
            return 403, ""
        ttl = request.headers.get(TTL_HEADER, "")
        if not (ttl.isascii() and ttl.isdigit() and 1 <= int(ttl) <= TTL_MAX):
            return 400, ""
        token = secrets.token_urlsafe(40) + "=="
        self.tokens[token] = (instance.id, time.monotonic() + int(ttl))
        return 200, token


class Connection:
    """One connection: requests in, responses out, until either side has enough."""

    def __init__(self, server, peer, source):
        self.server = server
        self.peer = peer
        # An IPv4 address that came in through an IPv6 socket is still that address.
        self.source = source.removeprefix("::ffff:").partition("%")[0]
        self.buffer = b""

    def close_now(self):
        try:
            self.peer.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.peer.close()

    def serve(self):
        while True:
            request = self._read()
            if not request:
                return
            self.server.note(request)
            if self.server.latency:
                time.sleep(self.server.latency)
            fault = self.server.fault_for(request)
            if fault and fault["kind"] == "latency":
                time.sleep(fault["value"])
                fault = None
            if not (self._misbehave(fault, request) if fault
                    else self._send(request, *self.server.respond(request))):
                return

    def _read(self):
        """The next request, or None at the end."""
        while b"\r\n\r\n" not in self.buffer:
            more = self.peer.recv(65536)
            if not more or len(self.buffer) > REQUEST_MAX:
                return None
            self.buffer += more
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = (first + "  ").split(" ", 2)
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        body = int(headers.get("content-length") or 0)
        while len(self.buffer) < body:
            self.buffer += self.peer.recv(65536) or b"\0" * body
        self.buffer = self.buffer[body:]
        return Request(method, path, headers, self.source)

    @staticmethod
    def _encode(status, body, headers=(), length=None):
        body = body.encode("latin-1")
        lines = [f"HTTP/1.1 {status} {REASONS[status]}", "Server: EC2ws",
                 "Content-Type: text/plain",
                 f"Content-Length: {len(body) if length is None else length}", *headers]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _send(self, request, status, body, **more):
        """Returns whether the connection goes on."""
        self.peer.sendall(self._encode(status, body, **more))
        return request.headers.get("connection", "").lower() != "close"

    def _misbehave(self, fault, request):
        kind, value = fault["kind"], fault["value"]
        status, body = self.server.respond(request)
        if isinstance(kind, int):
            return self._send(request, kind, "")
        if kind == "hang":
            while self.peer.recv(65536):
                pass
            return False
        if kind == "slow":
            for byte in self._encode(status, body):
                self.peer.sendall(bytes([byte]))
                time.sleep(value or 0.2)
            return True
        if kind == "truncated":
            self.peer.sendall(self._encode(status, body, length=len(body) + 100))
            return False
        if kind == "huge":
            return self._send(request, 200, "10.0.1.99\n" * (1 << 20))
        if kind == "planted":
            return self._send(request, status, body + value)
        if kind == "html":
            return self._send(request, 200, PAGE)
        if kind == "redirect":
            return self._send(request, 302, "", headers=[f"Location: {value}"])
        if kind == "token" and request.path == "/latest/api/token":
            return self._send(request, 200, value)
        if kind == "token":
            return self._send(request, status, body)
        raise ValueError(f"no such fault: {kind}")


class Imds:
    """The hand on a running service's control socket."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(path))
        self._stream = self._socket.makefile("rw")
        self._lock = threading.Lock()  # the lab's EC2 tells it of changes from threads of its own

    def _ask(self, what, **arguments):
        with self._lock:
            self._stream.write(json.dumps({"do": what, **arguments}) + "\n")
            self._stream.flush()
            return json.loads(self._stream.readline())

    def state(self, cloud):
        self._ask("state", state=cloud.to_json())

    def faults(self, *faults):
        """Replace all faults; each a dictionary as FAULT says. None at all: behave."""
        self._ask("faults", faults=list(faults))

    def requests(self):
        return self._ask("requests")

    def forget_tokens(self):
        self._ask("forget_tokens")

    def off(self):
        self._ask("off")

    def on(self):
        self._ask("on")

    def close(self):
        self._stream.close()
        self._socket.close()


def serve_control(server, path):
    """Open the socket over which a test drives a server: do_…() by name."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(8)

    def serve(peer):
        with peer, peer.makefile("rw") as stream:
            for line in stream:
                message = json.loads(line)
                result = getattr(server, "do_" + message.pop("do"))(**message)
                stream.write(json.dumps(result) + "\n")
                stream.flush()

    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def main(argv=None):
    parser = argparse.ArgumentParser(prog="lab.imds", description=__doc__.partition("\n")[0])
    parser.add_argument("--listen", action="append", required=True, metavar="ADDRESS:PORT",
                        help="may be given more than once; an IPv6 address in brackets")
    parser.add_argument("--state", type=pathlib.Path, required=True, metavar="FILE")
    parser.add_argument("--as", dest="always", metavar="INSTANCE",
                        help="treat every client as this instance")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--control", metavar="PATH")
    options = parser.parse_args(argv)
    # A response must not wait for another thread's turn of 5 ms.
    sys.setswitchinterval(0.0002)
    server = Server(Cloud.from_json(options.state.read_text()), options.always, options.latency)
    for address in options.listen:
        host, _, port = address.rpartition(":")
        host = host.strip("[]")
        print(f"listening on {host} port {server.listen(host, int(port))}", flush=True)
    if options.control:
        serve_control(server, options.control)
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
