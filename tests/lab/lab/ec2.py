# SPDX-License-Identifier: Apache-2.0
"""EC2's and STS's Query API over HTTPS, with their checks, delays and errors, and with faults that
a test turns up.

In a lab it runs in threads of the lab's own process, on sockets of the router's namespace, and
works on the same state (vpc.cloud). As a program it has a state of its own (see cloud.py):

    python3 -m lab.ec2 --listen 127.0.0.1:8443 --state cloud.json --ca DIR [--latency 0.05]

DIR gets ca.pem, hashed/ and, where the state has no user, a user's keys in the file credentials.
--control PATH opens a Unix socket: one JSON object a line in, one out, {"do": "requests"}.
"""

import argparse
import functools
import json
import os
import pathlib
import socket
import ssl
import sys
import threading
import time
import traceback
import urllib.parse
import uuid

from . import ec2_enis, ec2_instances, ec2_routes, ec2_sts  # noqa: F401: they register actions
from . import ec2_model, ec2_signature
from .cloud import Cloud
from .ec2_engine import Engine
from .ec2_faults import BESIDE, Faults, style_of
from .ec2_http import Connection, Response
from .ec2_model import ApiError
from .host import PATIENCE
from .imds import serve_control
from .tls import Authority

CONTENT_TYPE = "application/x-www-form-urlencoded"
ADDRESSES = ("10.0.255.254", "2001:db8:1234:ff::254")  # of the lab's endpoint in the VPC
NAMES = ("localhost", "127.0.0.1", "::1", *ADDRESSES)

# The kinds of certificates: good, expired, from an unknown authority, for another name.
CERTIFICATES = ("good", "expired", "stranger", "other")


@functools.lru_cache
def services():
    """The two services by their version; to read their models takes a third of a second."""
    return {version: ec2_model.Service(name, version)
            for name, version in (ec2_model.EC2, ec2_model.STS)}


class Server:
    """The service at work. engine is what it does, faults what goes wrong on the way."""

    def __init__(self, cloud, directory, network=None, latency=0.0):
        self.engine = Engine(cloud, network)
        self.faults = Faults()
        self.latency = latency
        self.authority = Authority(pathlib.Path(directory))
        self._services = services()
        self._contexts = {}
        self._context = None
        self.present("good")
        self._requests, self._connections = [], 0
        self._lock = threading.Lock()
        self._sockets = []  # how each listening socket is made
        self._listeners, self._open = [], set()

    # TLS.

    def present(self, kind):
        """Show new connections another certificate, one of CERTIFICATES."""
        if kind not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.set_alpn_protocols(["http/1.1"])
            context.load_cert_chain(*self._certificate(kind))
            self._contexts[kind] = context
        self._context = self._contexts[kind]

    def _certificate(self, kind):
        region = self.engine.cloud.region
        names = [*NAMES, f"ec2.{region}.amazonaws.com", f"sts.{region}.amazonaws.com",
                 f"ec2.{region}.api.aws", f"sts.{region}.api.aws",
                 f"ec2-fips.{region}.amazonaws.com"]
        if kind == "stranger":
            stranger = Authority(self.authority.directory / "stranger", "another authority")
            return stranger.certificate("ec2", names)
        return self.authority.certificate(kind, ["elsewhere.example"] if kind == "other"
                                          else names, -1 if kind == "expired" else 2)

    # Listening.

    def listen(self, host, port, make_socket=socket.socket):
        """Serve an address; returns the port, which the kernel chooses where it was 0."""
        listener = self._listen(host, port, make_socket)
        port = listener.getsockname()[1]
        self._sockets.append((host, port, make_socket))
        return port

    def _listen(self, host, port, make_socket):
        listener = make_socket(socket.AF_INET6 if ":" in host else socket.AF_INET,
                               socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(256)
        self._listeners.append(listener)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener):
        while True:
            try:
                peer, address = listener.accept()
            except OSError:
                return  # switched off
            threading.Thread(target=self._serve, args=(peer, address[0]), daemon=True).start()

    def _serve(self, peer, source):
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._connections += 1
            connection = Connection(self, peer, source, self._connections)
            self._open.add(connection)
        try:
            connection.peer = self._context.wrap_socket(peer, server_side=True)
            connection.serve()
        except (OSError, ValueError):
            pass  # the other side has gone or does not trust us, or the service was switched off
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close_now()

    def off(self):
        """As if nothing listened: connections are refused, those that are open are cut."""
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self._listeners = []
        self.cut()

    def on(self):
        if not self._listeners:
            for one in self._sockets:
                self._listen(*one)

    def cut(self):
        """Cut the connections that are open."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            connection.close_now()

    def close(self):
        self.off()
        self.engine.close()

    # Requests so far.

    def requests(self):
        """The requests since the last call: a dictionary for each, in the order in which they
        got responses."""
        with self._lock:
            seen, self._requests = self._requests, []
        return seen

    @property
    def connections(self):
        """How many there were in all."""
        return self._connections

    def _note(self, request, action, pairs, response, error, fault, principal):
        with self._lock:
            self._requests.append({
                "action": action, "parameters": dict(pairs), "status": response.status,
                "code": error.code if error else None, "fault": fault and fault["kind"],
                "principal": principal, "source": request.source, "host": request.headers["host"],
                "headers": sorted(request.headers), "connection": request.connection,
                "agent": request.headers.get("user-agent"), "id": response.request_id,
                "arrived": request.arrived, "responded": time.monotonic()})

    # Responses.

    def respond(self, request):
        """The response, and the fault in place of it or None."""
        pairs = urllib.parse.parse_qsl(request.body.decode("latin-1"), keep_blank_values=True,
                                       encoding="utf-8", errors="surrogateescape")
        action = next((value for name, value in pairs if name == "Action"), "")
        met = self.faults.meet(action, pairs)
        delay = self.latency + (met["latency"]["value"] if "latency" in met else 0)
        if delay:
            time.sleep(delay)
        if "held" in met:
            met["held"]["value"].wait(PATIENCE)
        ends = next((fault for kind, fault in met.items() if kind not in BESIDE), None)
        request_id, style = str(uuid.uuid4()), style_of(met)
        service = self._services.get(dict(pairs).get("Version"),
                                     self._services[ec2_model.EC2[1]])
        done = not ends or ends["kind"] in ("lost", "truncated", "slow")
        error, principal, body = None, None, ""
        try:
            if ends and ends["kind"] == "error":
                raise ApiError(ends["code"], ends["message"], ends["status"])
            if done:
                principal, values = self._do(request, service, action, pairs)
                body = service.reply(action, values, request_id, style)
            response = Response(200, body, request_id, chunked=style["chunked"])
        except Exception as refused:
            error = refused if isinstance(refused, ApiError) else self._mistake(refused)
            response = Response(error.status, service.error(error, request_id, style), request_id,
                            chunked=style["chunked"])
        if "late" in met:
            value = met["late"]["value"]
            value(request) if callable(value) else time.sleep(value)
        self._note(request, action, pairs, response, error, ends, principal)
        return response, ends if ends and ends["kind"] != "error" else None

    @staticmethod
    def _mistake(error):
        """Any other exception is a mistake in the lab, and must not pass for a refusal."""
        traceback.print_exception(error)
        return ApiError("InternalError", f"the lab has a mistake: {error!r}", 501)

    def _do(self, request, service, action, pairs):
        if request.method != "POST" or request.path != "/":
            raise ApiError("InvalidAction", f"The lab wants POST /, not {request.method} "
                           f"{request.path}.")
        if request.headers.get("content-type", "").partition(";")[0] != CONTENT_TYPE:
            raise ApiError("MissingAction", "Could not find the Action parameter: the body is not "
                           f"of the type {CONTENT_TYPE}.")
        given = dict(pairs)
        if not action:
            raise ApiError("MissingAction", "The request must contain the parameter Action.")
        if "Version" not in given:
            raise ApiError("MissingParameter", "The request must contain the parameter Version")
        if given["Version"] != service.version:
            raise ApiError("NoSuchVersion", f"The requested version ({given['Version']}) of "
                           f"service AmazonEC2 does not exist")
        credentials = ec2_signature.check(request, self.engine.cloud, service.name)
        self.faults.spend(action)
        arguments = service.parse(action, [(name, value) for name, value in pairs
                                           if name not in ("Action", "Version")])
        return credentials.arn, self.engine.perform(credentials, service.name, action, arguments)

    # The commands of the control socket; a test in the same process has it directly.

    do_present, do_off, do_on, do_cut, do_requests = present, off, on, cut, requests

    def do_faults(self, faults):
        self.faults.set(faults)

    def do_throttle(self, throttles):
        self.faults.throttle(throttles)

    def do_policies(self, policies):
        self.engine.iam.policies = policies

    def do_latency(self, seconds):
        self.latency = seconds

    def do_state(self):
        with self.engine.lock:
            return json.loads(self.engine.cloud.to_json())


def credentials_file(credentials):
    """Keys as the shared credentials file of the AWS tools has them."""
    token = f"aws_session_token = {credentials.token}\n" if credentials.token else ""
    return f"[default]\naws_access_key_id = {credentials.access_key}\n" \
           f"aws_secret_access_key = {credentials.secret_key}\n{token}"


def environment(credentials):
    """Keys as environment variables."""
    made = {"AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key}
    if credentials.token:
        made["AWS_SESSION_TOKEN"] = credentials.token
    return made


def main(argv=None):
    parser = argparse.ArgumentParser(prog="lab.ec2", description=__doc__.partition("\n\n")[0])
    parser.add_argument("--listen", action="append", required=True, metavar="ADDRESS:PORT",
                        help="may be given more than once; an IPv6 address in brackets")
    parser.add_argument("--state", type=pathlib.Path, required=True, metavar="FILE")
    parser.add_argument("--ca", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--control", metavar="PATH")
    options = parser.parse_args(argv)
    # A response must not wait for another thread's turn of 5 ms.
    sys.setswitchinterval(0.0002)
    cloud = Cloud.from_json(options.state.read_text())
    server = Server(cloud, options.ca, latency=options.latency)
    server.authority.hashed()
    users = [one for one in cloud.credentials.values() if one.expires is None]
    path = options.ca / "credentials"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(credentials_file(users[0] if users else cloud.create_user("lab")))
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
