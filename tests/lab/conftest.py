# SPDX-License-Identifier: Apache-2.0
"""Fixtures for all tests of the lab. Each test has a VPC and nodes of its own; the nodes' root and the
installed myha are shared by all."""

import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from lab.host import Host, LabError  # noqa: E402
from lab.node import POLICY_ETH1  # noqa: E402
from lab.scene import Installed, Scene  # noqa: E402

# A shell that starts this with "&" has it ignore the signal, and so would all that is started here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["ec2_fixtures", "boot_fixtures", "overlay_fixtures", "check_fixtures",
                  "remedy_fixtures"]


# The files that take longest come first: a worker that takes one of them last keeps the others waiting.
FIRST = ("test_cluster", "test_remedies", "test_remedies_clouds", "test_docs", "test_dhcp",
         "test_overlay_faults",
         "test_cluster_eni", "test_overlay_boot", "test_boot_faults", "test_iam", "test_check_tools",
         "test_ocf", "test_ocf_eni", "test_overlay_race", "test_check", "test_kill", "test_host", "test_rounds")


def pytest_collection_modifyitems(items):
    rank = {name: number for number, name in enumerate(FIRST)}
    items.sort(key=lambda item: rank.get(item.module.__name__, len(FIRST)))


def pytest_terminal_summary(terminalreporter):
    """Which tool, which remedy against it, and after which events the host serves."""
    rows = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "remedy" and report.when == "call":
                    tool, remedy, event = value
                    rows.setdefault((tool, remedy, report.nodeid), []).append(event)
    if rows:
        terminalreporter.section("remedies, and the events after which the host serves")
    for (tool, remedy, _), events in sorted(rows.items()):
        terminalreporter.write_line(f"{tool:16} {remedy:34} {', '.join(events)}")


def files_of_the_host():
    """The files that a tool in a node would write first if it escaped from the node."""
    return {name: pathlib.Path(name).read_bytes() if pathlib.Path(name).exists() else None
            for name in ("/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/machine-id")}


@pytest.fixture(autouse=True)
def host_stays():
    """Whatever is done in nodes, the host is none of them."""
    before = files_of_the_host()
    yield
    assert files_of_the_host() == before


@pytest.fixture(scope="session")
def installed():
    with Host() as host:
        try:
            shared = Installed(host)
        except LabError as error:
            # Not pytest.exit(), which ends a worker of xdist without a word.
            pytest.fail(f"the lab cannot start: {error}", pytrace=False)
        yield shared


@pytest.fixture
def scene(installed):
    with Host() as host:
        yield Scene(host, installed)


@pytest.fixture
def node(scene):
    """A booted node whose policy lists eth1."""
    made = scene.system_node()
    made.set_policy(POLICY_ETH1)
    made.boot()
    return made


@pytest.fixture
def bare(scene):
    """A node without a system, whose policy lists eth1."""
    made = scene.bare_node()
    made.set_policy(POLICY_ETH1)
    return made
