# SPDX-License-Identifier: Apache-2.0
"""The VPC's DHCP server: it leases to each interface the first IPv4 address of its ENI, as EC2 does, but
for as few seconds as a test wants.
"""

import contextlib
import ipaddress
import socket
import struct
import threading

from .host import socket_in

SERVER_PORT, CLIENT_PORT = 67, 68
IP_PKTINFO, PKTINFO = 8, struct.Struct("=i4s4s")  # ip(7): interface, local address, destination
# RFC 2131: op htype hlen hops xid secs flags ciaddr yiaddr siaddr giaddr chaddr sname file, cookie
MESSAGE = struct.Struct(">BBBBIHH4s4s4s4s16s64s128s4s")
COOKIE = bytes((99, 130, 83, 99))
REPLY, NOWHERE, EVERYBODY = 2, bytes(4), "255.255.255.255"
DISCOVER, OFFER, REQUEST, ACK, RELEASE = 1, 2, 3, 5, 7
REPLIES = {DISCOVER: OFFER, REQUEST: ACK}
# RFC 2132: options of a message.
PAD, MASK, ROUTER, LEASE, KIND, SERVER, END = 0, 1, 3, 51, 53, 54, 255


class Dhcp:
    """The server of a VPC, until the VPC goes; heard has each (MAC address, kind of message)."""

    def __init__(self, vpc, lease):
        self.lease = lease  # seconds, of each lease from now on
        self.heard = []
        self._cloud = vpc.cloud
        self._socket = socket_in(vpc.router.pid, socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._socket.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        self._socket.bind(("", SERVER_PORT))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        vpc.host.defer(self.close)

    def close(self):
        """As if it had gone away: leases end in silence."""
        # The socket is not connected, so this fails, but the thread wakes up.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while True:
            data, more, _, _ = self._socket.recvmsg(4096, socket.CMSG_SPACE(PKTINFO.size))
            if not data:
                return
            link = next(PKTINFO.unpack(value)[0] for _, kind, value in more if kind == IP_PKTINFO)
            # A cable may be pulled during its request.
            with contextlib.suppress(OSError):
                self._reply(data, link)

    def _reply(self, data, link):
        fields = MESSAGE.unpack_from(data)
        mac = fields[11][:6].hex(":")
        kind = _options(data[MESSAGE.size:]).get(KIND, b"\0")[0]
        self.heard.append((mac, kind))
        eni = next((one for one in self._cloud.enis.values() if one.mac == mac), None)
        if kind not in REPLIES or not eni or not eni.ipv4s:
            return
        subnet = self._cloud.subnets[eni.subnet]
        router = ipaddress.ip_address(subnet.router).packed
        options = {
            KIND: bytes((REPLIES[kind],)), SERVER: router, ROUTER: router,
            LEASE: struct.pack(">I", self.lease),
            MASK: ipaddress.ip_network(subnet.cidr).netmask.packed}
        ciaddr = fields[7]
        reply = MESSAGE.pack(
            REPLY, *fields[1:3], 0, fields[4], 0, fields[6], ciaddr,
            ipaddress.ip_address(eni.ipv4s[0]).packed, router, NOWHERE, *fields[11:])
        for option, value in options.items():
            reply += bytes((option, len(value))) + value
        # Who renews a lease listens at its address; others have none yet.
        target = EVERYBODY if ciaddr == NOWHERE else str(ipaddress.ip_address(ciaddr))
        self._socket.sendmsg(
            [reply + bytes((END,))],
            [(socket.IPPROTO_IP, IP_PKTINFO, PKTINFO.pack(link, router, NOWHERE))], 0,
            (target, CLIENT_PORT))


def _options(data):
    """A message's options by their number."""
    found, at = {}, 0
    while at < len(data) and data[at] != END:
        if data[at] == PAD:
            at += 1
            continue
        length = data[at + 1]
        found[data[at]] = data[at + 2:at + 2 + length]
        at += 2 + length
    return found
