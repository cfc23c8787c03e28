# SPDX-License-Identifier: Apache-2.0
"""The state of the VPC: what EC2 would say of subnets, network interfaces and instances.

Plain data without I/O. The lab's VPC makes the network that it describes, IMDS serves it,
and an EC2 API can change it. It travels as JSON between the lab and its servers, and it is the file
that a stand-alone IMDS reads:

    {"subnets": {"subnet-1": {"cidr": "10.0.1.0/24", "ipv6_cidrs": []}},
     "instances": {"i-1": {"az": "eu-central-1a"}},
     "enis": {"eni-1": {"mac": "02:00:00:00:01:0a", "subnet": "subnet-1",
                        "ipv4s": ["10.0.1.10"], "instance": "i-1", "device_index": 1}}}
"""

import dataclasses
import datetime
import ipaddress
import itertools
import json
import secrets
import time
from dataclasses import dataclass, field

HOUR = 3600
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

# The limits of the instance types: ENIs, IPv4 addresses of an ENI, network cards.
TYPES = {"r6i.large": (3, 10, 1), "r6i.4xlarge": (8, 30, 1), "p4d.24xlarge": (60, 50, 4)}


@dataclass
class Subnet:
    id: str
    cidr: str | None = None  # None: an IPv6-only subnet
    ipv6_cidrs: list[str] = field(default_factory=list)
    az: str = "eu-central-1a"

    @property
    def router(self):
        """The VPC's router, always the first host."""
        return str(ipaddress.ip_network(self.cidr)[1])


@dataclass
class Lag:
    """How long EC2 keeps IMDS in the dark after an attach, in seconds: until the MAC is listed,
    until device-number is right (it reads 0), until the addresses are there."""
    mac: float = 0
    device_number: float = 0
    addresses: float = 0


@dataclass
class Eni:
    id: str
    mac: str
    subnet: str
    ipv4s: list[str] = field(default_factory=list)  # the primary one first
    ipv6s: list[str] = field(default_factory=list)
    ipv4_prefixes: list[str] = field(default_factory=list)
    ipv6_prefixes: list[str] = field(default_factory=list)
    public_ipv4s: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=lambda: ["sg-0a1b2c3d4e5f60001"])
    instance: str | None = None
    device_index: int = 0
    network_card: int | None = None  # only the types with several cards have the key
    attachment: str | None = None
    attachment_status: str = "attached"  # attaching, attached, detaching
    attached_at: float = 0  # on the machine's monotonic clock
    lag: Lag = field(default_factory=Lag)
    source_dest_check: bool = True
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    requester_managed: bool = False
    operator: str | None = None  # the service that manages it

    @property
    def addresses(self):
        """All that it may send from, as prefixes."""
        return ([f"{address}/32" for address in self.ipv4s] + self.ipv4_prefixes
                + [f"{address}/128" for address in self.ipv6s] + self.ipv6_prefixes)

    @property
    def status(self):
        return "in-use" if self.instance else "available"


@dataclass
class Instance:
    id: str
    az: str = "eu-central-1a"
    type: str = "r6i.large"
    role: str | None = "myha-node"
    imds: bool = True  # False: HttpEndpoint=disabled, every response is 403
    imds_tokens: bool = True  # False: HttpTokens=optional, version 1 is served too
    state: str = "running"
    credentials: str | None = None  # the access key that IMDS gives out

    @property
    def enis_max(self):
        return TYPES[self.type][0]

    @property
    def ipv4s_max(self):
        return TYPES[self.type][1]

    @property
    def cards(self):
        return TYPES[self.type][2]


@dataclass
class Route:
    destination: str
    target: str  # an ENI's id, or a gateway's
    origin: str = "CreateRoute"


@dataclass
class RouteTable:
    """A route table without the VPC's local routes, which each has."""
    id: str
    subnets: list[str] = field(default_factory=list)
    main: bool = False
    routes: dict[str, Route] = field(default_factory=dict)  # by destination
    tags: dict[str, str] = field(default_factory=dict)
    owner: str | None = None  # where it is another account's
    vpc: str | None = None  # where it is another VPC's
    more: int = 0  # so many routes to elsewhere, which are only there to be described


@dataclass
class Role:
    arn: str
    trusts: list[str] | None = None  # the roles that may assume it; None: everyone
    external_id: str | None = None

    @property
    def name(self):
        return self.arn.rpartition("/")[2]

    @property
    def account(self):
        return self.arn.split(":")[4]


@dataclass
class Credentials:
    """Keys, and whose they are."""
    access_key: str
    secret_key: str
    token: str | None
    expires: float | None  # seconds since 1970; None: never
    arn: str
    user_id: str
    role: str | None = None  # what IAM's policies are found by

    @property
    def account(self):
        return self.arn.split(":")[4]


@dataclass
class Cloud:
    vpc: str = "vpc-0a1b2c3d4e5f60001"
    account: str = "111122223333"
    region: str = "eu-central-1"
    cidrs: list[str] = field(default_factory=lambda: ["10.0.0.0/16"])
    ipv6_cidrs: list[str] = field(default_factory=lambda: ["2001:db8:1234::/56"])
    subnets: dict[str, Subnet] = field(default_factory=dict)
    enis: dict[str, Eni] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    route_tables: dict[str, RouteTable] = field(default_factory=dict)
    groups: list[str] = field(default_factory=lambda: ["sg-0a1b2c3d4e5f60001"])
    roles: dict[str, Role] = field(default_factory=dict)  # by ARN
    credentials: dict[str, Credentials] = field(default_factory=dict)  # by access key
    clock_offset: float = 0  # of EC2's clock against the machine's, in seconds

    def __post_init__(self):
        self._numbers = itertools.count(1)

    def _id(self, kind):
        return f"{kind}-{0x0a1b2c3d4e0000000 + next(self._numbers):017x}"

    # EC2's clock.

    def now(self):
        return time.time() + self.clock_offset

    @staticmethod
    def date(seconds):
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)

    # Objects.

    def create_subnet(self, cidr, ipv6_cidrs=(), **more):
        subnet = Subnet(self._id("subnet"), cidr, list(ipv6_cidrs), **more)
        self.subnets[subnet.id] = subnet
        return subnet

    def create_eni(self, subnet, ipv4s=(), **more):
        number = next(self._numbers)
        mac = f"02:6d:{number >> 24 & 255:02x}:{number >> 16 & 255:02x}:" \
              f"{number >> 8 & 255:02x}:{number & 255:02x}"
        eni = Eni(self._id("eni"), mac, subnet.id, list(ipv4s), **more)
        self.enis[eni.id] = eni
        return eni

    def create_instance(self, **more):
        instance = Instance(self._id("i"), **more)
        self.instances[instance.id] = instance
        self.credentials_of(instance)
        return instance

    def create_route_table(self, *subnets, **more):
        """A route table that subnets are associated with; with main=True the VPC's main one."""
        table = RouteTable(self._id("rtb"), [subnet.id for subnet in subnets], **more)
        self.route_tables[table.id] = table
        return table

    def attach(self, eni, instance, device_index, lag=None):
        eni.instance = instance.id
        eni.attachment = self._id("eni-attach")
        eni.attachment_status = "attached"
        eni.device_index = device_index
        eni.attached_at = time.monotonic()
        eni.lag = lag or Lag()

    def detach(self, eni):
        eni.instance = eni.attachment = None

    def enis_of(self, instance):
        """Its ENIs, the primary one first."""
        return sorted((eni for eni in self.enis.values() if eni.instance == instance.id),
                      key=lambda eni: eni.device_index)

    def instance_at(self, address):
        """The instance that sends from this address; None: no instance does."""
        address = ipaddress.ip_address(address)
        for eni in self.enis.values():
            if eni.instance and any(address in ipaddress.ip_network(prefix)
                                    for prefix in eni.addresses):
                return self.instances[eni.instance]
        return None

    def eni_at(self, address):
        """The ENI that an address is assigned to, or None."""
        for eni in self.enis.values():
            if address in eni.ipv4s or address in eni.ipv6s:
                return eni
        return None

    def free_addresses(self, subnet):
        """The IPv4 addresses of a subnet that are free; EC2 keeps four and the last."""
        if not subnet.cidr:
            return []
        taken = {address for eni in self.enis.values() for address in eni.ipv4s}
        network = ipaddress.ip_network(subnet.cidr)
        return [address for address in map(str, list(network)[4:-1]) if address not in taken]

    # Routes.

    def table_of(self, subnet_id):
        """The route table that a subnet uses; None: it has no routes but the local ones."""
        tables = [table for table in self.route_tables.values() if not table.vpc]
        return next((table for table in tables if subnet_id in table.subnets),
                    next((table for table in tables if table.main), None))

    def is_reached(self, eni):
        """Whether what is routed to an ENI arrives there."""
        instance = self.instances.get(eni.instance) if eni else None
        return bool(instance and instance.state == "running"
                    and eni.attachment_status == "attached")

    def state_of(self, route):
        if route.target.startswith("eni-") and not self.is_reached(self.enis.get(route.target)):
            return "blackhole"
        return "active"

    # Who may ask.

    def create_role(self, name, account=None, **more):
        role = Role(f"arn:aws:iam::{account or self.account}:role/{name}", **more)
        self.roles[role.arn] = role
        return role

    def issue(self, role, session, seconds):
        """Credentials of a role's session."""
        return self._keep(Credentials(
            f"ASIA{_letters(16)}", secrets.token_urlsafe(30).replace("-", "+").replace("_", "/"),
            "IQoJb3JpZ2luX2VjE" + secrets.token_urlsafe(600).replace("-", "+").replace("_", "/")
            + "==", self.now() + seconds,
            f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{session}",
            f"AROA{_letters(17)}:{session}", role.name))

    def create_user(self, name):
        """The credentials of an IAM user, without an end."""
        return self._keep(Credentials(
            f"AKIA{_letters(16)}", secrets.token_urlsafe(30).replace("-", "+").replace("_", "/"),
            None, None, f"arn:aws:iam::{self.account}:user/{name}", f"AIDA{_letters(17)}", name))

    def _keep(self, credentials):
        self.credentials[credentials.access_key] = credentials
        return credentials

    def credentials_of(self, instance):
        """The credentials that IMDS gives an instance; None: it has no role."""
        if instance.role and instance.credentials not in self.credentials:
            self.renew(instance)
        return self.credentials[instance.credentials] if instance.role else None

    def renew(self, instance, seconds=6 * HOUR):
        """Have IMDS give an instance new credentials from now on; the old ones stay good."""
        arn = f"arn:aws:iam::{self.account}:role/{instance.role}"
        role = self.roles.get(arn) or self.create_role(instance.role)
        made = self.issue(role, instance.id, seconds)
        instance.credentials = made.access_key
        return made

    def to_json(self):
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text):
        data = json.loads(text)
        for kind, make, key in (("subnets", Subnet, "id"), ("enis", Eni, "id"),
                                ("instances", Instance, "id"), ("route_tables", RouteTable, "id"),
                                ("roles", Role, "arn"),
                                ("credentials", Credentials, "access_key")):
            data[kind] = {name: make(**{key: name, **value})
                          for name, value in data.get(kind, {}).items()}
        for table in data["route_tables"].values():
            table.routes = {name: Route(**{"destination": name, **route})
                            for name, route in table.routes.items()}
        for eni in data["enis"].values():
            if isinstance(eni.lag, dict):
                eni.lag = Lag(**eni.lag)
        return cls(**data)


def _letters(number):
    return "".join(secrets.choice(LETTERS) for _ in range(number))
