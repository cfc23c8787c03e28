# SPDX-License-Identifier: Apache-2.0
"""A metadata service that fails: the last good state stays, the run ends inside its deadline and
says so in one line."""

import time

import pytest

from lab.cloud import Lag
from lab.expected import classic
from lab.host import LATE
from lab.kernel_view import difference

TIMEOUT = 2
FACTS = "*/macs/*"  # the requests about the interface
TOKEN = "/latest/api/token"

FAULTS = {
    "500": {"kind": 500},
    "503": {"kind": 503},
    "429": {"kind": 429},
    "403": {"kind": 403},
    "401 on every token": {"kind": 401, "path": FACTS},
    "400 on the token": {"kind": 400, "path": TOKEN},
    "hanging": {"kind": "hang"},
    "hanging on the facts": {"kind": "hang", "path": FACTS},
    "slow by byte": {"kind": "slow", "value": 0.2},
    "truncated": {"kind": "truncated"},
    "truncated facts": {"kind": "truncated", "path": FACTS},
    "10 MiB": {"kind": "huge"},
    "10 MiB of facts": {"kind": "huge", "path": FACTS},
    "HTML": {"kind": "html"},
    "HTML for facts": {"kind": "html", "path": FACTS},
    "a header in the token": {"kind": "token", "value": "abc\r\nX-Injected: yes"},
    "control characters in the token": {"kind": "token", "value": "abc\x01\x7f\tdef"},
    "an empty token": {"kind": "token", "value": ""},
    "redirect": {"kind": "redirect", "value": "http://10.0.0.1/latest/elsewhere"},
    "redirect of the facts": {"kind": "redirect", "path": FACTS,
                              "value": "http://169.254.169.254/latest/elsewhere"},
}


def attached(scene, bare):
    """A node with a good attach behind it, and one more address to come."""
    eni = scene.service_eni("10.0.1.10", "10.0.1.11")
    before = bare.view()
    bare.hot_attach(eni)
    assert bare.myha("attach", "eth1").returncode == 0
    assert difference(before, bare.view()) == classic(eni)
    eni.ipv4s.append("10.0.1.12")
    scene.vpc.publish()
    return before, eni


def check_that_it_stays(scene, bare, fault, recover):
    before, eni = attached(scene, bare)
    good = bare.view()
    fault()
    scene.vpc.imds.requests()
    start = time.monotonic()
    failed = bare.myha("attach", "eth1", "--timeout", str(TIMEOUT))
    took = time.monotonic() - start
    sent = scene.vpc.imds.requests()["requests"]
    assert failed.returncode in (1, 5), failed
    assert took < TIMEOUT + LATE
    assert bare.view() == good
    assert failed.stdout == ""
    assert len(failed.stderr.splitlines()) == 1 and "eth1" in failed.stderr, failed.stderr
    assert all(character.isprintable() for character in failed.stderr.rstrip("\n"))
    # Nothing in a bad response was used or followed.
    assert not [request for request in sent
                if "x-injected" in request["headers"] or "elsewhere" in request["path"]]
    # It was the fault that kept the new address away.
    recover()
    again = bare.myha("attach", "eth1")
    assert again.returncode == 0, again
    assert difference(before, bare.view()) == classic(eni)
    print(f"exit {failed.returncode} after {took:.2f} s, {len(sent)} requests: {failed.stderr}")


@pytest.mark.parametrize("name", FAULTS)
def test_fault(scene, bare, name):
    """One of the kinds of wrong responses."""
    imds = scene.vpc.imds
    check_that_it_stays(scene, bare, lambda: imds.faults(FAULTS[name]), imds.faults)


def test_off(scene, bare):
    """Nothing listens."""
    imds = scene.vpc.imds
    check_that_it_stays(scene, bare, imds.off, imds.on)


def test_first_attach_with_imds_off_leaves_no_half(scene, bare):
    """Nothing good was there before: nothing at all is there after."""
    scene.vpc.imds.off()
    bare.hot_attach(scene.service_eni())
    before = bare.view()
    failed = bare.myha("attach", "eth1", "--timeout", "1")
    assert failed.returncode in (1, 5), failed
    assert bare.view() == before


PASSING = {
    "a 503": {"kind": 503, "times": 1},
    "a 500 on the facts": {"kind": 500, "times": 1, "path": FACTS},
    "a 429 on the facts": {"kind": 429, "times": 1, "path": FACTS},
    "an expired token": {"kind": 401, "times": 1, "path": FACTS},
    "a truncated response": {"kind": "truncated", "times": 1, "path": FACTS},
}


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_is_waited_out(scene, bare, name):
    """It is tried again inside the deadline."""
    eni = scene.service_eni()
    before = bare.view()
    scene.vpc.imds.faults(PASSING[name])
    bare.hot_attach(eni)
    result = bare.myha("attach", "eth1", "--timeout", "60")
    assert result.returncode == 0, result
    assert difference(before, bare.view()) == classic(eni)


LAGS = {
    "the MAC is not listed yet": Lag(mac=1.0),
    "device-number is 0 at first": Lag(device_number=1.0),
    "the addresses come late": Lag(addresses=1.0),
    "all of it, one after the other": Lag(mac=0.5, device_number=1.0, addresses=1.5),
}


@pytest.mark.parametrize("name", LAGS)
def test_lag_of_a_fresh_eni_is_waited_out(scene, bare, name):
    """Premature metadata are not used, and are not a failure."""
    eni, lag = scene.service_eni("10.0.1.10", "10.0.1.11"), LAGS[name]
    before = bare.view()
    start = time.monotonic()
    bare.hot_attach(eni, lag=lag)
    result = bare.myha("attach", "eth1", "--timeout", "60")
    took = time.monotonic() - start
    assert result.returncode == 0, result
    assert took >= max(lag.mac, lag.device_number, lag.addresses)
    assert difference(before, bare.view()) == classic(eni)


def test_lag_beyond_the_deadline_is_said(scene, bare):
    """Timed out: exit 5, with the cause of the wait."""
    bare.hot_attach(scene.service_eni(), lag=Lag(mac=60))
    before = bare.view()
    result = bare.myha("attach", "eth1", "--timeout", "1")
    assert result.returncode == 5, result
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert bare.view() == before


def test_few_requests_on_one_connection(scene, bare):
    """IMDS is throttled per instance: at most 7 requests, one connection, one token."""
    bare.hot_attach(scene.service_eni())
    scene.vpc.imds.requests()
    assert bare.myha("attach", "eth1").returncode == 0
    seen = scene.vpc.imds.requests()
    sent = [(request["method"], request["path"]) for request in seen["requests"]]
    assert len(sent) <= 7, sent
    assert [method for method, _ in sent].count("PUT") == 1
    assert seen["connections"] == 1
    assert not [request for request in seen["requests"] if "x-forwarded-for" in request["headers"]]
