# SPDX-License-Identifier: Apache-2.0
"""Run twice, the second run changes nothing; asserted on the messages to the kernel."""

import re

import pytest

CHANGES = re.compile(r"RTM_(NEW|DEL|SET)\w+")


def changes(node, *arguments):
    """The netlink messages of a run that ask the kernel for a change, as strace decodes them."""
    trace = node.path("/run/trace")
    result = node.strace(["-o", "/run/trace", "-e", "trace=sendto,sendmsg,sendmmsg", "-v",
                          "-s", "65536"], *arguments, check=False)
    assert result.returncode == 0, result
    # A dump that is asked for has NLM_F_DUMP and a type of RTM_GET….
    return CHANGES.findall(trace.read_text()), result


@pytest.fixture
def dual(scene, bare):
    """Both families, a prefix and secondary addresses: as much as one ENI can have."""
    eni = scene.cloud.create_eni(scene.dual, ["10.0.2.10", "10.0.2.11"],
                                 ipv6s=["2001:db8:1234:2::10"], ipv4_prefixes=["10.0.2.16/28"])
    bare.hot_attach(eni)
    return bare


def test_the_second_attach_changes_nothing(dual):
    """The first one does send changes, or this test would see nothing anyhow."""
    first, _ = changes(dual, "attach", "eth1", "--timeout", "20")
    assert first
    before = dual.view()
    second, result = changes(dual, "attach", "eth1")
    assert second == []
    assert result.stderr == ""
    assert dual.view() == before


def test_the_second_detach_changes_nothing(dual):
    """Also for the interface that is still there."""
    assert dual.myha("attach", "eth1", "--timeout", "20").returncode == 0
    first, _ = changes(dual, "detach", "eth1")
    assert first
    second, result = changes(dual, "detach", "eth1")
    assert second == []
    assert result.stderr == ""


def test_only_what_was_removed_is_restored(dual):
    """Only what is missing is sent again."""
    assert dual.myha("attach", "eth1", "--timeout", "20").returncode == 0
    before = dual.view()
    dual.run("ip", "rule", "del", "pref", "100")
    sent, _ = changes(dual, "attach", "eth1")
    assert sent == ["NEW"]
    assert dual.view() == before


def test_plan_after_attach_is_empty(dual):
    """plan says what attach would do, something (3) or nothing (0), and does none of it."""
    before = dual.view()
    assert dual.myha("plan", "eth1", "--timeout", "20").returncode == 3
    assert dual.view() == before
    assert dual.myha("attach", "eth1", "--timeout", "20").returncode == 0
    assert dual.myha("plan", "eth1").returncode == 0
