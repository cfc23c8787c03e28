# SPDX-License-Identifier: Apache-2.0
"""The lines that an attach must add to a node: the whole list, as kernel_view prints it."""

import ipaddress

from .host import PATIENCE, wait_for
from .kernel_view import difference


def classic(eni, name="eth1", subnet="10.0.1.0/24", table=100, priority=100):
    """For an ENI with IPv4 alone, under a policy that says no more than the interface's name."""
    network = ipaddress.ip_network(subnet)
    primary, *others = eni.ipv4s
    return sorted([
        f"+ link {name} up mtu 9001 {eni.mac}",
        f"+ {name} rp_filter 2",
        f"+ address {primary}/{network.prefixlen} dev {name}",
        *(f"+ address {address}/32 dev {name} noprefixroute" for address in others),
        # The kernel adds these to an address.
        *(f"+ route4 local {address} dev {name} table 255 proto 2 scope 254 src {address}"
          for address in eni.ipv4s),
        f"+ route4 broadcast {network.broadcast_address} dev {name} table 255 proto 2 scope 253 "
        f"src {primary}",
        f"+ route4 {subnet} dev {name} proto 2 scope 253 src {primary}",
        # These make replies leave through the interface.
        f"+ route4 {subnet} dev {name} table {table} proto 77 scope 253",
        f"+ route4 default via {network[1]} dev {name} table {table} proto 77",
        f"+ rule4 {priority}: from {subnet} lookup {table} proto 77",
    ])


def settled(node, before, wanted, timeout=PATIENCE):
    """Waits until a node differs from the view `before` by exactly what is wanted."""
    def what():
        found = difference(before, node.view())
        return "\n".join(["a node that is as it should be",
                          *(f"too much:  {line}" for line in found if line not in wanted),
                          *(f"not there: {line}" for line in wanted if line not in found)])

    wait_for(lambda: difference(before, node.view()) == wanted, what, timeout, interval=0.02)
