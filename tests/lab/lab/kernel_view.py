# SPDX-License-Identifier: Apache-2.0
"""All that the kernel of a node says of its network, as lines that can be compared and read.

The lines are those of ip(8) with numbers for names, without what changes by itself.
"""

import json
import re

# ip prints a route's type as a number where it prints all as numbers; linux/rtnetlink.h.
TYPES = {"2": "local", "3": "broadcast", "4": "anycast", "5": "multicast", "6": "blackhole",
         "7": "unreachable", "8": "prohibit", "9": "throw"}
VOLATILE = re.compile(r" (expires|users|age|error|used) -?\d+(sec)?\b| cache\b")


PARTS = ("rule4", "route4", "rule6", "route6", "rp_filter", "address")
SCRIPT = """
ip -4 -N rule show; echo -
ip -4 -N route show table all; echo -
ip -6 -N rule show; echo -
ip -6 -N route show table all; echo -
cd /proc/sys/net/ipv4/conf; grep . */rp_filter; echo -
ip -N -json address show
"""


def view(node):
    """A sorted list of lines, each with its kind first: "rule4 100: from 10.0.1.0/24 lookup 9"."""
    parts = dict(zip(PARTS, node.run("sh", "-c", SCRIPT).stdout.split("\n-\n")))
    lines = [f"{kind} {_stable(line, kind)}"
             for kind in PARTS[:4] for line in parts[kind].splitlines()]
    lines += [line.replace("/rp_filter:", " rp_filter ") for line in parts["rp_filter"].split()]
    for link in json.loads(parts["address"]):
        name = link["ifname"]
        state = "up" if "UP" in link["flags"] else "down"
        lines.append(f"link {name} {state} mtu {link['mtu']} {link['address']}")
        for address in link["addr_info"]:
            prefix = f"{address['local']}/{address['prefixlen']}"
            option = " noprefixroute" if address.get("noprefixroute") else ""
            # A link-local address is the kernel's own, made from the MAC when the link goes up.
            if not prefix.startswith("fe80:"):
                lines.append(f"address {prefix} dev {name}{option}")
    return sorted(line for line in lines if not _is_link_local(line))


def difference(before, after):
    """What has gone, as "- line", and what has come, as "+ line"; empty: the two are the same."""
    return [f"- {line}" for line in before if line not in after] + \
           [f"+ {line}" for line in after if line not in before]


def _is_link_local(line):
    # They come about a second after the link, when duplicate detection is through.
    return re.match(r"route6 (local |anycast |multicast )?(fe80::|ff00::)", line)


def _stable(line, kind):
    words = VOLATILE.sub("", line).split()
    if kind.startswith("route"):
        words[0] = TYPES.get(words[0], words[0])
    return " ".join(words)
