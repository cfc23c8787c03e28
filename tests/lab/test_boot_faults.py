# SPDX-License-Identifier: Apache-2.0
"""A reboot while EC2, its metadata or the host's clock are not as they should be: the address comes
back once the cause has gone, and until then a boot does not guess."""

import time

import pytest

from boot_fixtures import NAME, on, put_on
from lab.ec2 import ADDRESSES
from lab.host import wait_for
from lab.scene import OVERLAY

LONG = 60  # seconds: more than any run needs
API = "https://ec2.eu-central-1.amazonaws.com/"
SKEW = "this host's clock is 7200 s {} AWS's: set the clock (see \"chronyc tracking\")"
NO_ROLE = "no credentials: environment (AWS_ACCESS_KEY_ID is not set), profile " \
    "(/root/.aws/credentials: No such file or directory), container (no " \
    "AWS_CONTAINER_CREDENTIALS_FULL_URI or ..._RELATIVE_URI is set), instance (the instance has " \
    "no role: attach an instance profile)"
READ_ONCE = f"{NAME}: timed out: the routes were read only once, and EC2 may have returned stale data: use a " \
    "longer --timeout"
NO_METADATA = "metadata service: PUT http://169.254.169.254/latest/api/token: HTTP 403: instance " \
    "metadata is disabled or forbidden: enable it with aws ec2 " \
    "modify-instance-metadata-options --instance-id ID --http-endpoint enabled"


class Fault:
    """begin(stage) before the boot, and end(stage): after `fails`, a line, was said by a run that has
    `timeout` seconds; or else some seconds after the first run began, and inside of it. Of a fault
    without an end a run `says` what it did about it."""

    def __init__(self, begin, end=None, fails=None, timeout=LONG, says=()):
        self.begin, self.end, self.fails = begin, end, fails
        self.timeout, self.says = timeout, list(says)


def publish(change):
    """A change of the state that the metadata service is to know of."""
    def do(stage):
        change(stage)
        stage.scene.vpc.publish()

    return do


def blackhole(stage):
    stage.scene.vpc.router.run("ip", "rule", "add", "pref", 10, "to", ADDRESSES[0], "blackhole")


def clear(stage):
    stage.scene.vpc.router.run("ip", "rule", "del", "pref", 10)


FAULTS = {
    "refused": Fault(lambda stage: stage.ec2.off(), lambda stage: stage.ec2.on()),
    "refused for longer than a run": Fault(
        lambda stage: stage.ec2.off(), lambda stage: stage.ec2.on(), timeout=10,
        fails=f"{NAME}: DescribeRouteTables: timed out, last error: {API}: Failed to connect to "
              "ec2.eu-central-1.amazonaws.com port 443 after N ms: Couldn't connect to server"),
    "black-holed": Fault(blackhole, clear),
    "black-holed for longer than a run": Fault(
        # Below the 3 s after which libcurl gives up a connection.
        blackhole, clear, timeout=3,
        fails=f"{NAME}: DescribeRouteTables: timed out: no response from {API}"),
    "slow": Fault(lambda stage: stage.ec2.faults.set([{"kind": "latency", "value": 3}])),
    "no role yet": Fault(
        publish(lambda stage: setattr(stage.db1.instance, "role", None)),
        publish(lambda stage: setattr(stage.db1.instance, "role", "myha-node")),
        fails=f"{NAME}: {NO_ROLE}"),
    "a clock that is 2 h behind": Fault(
        lambda stage: setattr(stage.cloud, "clock_offset", 7200), says=[SKEW.format("behind")]),
    "a clock that is 2 h ahead": Fault(
        lambda stage: setattr(stage.cloud, "clock_offset", -7200), says=[SKEW.format("ahead of")]),
    "no metadata service yet": Fault(lambda stage: stage.scene.vpc.imds.off(),
                                     lambda stage: stage.scene.vpc.imds.on()),
    "metadata that are switched off": Fault(
        publish(lambda stage: setattr(stage.db1.instance, "imds", False)),
        publish(lambda stage: setattr(stage.db1.instance, "imds", True)),
        fails=f"{NAME}: {NO_METADATA}"),
    "metadata that lag": Fault(
        lambda stage: stage.scene.vpc.imds.faults({"kind": 404, "path": "*/meta-data/mac"}),
        lambda stage: stage.scene.vpc.imds.faults(),
        fails=f"{NAME}: metadata service: the MAC address of this instance is missing"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault(stage, name):
    """db1 serves the client before and after, and no node does meanwhile."""
    fault = FAULTS[name]
    stage.route(OVERLAY, stage.db1)
    stage.hurry(fault.timeout)

    def pass_by():
        time.sleep(2.5)
        fault.end(stage)

    with stage.watch() as watch:
        stage.reboot(lambda: fault.begin(stage),
                     pass_by if fault.end and fault.fails is None else None)
        if fault.fails is not None:
            stage.wait_for_failure()
            assert stage.changes() == []
            fault.end(stage)
        stage.wait_for_boot()
        wait_for(lambda: watch.replies, "a reply")
    assert watch.wrong == []
    assert stage.changes() == on("eth0", OVERLAY)
    assert stage.changes(stage.db2) == []
    if fault.timeout < LONG:
        stage.wait_for_end()
    lines = stage.lines()
    placed = lines.index(put_on(NAME, OVERLAY))
    before, after = lines[:placed], lines[placed + 1:]
    # Where the time ends before the last read, the next run has nothing to wait for.
    assert after == [] or (fault.timeout < LONG and after == [READ_ONCE])
    assert before == (fault.says if fault.fails is None else [fault.fails] * max(1, len(before)))
