# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 over TLS as EC2's front end speaks it: requests in, responses out on a kept connection."""

import socket
import struct
import time
from dataclasses import dataclass, field
from email.utils import formatdate

from .ec2_faults import PAGE

REASONS = {200: "OK", 302: "Found", 307: "Temporary Redirect", 400: "Bad Request",
           401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
           411: "Length Required", 412: "Precondition Failed", 413: "Payload Too Large",
           429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented",
           502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}
HEAD_MAX = 65536
BODY_MAX = 1 << 20
HUGE = 64 << 20


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes = b""
    source: str = ""
    connection: int = 0
    arrived: float = field(default_factory=time.monotonic)


@dataclass
class Response:
    status: int
    body: str
    request_id: str
    headers: tuple = ()
    chunked: bool = False


class BadRequest(Exception):
    """A request that reaches no service: the status with which the front end responds."""

    def __init__(self, status):
        super().__init__(REASONS[status])
        self.status = status


class Connection:
    """One connection; serve() returns at its end. A thread each."""

    def __init__(self, server, peer, source, number):
        self.server = server
        self.peer = peer
        # An IPv4 address that came in through an IPv6 socket is still that address.
        self.source = source.removeprefix("::ffff:").partition("%")[0]
        self.number = number
        self.buffer = b""

    def close_now(self, reset=False):
        try:
            if reset:
                self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                self.peer.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.peer.close()

    def serve(self):
        while True:
            try:
                request = self._read()
            except BadRequest as error:
                self._send(Response(error.status, PAGE.format(status=error.status), ""), False)
                return
            if not request or not self._respond(request):
                return

    def _read(self):
        """The next request, or None at the end."""
        while b"\r\n\r\n" not in self.buffer:
            if len(self.buffer) > HEAD_MAX:
                raise BadRequest(413)
            more = self.peer.recv(65536)
            if not more:
                return None
            self.buffer += more
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, _, rest = first.partition(" ")
        path, _, version = rest.partition(" ")
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            name = name.lower()
            if not colon or name != name.strip() or name in headers:
                raise BadRequest(400)
            headers[name] = value.strip()
        if version != "HTTP/1.1" or "host" not in headers:
            raise BadRequest(400)
        request = Request(method, path, headers, source=self.source, connection=self.number)
        request.body = self._read_body(headers)
        return request

    def _read_body(self, headers):
        if "transfer-encoding" in headers:
            raise BadRequest(501)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise BadRequest(400)
        if int(length) > BODY_MAX:
            raise BadRequest(413)
        if headers.get("expect", "").lower() == "100-continue":
            self.peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(self.buffer) < int(length):
            more = self.peer.recv(65536)
            if not more:
                raise OSError("the request ended early")
            self.buffer += more
        body, self.buffer = self.buffer[:int(length)], self.buffer[int(length):]
        return body

    # Out.

    def _encode(self, response, going_on=True, endless=False):
        body = response.body.encode()
        lines = [f"HTTP/1.1 {response.status} {REASONS[response.status]}",
                 f"x-amzn-RequestId: {response.request_id}",
                 "Content-Type: " + ("text/html" if response.body.startswith("<!DOCTYPE")
                                     else "text/xml;charset=UTF-8"),
                 f"Date: {formatdate(self.server.engine.cloud.now(), usegmt=True)}",
                 "Server: AmazonEC2", *response.headers]
        if response.chunked:
            lines.append("Transfer-Encoding: chunked")
            parts = [body[at:at + 512] for at in range(0, len(body), 512)]
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""])
        elif not endless:
            lines.append(f"Content-Length: {len(body)}")
        if not going_on:
            lines.append("Connection: close")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body

    def _send(self, response, going_on):
        self.peer.sendall(self._encode(response, going_on))
        return going_on

    def _respond(self, request):
        """Returns whether the connection goes on."""
        going_on = request.headers.get("connection", "").lower() != "close"
        response, fault = self.server.respond(request)
        if not fault:
            return self._send(response, going_on)
        kind, value, status = fault["kind"], fault["value"], fault["status"]
        if kind in ("lost", "cut"):
            self.close_now(reset=value == "reset")
            return False
        if kind == "hang":
            while self.peer.recv(65536):
                pass
            return False
        if kind == "truncated":
            data = self._encode(response)
            self.peer.sendall(data[:len(data) - len(response.body.encode()) // 2])
            return False
        if kind == "slow":
            for byte in self._encode(response, going_on):
                self.peer.sendall(bytes([byte]))
                time.sleep(value or 0.05)
            return going_on
        if kind == "huge":
            self.peer.sendall(self._encode(Response(200, "<a>", ""), False, endless=True))
            for _ in range(HUGE >> 20):
                self.peer.sendall(b"<b>0123456789</b>".ljust(1 << 20))
            return False
        if kind == "redirect":
            return self._send(Response(307, "", "", (f"Location: {value}",)), going_on)
        page = "" if kind == "empty" else value or PAGE.format(status=status)
        return self._send(Response(status, page, ""), going_on)
