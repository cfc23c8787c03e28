# SPDX-License-Identifier: Apache-2.0
"""The state that the EC2 actions work on: the cloud, lags and limits, the network, what happens later.

The actions themselves are in ec2_routes.py, ec2_enis.py, ec2_instances.py and ec2_sts.py, each a
function of a Call that returns what a user of botocore would be given, or raises an ApiError.
"""

import base64
import collections
import contextlib
import fnmatch
import hashlib
import heapq
import itertools
import json
import re
import threading
import time
import traceback
from dataclasses import dataclass, field

from .cloud import Cloud, Lag
from .ec2_iam import Iam, refusal
from .ec2_model import ApiError

ACTIONS = {}  # name: function

# Objects that have an id: its prefix, where the cloud has it, and the refusal of a bad one.
Kind = collections.namedtuple("Kind", "prefix store malformed missing message")
ENI = Kind("eni", "enis", "InvalidNetworkInterfaceId.Malformed",
           "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '{}' does not exist")
INSTANCE = Kind("i", "instances", "InvalidInstanceID.Malformed", "InvalidInstanceID.NotFound",
                "The instance ID '{}' does not exist")
SUBNET = Kind("subnet", "subnets", "InvalidSubnetID.Malformed", "InvalidSubnetID.NotFound",
              "The subnet ID '{}' does not exist")
ROUTE_TABLE = Kind("rtb", "route_tables", "InvalidRouteTableId.Malformed",
                   "InvalidRouteTableID.NotFound", "The routeTable ID '{}' does not exist")


@dataclass
class Delays:
    """How long EC2 takes, in seconds, until an attachment or a stop is through; and IMDS after."""
    attach: float = 0
    detach: float = 0
    stop: float = 0
    imds: Lag = field(default_factory=Lag)


@dataclass
class Limits:
    routes: int = 500  # of a table, local ones not counted
    page: int = 1000  # entries of a response at most, whatever is requested


class NoNetwork:
    """The engine's notifications to the network; here they have no effect."""

    def routes(self):
        """Routes, checks or attachments have changed; called before the response."""

    def publish(self):
        """So is what IMDS says."""

    def plug(self, eni):
        """An ENI is attached: its interface is to appear in the node."""

    def pull(self, eni):
        """An ENI is being detached: its interface is to go."""

    def readdress(self, *enis):
        """ENIs have other addresses than before."""

    def stop(self, instance):
        """An instance is told to shut down."""


class SomeReadsAreOld:
    """Ages of an engine's reads: the next so many show what was before all changes, the others what
    is."""

    def __init__(self, left):
        self._left = left

    def choice(self, ages):
        self._left -= 1
        return max(ages) if self._left >= 0 else 0

    @staticmethod
    def uniform(_, oldest):
        return oldest


class Engine:
    """The state of EC2 behind its API. All that reads or changes the cloud holds the lock."""

    def __init__(self, cloud, network=None):
        self.cloud = cloud
        self.network = network or NoNetwork()
        self.iam = Iam()
        self.delays = Delays()
        self.limits = Limits()
        self.consistency = 0.0  # for so many seconds a change is not seen by what reads
        self.ages = None  # for any time up to that, each read anew: a random.Random, or as above
        self.stuck_detach = False  # only Force ends a detach
        self.in_use_is_a_parameter = False  # the other shape of "in use"
        self.tokens = {}  # ClientToken: (fingerprint, ENI id)
        self.lock = threading.RLock()
        self._history = []  # (when a change was made, the cloud before it)
        self._jobs, self._numbers = [], itertools.count()
        self._news = threading.Condition()
        # One thread for the engine's life: what the network starts on its behalf ends with it.
        threading.Thread(target=self._work, daemon=True).start()

    # Time.

    def later(self, delay, job):
        """Have job() called after so many seconds, in order."""
        with self._news:
            heapq.heappush(self._jobs, (time.monotonic() + delay, next(self._numbers), job))
            self._news.notify()

    def _work(self):
        while True:
            with self._news:
                while not self._jobs or self._jobs[0][0] > time.monotonic():
                    self._news.wait(self._jobs[0][0] - time.monotonic() if self._jobs else None)
                _, _, job = heapq.heappop(self._jobs)
            if job is None:
                return
            try:
                job()
            except Exception:  # a mistake in the lab: the others must be done all the same
                traceback.print_exc()

    def close(self):
        self.later(0, None)

    @contextlib.contextmanager
    def change(self):
        """Around what changes the cloud."""
        with self.lock:
            before = self.cloud.to_json() if self.consistency else None
            yield
            if before:
                self._history.append((time.monotonic(), before))

    def seen(self):
        """The cloud as those see it who read, now. With ages a read may be older than the one before:
        EC2 promises no more."""
        now = time.monotonic()
        self._history = [entry for entry in self._history if entry[0] > now - self.consistency]
        age = self.consistency
        if self.ages:  # the extremes are what hurts
            age = self.ages.choice((0, age, self.ages.uniform(0, age)))
        before = next((state for when, state in self._history if when > now - age), None)
        return Cloud.from_json(before) if before else self.cloud

    def forget(self):
        """Have all that was changed so far be seen from now on."""
        with self.lock:
            self._history.clear()

    # Requests.

    def perform(self, credentials, service, action, arguments):
        """The response to an action."""
        if action not in ACTIONS:
            raise ApiError("UnsupportedOperation", f"The lab does not know {action}.")
        with self.lock:
            call = Call(self, credentials, f"{service}:{action}", arguments)
            try:
                if action.startswith("Describe"):
                    return ACTIONS[action](call)
                with self.change():
                    return ACTIONS[action](call)
            except ApiError as error:
                # A caller without any permission does not learn which objects exist.
                if error.code.endswith(".NotFound") \
                        and not self.iam.might(credentials, call.action):
                    raise refusal(credentials, call.action, "*") from None
                raise


class Call:
    """One request at work."""

    def __init__(self, engine, credentials, action, arguments):
        self.engine, self.cloud, self.seen = engine, engine.cloud, engine.seen()
        self.credentials, self.action, self.arguments = credentials, action, arguments

    def __getitem__(self, name):
        return self.arguments[name]

    def get(self, name, default=None):
        return self.arguments.get(name, default)

    def allow(self, *resources):
        """Goes on only if IAM allows the action on the resources, "route-table/rtb-1", and if it
        is not a dry run."""
        self.check_allowed(*resources)
        self.end_dry_run()

    def check_allowed(self, *resources):
        arns = [self.arn(resource) for resource in resources] or ["*"]
        self.engine.iam.allow(self.credentials, self.action, arns, self._context)

    def end_dry_run(self):
        if self.get("DryRun"):
            raise ApiError("DryRunOperation",
                           "Request would have succeeded, but DryRun flag is set.", 412)

    def arn(self, resource):
        cloud, owner = self.cloud, self.cloud.account
        kind, _, name = resource.partition("/")
        if kind == "route-table" and name in cloud.route_tables:
            owner = cloud.route_tables[name].owner or owner
        return f"arn:aws:ec2:{cloud.region}:{owner}:{resource}"

    def _context(self, resource):
        """The condition keys of a resource."""
        cloud = self.cloud
        keys = {"aws:RequestedRegion": cloud.region, "ec2:Region": cloud.region,
                "aws:PrincipalAccount": self.credentials.account,
                "aws:PrincipalArn": self.credentials.arn}
        kind, _, name = resource.rpartition(":")[2].partition("/")
        stores = {"route-table": cloud.route_tables, "network-interface": cloud.enis,
                  "instance": cloud.instances, "subnet": cloud.subnets}
        item = stores.get(kind, {}).get(name)
        if item or kind == "security-group" and name in cloud.groups:
            keys["ec2:Vpc"] = f"arn:aws:ec2:{cloud.region}:{cloud.account}:vpc/{cloud.vpc}"
        if item:
            keys["aws:ResourceAccount"] = getattr(item, "owner", None) or cloud.account
            for key, value in getattr(item, "tags", {}).items():
                keys[f"ec2:ResourceTag/{key}"] = keys[f"aws:ResourceTag/{key}"] = value
        if kind == "network-interface" and item:
            subnet = cloud.subnets[item.subnet]
            keys["ec2:AvailabilityZone"] = subnet.az
            keys["ec2:Subnet"] = f"arn:aws:ec2:{cloud.region}:{cloud.account}:subnet/{subnet.id}"
            keys["ec2:NetworkInterfaceID"] = item.id
        if kind == "instance" and item:
            keys.update({"ec2:AvailabilityZone": item.az, "ec2:InstanceID": item.id,
                         "ec2:InstanceType": item.type})
        if self.action.endswith("Attribute") and "SourceDestCheck" in self.arguments:
            keys["ec2:Attribute"] = "SourceDestCheck"
        return keys

    # Ids.

    def find(self, kind, name):
        """The object with an id; it must be old enough to be seen."""
        check_id(kind, name)
        item = getattr(self.cloud, kind.store).get(name)
        if not item or name not in getattr(self.seen, kind.store):
            raise ApiError(kind.missing, kind.message.format(name))
        return item

    def chosen(self, kind, names):
        """The items of a Describe, as they are seen: those with these ids, or all."""
        store = getattr(self.seen, kind.store)
        if not names:
            return list(store.values())
        for name in names:
            check_id(kind, name)
        missing = [name for name in names if name not in store]
        if missing:
            plural = kind.message.replace(" ID ", " IDs ").replace("does", "do") \
                if len(missing) > 1 else kind.message
            raise ApiError(kind.missing, plural.format(", ".join(missing)))
        return [store[name] for name in dict.fromkeys(names)]

    # Lists.

    def filtered(self, items, fields):
        """The items that pass the request's filters. fields: a filter's name to a function from an
        item to its values; a name that ends in ":" stands for all that begin so."""
        for one in self.get("Filters", ()):
            name, values = one.get("Name", ""), one.get("Values", [])
            head, colon, tail = name.partition(":")
            read = fields.get(name) or fields.get(head + colon if colon else "")
            if not read:
                raise ApiError("InvalidParameterValue", f"The filter '{name}' is invalid")
            if not values:
                raise ApiError("InvalidParameterValue",
                               f"The filter '{name}' must have at least one value")
            items = [item for item in items
                     if any(_like(word, values) for word in read(item, *([tail] if colon else [])))]
        return items

    def page(self, items, ids):
        """A page of the items, and the token of the next one or None."""
        wanted, token = self.get("MaxResults"), self.get("NextToken")
        if wanted and self.get(ids):
            raise ApiError("InvalidParameterCombination", f"The parameter {ids} cannot be used "
                           "with the parameter MaxResults")
        query = json.dumps([self.action, self.get("Filters"), self.get(ids)])
        seal = hashlib.sha256(query.encode()).hexdigest()[:16]
        start = _open(token, seal) if token else 0
        end = start + min(wanted or self.engine.limits.page, self.engine.limits.page)
        more = base64.b64encode(f"{seal}:{end}".encode()).decode() if end < len(items) else None
        return items[start:end], more


def action(function):
    """The function does the action of its name: describe_route_tables, DescribeRouteTables."""
    name = "".join(word.capitalize() for word in function.__name__.split("_"))
    ACTIONS[name] = function
    return function


def check_id(kind, name):
    if not re.fullmatch(rf"{kind.prefix}-[0-9a-z]+", name):
        raise ApiError(kind.malformed, f'Invalid id: "{name}" (expecting "{kind.prefix}-...")')


def tags_of(item):
    return [{"Key": key, "Value": value} for key, value in item.tags.items()]


def tag_filters():
    return {"tag:": lambda item, key: [item.tags[key]] if key in item.tags else [],
            "tag-key": lambda item: list(item.tags)}


def truth(value):
    return "true" if value else "false"


def _like(word, patterns):
    return any(fnmatch.fnmatchcase(str(word), pattern.replace("[", "[[]")) for pattern in patterns)


def _open(token, seal):
    try:
        found, _, start = base64.b64decode(token, validate=True).decode().partition(":")
        if found == seal:
            return int(start)
    except ValueError:
        pass
    raise ApiError("InvalidParameterValue", f"The token '{token}' is invalid")
