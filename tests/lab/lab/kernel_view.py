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


# A process takes longer to begin than to work: as few of them as can be.
SCRIPT = """
for family in 4 6; do
    ip -$family -N -batch - <<END
rule show
route show table all
END
    echo -
done
cd /proc/sys/net/ipv4/conf; grep . */rp_filter; echo -
exec ip -N -json address show
"""
RULE = re.compile(r"\d+:\s")


def view(node):
    """A sorted list of lines, each with its kind first: "rule4 100: from 10.0.1.0/24 lookup 9"."""
    *families, settings, links = re.split(r"^-\n", node.run("sh", "-c", SCRIPT).stdout, flags=re.M)
    lines = [line.replace("/rp_filter:", " rp_filter ") for line in settings.split()]
    for family, printed in zip("46", families):
        for line in printed.splitlines():
            kind = "rule" if RULE.match(line) else "route"
            lines.append(f"{kind}{family} {_stable(line, kind)}")
    for link in json.loads(links):
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
    """The lines that are missing, as "- line", and the new ones, as "+ line"; empty: both views are the same."""
    return [f"- {line}" for line in before if line not in after] + \
           [f"+ {line}" for line in after if line not in before]


def _is_link_local(line):
    # They come about a second after the link, when duplicate detection is through.
    return re.match(r"route6 (local |anycast |multicast )?(fe80::|ff00::)", line)


def _stable(line, kind):
    words = VOLATILE.sub("", line).split()
    if kind == "route":
        words[0] = TYPES.get(words[0], words[0])
    return " ".join(words)
