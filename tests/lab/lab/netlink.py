# SPDX-License-Identifier: Apache-2.0
"""Reports changes of a namespace's network at the moment when they happen.

Polling would show the time of the poll. This reads the kernel's own notifications (rtnetlink(7)) and
notes when each arrived.
"""

import collections
import socket
import struct
import sys
import threading
import time

from .host import PATIENCE, LabError, socket_in

# linux/rtnetlink.h
TYPES = {16: "newlink", 17: "dellink", 20: "newaddr", 21: "deladdr", 24: "newroute", 25: "delroute",
         32: "newrule", 33: "delrule"}
GROUPS = (1, 5, 7, 8, 9, 11, 19)  # link; IPv4 address, route, rule; IPv6 address, route, rule
NAMED = {"link": {3: "name"}, "rule": {6: "priority", 15: "table", 21: "protocol"},
         "route": {15: "table"}}
HEADER_SIZE = {"link": 16, "addr": 8, "route": 12, "rule": 12}
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, SO_RCVBUFFORCE = 270, 1, 33

Event = collections.namedtuple("Event", "time type family fields")


class Monitor:
    """All notifications of the network namespace of process pid, from now on. A context manager."""

    def __init__(self, pid):
        self.events = []
        self._news = threading.Condition()
        self._socket = socket_in(pid, socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        self._socket.bind((0, 0))
        for group in GROUPS:
            self._socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
        self._socket.settimeout(0.2)
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ended = True
        self._reader.join()
        self._socket.close()

    def _read(self):
        while not self._ended:
            try:
                data = self._socket.recv(1 << 17)
            except TimeoutError:
                continue
            except OSError as error:  # notifications were lost: a test must not go on as if not
                data, now = b"", time.monotonic()
                event = Event(now, f"lost: {error}", 0, {})
                with self._news:
                    self.events.append(event)
                    self._news.notify_all()
            now = time.monotonic()
            with self._news:
                self.events.extend(_decode(now, data))
                self._news.notify_all()

    def wait(self, wanted, what, timeout=PATIENCE):
        """The first event for which wanted(event) is true, past ones included."""
        deadline = time.monotonic() + timeout
        looked_at = 0
        with self._news:
            while True:
                for event in self.events[looked_at:]:
                    if wanted(event):
                        return event
                looked_at = len(self.events)
                if not self._news.wait(deadline - time.monotonic()):
                    raise LabError(f"no netlink notification of {what} in {timeout:g} s")


def is_link(event, kind, name):
    return event.type == kind and event.fields.get("name") == name


def is_rule(event, kind, table, family=socket.AF_INET):
    return event.type == kind and event.family == family and event.fields.get("table") == table


def _decode(now, data):
    while len(data) >= 16:
        length, number = struct.unpack_from("=IH", data)
        name = TYPES.get(number)
        if name:
            kind = name[3:]
            body = data[16:length]
            yield Event(now, name, body[0], _attributes(kind, body))
        data = data[(length + 3) & ~3:]


def _attributes(kind, body):
    fields = {}
    position = HEADER_SIZE[kind]
    while position + 4 <= len(body):
        length, number = struct.unpack_from("=HH", body, position)
        if length < 4:
            break
        value = body[position + 4:position + length]
        key = NAMED.get(kind, {}).get(number)
        if key == "name":
            fields[key] = value.rstrip(b"\0").decode()
        elif key:
            fields[key] = int.from_bytes(value, sys.byteorder)
        position += (length + 3) & ~3
    return fields
