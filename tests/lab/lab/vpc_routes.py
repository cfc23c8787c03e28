# SPDX-License-Identifier: Apache-2.0
"""The VPC's route tables at work in the router.

Each route table of the state is one of the router's; what comes from an ENI's link is looked up in
the table of its subnet, after the router's own routes to the ENIs, so that nothing inside the VPC
ever follows it. A route to an ENI leads to its link, to the ENI's MAC address as in EC2, whatever
addresses the host behind it has. It is a black hole where the ENI is not attached, and where its
source/destination check is on, since what follows a route is not addressed to the ENI. An ENI
whose check is off may send from any address.

sync() makes the router as the state says; it knows what it did before and does the difference.
"""

import ipaddress
import threading

from .rtnetlink import Rtnetlink

PREF_UNCHECKED, PREF_TABLES = 1500, 33000
FIRST_TABLE = 1000
# The next hop on every link, with the ENI's MAC address for a neighbour entry.
NEXT_HOP = {4: "169.254.1.1", 6: "fe80::ff:1"}


class VpcRoutes:
    """pid is of the router; pref_local is where its rules go on for what is let in."""

    def __init__(self, cloud, pid, pref_local):
        self._cloud = cloud
        self._kernel = Rtnetlink(pid)
        self._pref_local = pref_local
        self._numbers = {}  # route table id: number in the router
        self._done = {"neighbour": {}, "rule": {}, "route": {}}
        self._lock = threading.Lock()

    def close(self):
        self._kernel.close()

    def sync(self, links):
        """links: ENI id to the name of its link in the router."""
        with self._lock:
            wanted = self._wanted(dict(links))
            # A route needs its neighbour, and a rule its routes.
            for kind, do in (("neighbour", self._neighbour), ("route", self._route),
                             ("rule", self._rule)):
                done, target = self._done[kind], wanted[kind]
                for key in [key for key in done if key not in target]:
                    do(key, done.pop(key), False)
                for key, value in target.items():
                    if key not in done or done[key] != value:
                        do(key, value, True)
                        done[key] = value

    def _wanted(self, links):
        cloud = self._cloud
        indexes = {name: self._kernel.index(name) for name in links.values()}
        links = {eni: name for eni, name in links.items() if indexes[name] and eni in cloud.enis}
        wanted = {"neighbour": {}, "rule": {}, "route": {}}
        for eni_id, name in links.items():
            eni = cloud.enis[eni_id]
            table = cloud.table_of(eni.subnet)
            for version, hop in NEXT_HOP.items():
                wanted["neighbour"][indexes[name], hop] = eni.mac
                if not eni.source_dest_check:
                    wanted["rule"][version, PREF_UNCHECKED, name] = "goto", self._pref_local
                if table:
                    wanted["rule"][version, PREF_TABLES, name] = "table", self._number(table)
        for table in cloud.route_tables.values():
            if table.vpc:
                continue
            number = self._number(table)
            for cidr in (*cloud.cidrs, *cloud.ipv6_cidrs):
                wanted["route"][number, cidr] = None
            for route in table.routes.values():
                eni = cloud.enis.get(route.target)
                passes = eni and not eni.source_dest_check and cloud.is_reached(eni)
                wanted["route"][number, route.destination] = \
                    indexes.get(links.get(eni.id)) if passes else None
        return wanted

    def _number(self, table):
        return self._numbers.setdefault(table.id, FIRST_TABLE + len(self._numbers))

    def _neighbour(self, key, mac, there):
        if there:  # with its link it goes by itself
            self._kernel.replace_neighbour(key[1], key[0], mac)

    def _route(self, key, link, there):
        number, destination = key
        if there:
            hop = NEXT_HOP[ipaddress.ip_network(destination).version]
            self._kernel.replace_route(destination, number, hop, link)
        else:
            self._kernel.delete_route(destination, number)

    def _rule(self, key, value, there):
        action = {value[0]: value[1]}
        if not there:
            self._kernel.delete_rule(*key, **action)
            return
        before = self._done["rule"].get(key)
        self._kernel.add_rule(*key, **action)
        if before:
            self._kernel.delete_rule(*key, **{before[0]: before[1]})
