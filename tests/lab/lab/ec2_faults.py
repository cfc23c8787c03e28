# SPDX-License-Identifier: Apache-2.0
"""Faults between a request and its response, as a test sets them.

A fault is a dictionary, see FAULT; the first that fits a request is what it meets, but those of
kind latency, held, late and style, which go with others.
"""

import fnmatch
import threading
import time

from .ec2_model import STYLE, ApiError
from .host import PATIENCE

# kind:
#   error      refuse with code, message and status; nothing is done
#   latency    wait for value seconds before anything is done
#   held       wait until value, a threading.Event, is set, before anything is done
#   late       wait for value seconds between the action and the response, or until value(request) returns
#   lost       do it, and cut the connection instead of a response
#   cut        cut the connection without doing it
#   hang       neither do it nor respond
#   html       a page with that status, as from a proxy; nothing is done
#   empty      a status without a body; nothing is done
#   truncated  do it, and cut the connection in the middle of the response
#   slow       do it, and send a byte of the response each value seconds
#   huge       a body of 64 MiB, without end
#   redirect   to the address that value is
#   style      wrap the response as value says, a dictionary as ec2_model.STYLE
# action: a glob of action names. match: a glob of one of its parameters, "RouteTableId=rtb-1".
# skip: not for the first so many that fit. times: for the next so many only.
FAULT = {"kind": None, "action": "*", "match": "*", "skip": 0, "times": None, "value": None,
         "code": "InternalError", "message": "An internal error has occurred", "status": 500}
BESIDE = ("latency", "held", "late", "style")
KINDS = (*BESIDE, "error", "lost", "cut", "hang", "html", "empty", "truncated", "slow", "huge",
         "redirect")

PAGE = "<!DOCTYPE html>\n<html><head><title>{status}</title></head>" \
       "<body><h1>{status} from a proxy<br></h1></body></html>\n"


class Meeting:
    """The value of a fault of kind late: the nodes' first requests get their responses together, when each node
    has sent one, then their second ones, and so on. A node is known by its access key."""

    def __init__(self, nodes):
        self._nodes, self._counts, self._news = nodes, {}, threading.Condition()

    def __call__(self, request):
        key = request.headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]
        with self._news:
            number = self._counts[key] = self._counts.get(key, 0) + 1
            self._news.notify_all()
            self._news.wait_for(lambda: sum(count >= number for count in self._counts.values())
                                >= self._nodes, PATIENCE)


class Faults:
    """The faults that are on, and the buckets that throttle."""

    def __init__(self):
        self._faults = []
        self._buckets = {}
        self._throttles = []
        self._lock = threading.Lock()

    def set(self, faults):
        """Replaces all faults."""
        made = []
        for fault in faults:
            if fault["kind"] not in KINDS or set(fault) - set(FAULT):
                raise ValueError(f"no such fault: {fault}")
            made.append({**FAULT, **fault})
        with self._lock:
            self._faults = made

    def pending(self):
        """Whether one is left that is to be met so many times only."""
        with self._lock:
            return any(fault["times"] for fault in self._faults)

    def throttle(self, throttles):
        """Replaces all throttles: each {"action": glob, "capacity": tokens, "refill": a second}.
        Each action has a bucket of its own, full at first."""
        with self._lock:
            self._throttles = list(throttles)
            self._buckets = {}

    def meet(self, action, parameters):
        """The faults that a request meets: kind to fault, at most one of those that end it."""
        met = {}
        words = [f"{name}={value}" for name, value in parameters]
        with self._lock:
            for fault in self._faults:
                kind = fault["kind"]
                if kind in met or kind not in BESIDE and set(met) - set(BESIDE):
                    continue
                if not fnmatch.fnmatchcase(action, fault["action"]) or fault["times"] == 0 \
                        or not fnmatch.filter(words or [""], fault["match"]):
                    continue
                if fault["skip"]:
                    fault["skip"] -= 1
                    continue
                if fault["times"]:
                    fault["times"] -= 1
                met[kind] = dict(fault)
        return met

    def spend(self, action):
        """Raises RequestLimitExceeded where the action's bucket is empty."""
        with self._lock:
            for throttle in self._throttles:
                if fnmatch.fnmatchcase(action, throttle["action"]):
                    bucket = self._buckets.setdefault(action, Bucket(throttle))
                    if not bucket.take():
                        raise ApiError("RequestLimitExceeded", "Request limit exceeded.", 503)
                    return


class Bucket:
    def __init__(self, throttle):
        self._capacity, self._refill = throttle["capacity"], throttle["refill"]
        self._tokens, self._at = self._capacity, time.monotonic()

    def take(self):
        now = time.monotonic()
        self._tokens = min(self._capacity, self._tokens + (now - self._at) * self._refill)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def style_of(met):
    """How the response to a request with these faults is wrapped."""
    return {**STYLE, **met["style"]["value"]} if "style" in met else STYLE
